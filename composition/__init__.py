"""The composition root: settings become adapters, adapters services, services a schema, and that an application."""

import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import cached_property
from typing import Any

import httpx2
import structlog
from starlette.types import ASGIApp

import domain.contents
import domain.corporations
import domain.generated_images
import domain.likes
import domain.personas
import domain.reviews
import domain.tmdb
import domain.video_assets
import persistence.contents
import persistence.corporations
import persistence.genres
import persistence.keys
import persistence.likes
import persistence.personas
import persistence.playback
import persistence.progress
import persistence.reviews
import persistence.users
import persistence.video_assets
from composition.demonstrating import Demonstrating
from composition.doors import Doors
from composition.gathering import failing
from composition.instagram import Instagram
from composition.observing import Observing
from composition.searching import Searching
from composition.sharing import Sharing
from composition.storing import Storing
from composition.telling import Telling
from composition.together import together
from composition.watching import Watching
from composition.ways_in import WaysIn
from domain.media import ObjectStore
from integrations.ai_images import AiImages
from integrations.issuers import KeySet
from integrations.passwords import PwdlibPasswords
from integrations.secrets import StreamTickets, box
from integrations.signing_keys import SigningKeys
from integrations.tmdb import Tmdb
from jobs.background import background
from jobs.clock import Job, keep
from jobs.sweep import (
    EVENTS_KEPT,
    LOOSE_IMAGES_KEPT,
    NOTIFICATIONS_KEPT,
    OVER,
    PUSHES_KEPT,
    SESSIONS_KEPT,
    Sweep,
    SweepUploads,
)
from persistence.database import Database
from persistence.leases import Leases
from persistence.signals import PostgresSignals
from resolvers.context import House, Services, Stores
from settings import Settings

_log = structlog.get_logger("marquee")

# More than all of them have on their way at once: two lines of pushes, and images.
# Allocations until Python looks for garbage, by generation: an answer of fifty rows alone is thousands.
_GARBAGE = (20_000, 20, 20)
_PATIENT = httpx2.Limits(max_connections=200, max_keepalive_connections=50)


