"""The object store, what stands in front of it, and what is kept in it."""

from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import timedelta
from functools import cached_property, partial
from typing import Any

import domain.images
import domain.media_objects
import domain.posts
import persistence.images
import persistence.leases
import persistence.posts
from composition.including import included
from domain.image_types import ENDINGS, GIF
from domain.media import Cdn, ObjectStore
from domain.outbox import OBJECTS
from domain.uploads import Uploads
from integrations.cdn import PlainCdn
from integrations.local_store import LocalStore
from integrations.secrets import SignedPaths
from jobs.clock import Job
from jobs.objects import DeleteObjects
from jobs.outbox import Relay
from persistence.database import Database
from persistence.outbox import Outbox
from settings import Settings
from web.media import MediaDoor


class Storing:
    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings, self._database = settings, database
        self.addresses = SignedPaths(settings.secret())
        self._s3: Any = included("s3").s3(settings) if settings.s3_bucket_name else None
        self._local = LocalStore(settings.media_root or settings.marquee_home / "media", self.addresses)
        self.image_store = persistence.images.Images(database)
        self.post_store = persistence.posts.Posts(database)

    @property
    def objects(self) -> ObjectStore:
        found: ObjectStore = self._s3 or self._local
        return found

    @cached_property
    def cdn(self) -> Cdn | None:
        settings = self._settings
        if settings.cloudfront_key_pair_id:
            signing: Cdn = included("cloudfront").cloudfront(settings)
            return signing
        return PlainCdn(settings.cloudfront_domain) if settings.cloudfront_domain else None

    @cached_property
    def images(self) -> domain.images.Images:
        return domain.images.Images(
            self._database, self.image_store, self.objects, self._uploads, persistence.leases.Leases(self._database)
        )

    @cached_property
    def posts(self) -> domain.posts.Posts:
        return domain.posts.Posts(self._database, self.post_store, self.image_store, self._uploads)

    @cached_property
    def media_objects(self) -> domain.media_objects.MediaObjects:
        return domain.media_objects.MediaObjects(self.objects, self.cdn)

    @cached_property
    def _uploads(self) -> Uploads:
        taken = [kind for kind in ENDINGS if kind != GIF or self._settings.gif_uploads]
        return Uploads(self.objects, taken)

    def jobs(self) -> list[Job]:
        relay = Relay(Outbox(self._database), OBJECTS, DeleteObjects(self.objects))
        own = [] if self._s3 else [Job("sweep parts", 3600, partial(self._local.sweep, timedelta(days=1)))]
        return [*own, Job("delete objects", 5, relay)]

    def door(self) -> MediaDoor | None:
        """Of the embedded store; S3 has doors of its own."""
        return None if self._s3 else MediaDoor(self._local, self.addresses)

    def running(self) -> AbstractAsyncContextManager[Any]:
        running: AbstractAsyncContextManager[Any] = self._s3.running() if self._s3 else nullcontext()
        return running