class Marquee:
    """Everything that one process is made of."""

    def __init__(self, settings: Settings, dsn: str) -> None:
        self.settings = settings
        secret = settings.secret()
        self.database = Database(
            dsn,
            pool_size=settings.database_pool_size,
            shared=not settings.database_statement_cache,
            replica_dsn=settings.replica_dsn(),
        )
        self.observing = Observing(settings, self.database)
        self.signals = PostgresSignals(settings.direct_dsn() or dsn)
        self.passwords = PwdlibPasswords()
        self.keys = persistence.keys.Keys(self.database)
        lifetime = timedelta(days=settings.signing_key_days)
        self.signing_keys = SigningKeys(self.keys, box(secret, "signing keys"), lifetime)
        self.own_keys = KeySet(self.signing_keys)
        self.tickets = StreamTickets(secret)
        self.watching = Watching(settings, self.database, self.signals, self.tickets)
        self.searching = Searching(settings, self.database)
        self.storing = Storing(settings, self.database)
        self.http = httpx2.AsyncClient(timeout=5, follow_redirects=False)
        # Of strangers who take their time, so that nobody who waits for them keeps a connection from the others.
        self.patient_http = httpx2.AsyncClient(timeout=10, follow_redirects=False, limits=_PATIENT)
        self.sharing = Sharing(settings, self.database.caught_up)
        self.telling = Telling(settings, self.database, self.signals, self.patient_http, self.sharing.allowance)
        self.leases = Leases(self.database)
        self.persona_store = persistence.personas.Personas(self.database)
        self.instagram = Instagram(settings, self.database, self.http, self.persona_store, self.sharing.freshness)
        self.generator = AiImages(client=self.patient_http, url=settings.ai_service_url)
        self.tmdb = Tmdb(
            client=self.http,
            api_key=settings.tmdb_api_key,
            url=settings.tmdb_url,
            image_url=settings.tmdb_image_url,
            language=settings.tmdb_language,
        )

    @property
    def objects(self) -> ObjectStore:
        return self.storing.objects

    @cached_property
    def stores(self) -> Stores:
        return Stores(
            persistence.users.Users(self.database, failing("users")),
            persistence.corporations.Corporations(self.database, failing("corporations")),
            persistence.contents.Contents(self.database, failing("contents")),
            persistence.genres.Genres(self.database),
            persistence.video_assets.VideoAssets(self.database),
            persistence.likes.Likes(self.database),
            persistence.reviews.Reviews(self.database),
            persistence.playback.Playback(self.database),
            persistence.progress.Progress(self.database),
            self.storing.image_store,
            self.storing.post_store,
            self.persona_store,
            self.telling.notification_store,
            self.telling.device_store,
            self.instagram.links,
            self.instagram.token_store,
        )

    @cached_property
    def demonstrating(self) -> Demonstrating:
        return Demonstrating(
            self.settings, self.database, self.stores, self.objects, self.passwords, self.ways_in.password_store
        )

    @cached_property
    def ways_in(self) -> WaysIn:
        return WaysIn(
            self.settings,
            self.database,
            self.signals,
            self.http,
            self.stores.users,
            self.signing_keys,
            self.own_keys,
            self.passwords,
            self.sharing,
        )

    @cached_property
    def services(self) -> Services:
        stores, ways_in, news = self.stores, self.ways_in, self.telling.news
        return Services(
            ways_in.people,
            ways_in.authentication,
            ways_in.sign_in,
            ways_in.oauth,
            ways_in.sessions,
            ways_in.identities,
            ways_in.profiles,
            domain.corporations.Corporations(self.database, stores.corporations),
            domain.contents.Contents(
                self.database, stores.contents, stores.genres, stores.corporations, self.signals, news
            ),
            domain.video_assets.VideoAssets(
                self.database, stores.video_assets, stores.contents, self.objects, self.signals
            ),
            domain.likes.Likes(self.database, stores.likes),
            domain.reviews.Reviews(self.database, stores.reviews, news),
            domain.tmdb.Tmdb(self.database, stores.contents, stores.genres, self.tmdb, news),
            self.watching.playback(stores.playback),
            self.watching.progress(stores.progress),
            self.searching.service,
            self.storing.media_objects,
            self.storing.images,
            self.storing.posts,
            domain.personas.Personas(self.database, stores.personas, stores.images),
            self._generated_images,
            self.instagram.service,
            self.instagram.authorization,
            self.telling.notifications,
            self.telling.devices,
        )

    @property
    def _generated_images(self) -> domain.generated_images.GeneratedImages:
        return domain.generated_images.GeneratedImages(
            self.database,
            self.leases,
            self.generator,
            self.objects,
            self.stores.images,
            self.stores.personas,
            self.sharing.allowance,
        )

    def jobs(self) -> list[Job]:
        return [
            Job("sweep", 3600, self.sweep()),
            Job("sweep uploads", 3600, SweepUploads(self.database, self.stores.images, self.telling.news)),
            Job("rotate signing keys", 3600, self.signing_keys.rotate_if_due),
            *self.telling.jobs(self.stores.corporations),
            *self.searching.jobs(),
            *self.storing.jobs(),
            *self.instagram.jobs(),
        ]

    def sweep(self) -> Sweep:
        """Signing keys are kept while a token of theirs can be alive."""
        ways_in = self.ways_in
        return Sweep(
            (ways_in.session_store, SESSIONS_KEPT),
            (persistence.progress.Progress(self.database), EVENTS_KEPT),
            (self.keys, self.settings.access_lifetime + timedelta(hours=1)),
            (ways_in.codes, OVER),
            (ways_in.attempts, OVER),
            (self.leases, OVER),
            (self.storing.image_store, LOOSE_IMAGES_KEPT),
            (self.telling.notification_store, NOTIFICATIONS_KEPT),
            (self.telling.push_store, PUSHES_KEPT),
        )

    @asynccontextmanager
    async def running(self, *, listening: bool) -> AsyncIterator[None]:
        """The parts that run beside the requests, for as long as the process serves."""
        async with together(
            self.observing.running(),
            self.http,
            self.patient_http,
            self.storing.running(),
            self.sharing.running(),
            background(*([self.signals.run()] if listening else [])),
            self._connected(),
        ):
            await self.own_keys.warm()
            await self.passwords.warm()
            yield

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[None]:
        await self.database.open()
        try:
            yield
        finally:
            await self.searching.close()
            await self.database.close()

    @asynccontextmanager
    async def _serving(self, *beside: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
        """What runs while the application does."""
        # Which keys there are, each process must know for itself: it signs with the newest and publishes all.
        own = [Job("reload signing keys", 60, self.own_keys.warm)]
        all_jobs = [*own, *(self.jobs() if self.settings.jobs_in_server else [])]
        jobs = keep(all_jobs, self.observing.observers)
        async with self.running(listening=True):
            late = [] if await self.demonstrating.is_done() else [self.demonstrating.until_done()]
            async with background(*beside, jobs, *late):
                gc.collect()
                gc.freeze()  # what was made at the start stays, and need not be looked at again and again
                before = gc.get_threshold()
                gc.set_threshold(*_GARBAGE)
                try:
                    yield
                finally:
                    gc.set_threshold(*before)

    @property
    def parts(self) -> dict[str, Callable[[], Awaitable[None]]]:
        """A check of each that this process needs."""
        found = {"database": self.database.check, "search": self.searching.service.check, "objects": self.objects.check}
        replica = {"replica": self.database.replica.check} if self.database.replica else {}
        return {**found, **replica, **self.sharing.parts}

    def application(self, *beside: Coroutine[Any, Any, None]) -> ASGIApp:
        """The ASGI application; `beside` runs as long as it does."""
        sharing = self.sharing
        doors = Doors(
            self.settings,
            House(self.stores, self.services, self.objects, self.tmdb, sharing.allowance, sharing.freshness),
            self.storing,
            self.ways_in,
            self.observing,
            published_keys=lambda: self.signing_keys.published,
            parts=self.parts,
            persisted=sharing.persisted,
        )
        return doors.application(lambda _app: self._serving(*beside))
