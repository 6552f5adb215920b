"""The composition root and the command line: settings become adapters, adapters services, services a schema, and that
an application.
"""

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx2
import strawberry
import structlog
import typer
import uvicorn
from pydantic import ValidationError
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp
from strawberry.extensions import DisableIntrospection

import domain.contents
import domain.corporations
import domain.playback
import domain.progress
import domain.sessions
import persistence.contents
import persistence.corporations
import persistence.keys
import persistence.playback
import persistence.progress
import persistence.sessions
import persistence.users
import schema
from integrations.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError
from integrations.issuers import KeySet, RemoteKeys
from integrations.local_store import LocalStore
from integrations.passwords import PwdlibPasswords
from integrations.secrets import RefreshTokens, SignedPaths, StreamTickets, box
from integrations.signing_keys import SigningKeys
from integrations.tokens import JwtAccessTokens, TrustedIssuer
from jobs.clock import Job, keep
from jobs.demonstration import PASSWORD, Demonstration
from jobs.sweep import Sweep
from persistence.database import Database
from persistence.migrate import upgrade
from persistence.signals import PostgresSignals
from resolvers.context import House, Services, Stores
from settings import Settings
from web import graphiql
from web.app import Front, plain_doors
from web.graphql import GraphQLDoor
from web.health import Health
from web.log import configure_log
from web.media import MediaDoor, StreamDoor
from web.operations import SurroundOperation

SCHEMA_FILE = Path(__file__).parent / "schema" / "schema.graphql"


class Marquee:
    """Everything that one process is made of."""

    def __init__(self, settings: Settings, dsn: str) -> None:
        self.settings = settings
        secret = settings.secret()
        self.database = Database(
            dsn, pool_size=settings.database_pool_size, statement_cache=settings.database_statement_cache
        )
        self.signals = PostgresSignals(settings.dsn(settings.database_direct_url or dsn))
        self.passwords = PwdlibPasswords()
        self.addresses = SignedPaths(secret)
        self.objects = LocalStore(settings.media_root or settings.marquee_home / "media", self.addresses)
        self.keys = persistence.keys.Keys(self.database)
        lifetime = timedelta(days=settings.signing_key_days)
        self.signing_keys = SigningKeys(self.keys, box(secret, "signing keys"), lifetime)
        self.own_keys = KeySet(self.signing_keys)
        self.refresh_tokens, self.tickets = RefreshTokens(secret), StreamTickets(secret)
        self.http = httpx2.AsyncClient(timeout=5, follow_redirects=False)

    @cached_property
    def stores(self) -> Stores:
        return Stores(
            persistence.users.Users(self.database),
            persistence.corporations.Corporations(self.database),
            persistence.contents.Contents(self.database),
            persistence.playback.Playback(self.database),
            persistence.progress.Progress(self.database),
        )

    @cached_property
    def session_store(self) -> persistence.sessions.Sessions:
        return persistence.sessions.Sessions(self.database)

    @cached_property
    def services(self) -> Services:
        settings, stores = self.settings, self.stores
        trusted = [
            TrustedIssuer(other.issuer, KeySet(RemoteKeys(self.http, other.jwks_url)), other.audience)
            for other in settings.trusted_issuers
        ]
        rules = domain.sessions.SessionRules(
            access=settings.access_lifetime,
            refresh=timedelta(days=settings.refresh_token_days),
            absolute=timedelta(days=settings.session_days),
            grace=timedelta(seconds=settings.refresh_grace_seconds),
        )
        access_tokens = JwtAccessTokens(settings.issuer, self.signing_keys, self.own_keys, trusted)
        ticket_lifetime = timedelta(minutes=settings.stream_ticket_minutes)
        return Services(
            domain.sessions.Sessions(
                self.database,
                self.session_store,
                stores.users,
                self.passwords,
                access_tokens,
                self.refresh_tokens,
                self.signals,
                rules,
            ),
            domain.corporations.Corporations(self.database, stores.corporations),
            domain.contents.Contents(self.database, stores.contents, self.objects),
            domain.playback.Playback(self.database, stores.playback, self.tickets, self.signals, ticket_lifetime),
            domain.progress.Progress(self.database, stores.progress, self.signals),
        )

    @property
    def demonstration(self) -> Demonstration:
        stores = self.stores
        return Demonstration(
            self.database, stores.corporations, stores.users, stores.contents, self.objects, self.passwords
        )

    def jobs(self) -> list[Job]:
        sweep = Sweep(
            self.session_store, persistence.progress.Progress(self.database), self.keys, self.settings.access_lifetime
        )
        return [
            Job("sweep", 3600, sweep),
            Job("rotate signing keys", 3600, self.signing_keys.rotate_if_due),
        ]

    def base_url(self, connection: HTTPConnection) -> str:
        if self.settings.backend_url:
            return self.settings.backend_url.rstrip("/")
        scheme = {"ws": "http", "wss": "https"}.get(connection.url.scheme, connection.url.scheme)
        return f"{scheme}://{connection.url.netloc}"

    @asynccontextmanager
    async def running(self, *, listening: bool) -> AsyncIterator[None]:
        """The parts that run beside the requests, for as long as the process serves."""
        async with self.http, background(*([self.signals.run()] if listening else [])):
            await self.database.open()
            try:
                await self.own_keys.warm()
                yield
            finally:
                await self.database.close()

    def application(self, *beside: Coroutine[Any, Any, None]) -> ASGIApp:
        """The ASGI application; `beside` runs as long as it does."""
        settings = self.settings
        house = House(self.stores, self.services, self.objects, self.signals)
        origins = [settings.frontend_url] if settings.frontend_url else []
        page = graphiql.page if settings.development else None
        graphql = GraphQLDoor(build_schema(settings), house, self.base_url, page, origins)

        @asynccontextmanager
        async def lifespan(_app: Any) -> AsyncIterator[None]:
            jobs = [keep(self.jobs())] if settings.jobs_in_server else []
            async with self.running(listening=True):
                if self.wants_demonstration:
                    await self.demonstration.make()
                async with background(*beside, *jobs):
                    yield

        doors = plain_doors(
            stream=StreamDoor(self.services.playback, self.objects),
            media=MediaDoor(self.objects, self.addresses),
            published_keys=lambda: self.signing_keys.published,
            health=Health(
                settings.app_name,
                settings.app_version,
                {"database": self.database.check, "objects": self.objects.check},
            ),
            with_graphiql=settings.development,
            lifespan=lifespan,
        )
        return Front(graphql, doors, tells_cost=settings.development)

    @property
    def wants_demonstration(self) -> bool:
        wanted = self.settings.demonstration
        return self.settings.development and (self.settings.database_url is None if wanted is None else wanted)


def build_schema(settings: Settings) -> strawberry.Schema:
    """Production answers no introspection, and no guesses at what a client may have meant."""
    hidden = [] if settings.development else [DisableIntrospection]
    return schema.build(SurroundOperation, *hidden, suggestions=settings.development)


@asynccontextmanager
async def background(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Runs the work while the block runs, and ends it with the block. Work that ends by itself is a fault, and told."""
    tasks = [asyncio.create_task(one) for one in work]
    for task in tasks:
        task.add_done_callback(_tell_fault)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _tell_fault(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and (error := task.exception()):
        structlog.get_logger("background").error("fault", exc_info=error)


async def watch_over(embedded: EmbeddedPostgres) -> None:
    """Takes the embedded database over when the process that had it is gone, and starts it again when it fell."""
    while True:
        await asyncio.sleep(1)
        try:
            embedded.ensure()
        except EmbeddedPostgresError as error:
            structlog.get_logger("embedded_postgres").error("not_running", reason=str(error))


class Announcing(uvicorn.Server):
    """Says where to go as soon as there is something to go to."""

    def __init__(self, config: uvicorn.Config, marquee: Marquee) -> None:
        super().__init__(config)
        self._marquee = marquee

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            shown = f"[{host}]" if ":" in host else host
            typer.echo(greeting(self._marquee, f"http://{shown}:{port}"))


def greeting(marquee: Marquee, address: str) -> str:
    lines = [f"{marquee.settings.app_name} is at {address}"]
    if marquee.settings.development:
        lines.append(f"GraphiQL, with the story in its tabs: {address}/graphql")
    if marquee.wants_demonstration:
        lines.append(f"Sign in as {', '.join(marquee.demonstration.emails)}, password {PASSWORD}")
    return "\n".join(["", *(f"  {line}" for line in lines), ""])


cli = typer.Typer(help=__doc__, add_completion=False, pretty_exceptions_enable=False)


def read_settings() -> Settings:
    try:
        settings = Settings()
    except ValidationError as error:
        problems = "\n".join(f"  {'.'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors())
        raise SystemExit(f"The settings cannot be used:\n{problems}") from None
    configure_log(debug=settings.debug, for_people=sys.stderr.isatty())
    return settings


@contextlib.contextmanager
def database_of(settings: Settings) -> Iterator[tuple[str, EmbeddedPostgres | None]]:
    """The address of a database with the newest tables: the one of the settings, or the embedded one."""
    if settings.database_url:
        dsn = settings.dsn(settings.database_url)
        upgrade(dsn)
        yield dsn, None
        return
    embedded = EmbeddedPostgres(settings.marquee_home / "postgres")
    try:
        embedded.ensure()
        upgrade(embedded.dsn)
        yield embedded.dsn, embedded
    except EmbeddedPostgresError as error:
        raise SystemExit(f"The embedded PostgreSQL does not start. {error}") from None
    finally:
        embedded.stop()


@cli.callback(invoke_without_command=True)
def main(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        serve()


@cli.command()
def serve() -> None:
    """Serve, with everything that settings leave out embedded."""
    settings = read_settings()
    # uvicorn raises the signal that stopped it once more; it must not end us before the database is put away.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with database_of(settings) as (dsn, embedded), suppress(KeyboardInterrupt):
        marquee = Marquee(settings, dsn)
        beside = [watch_over(embedded)] if embedded else []
        config = uvicorn.Config(
            marquee.application(*beside),
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            server_header=False,
            ws="websockets-sansio",
            ws_max_size=1_000_000,
            timeout_graceful_shutdown=8,
        )
        Announcing(config, marquee).run()


@cli.command()
def worker() -> None:
    """Run the jobs alone, beside servers that have JOBS_IN_SERVER off."""
    settings = read_settings()

    async def work(marquee: Marquee) -> None:
        async with marquee.running(listening=False):
            await keep(marquee.jobs())

    with database_of(settings) as (dsn, _), suppress(KeyboardInterrupt):
        asyncio.run(work(Marquee(settings, dsn)))


@cli.command()
def migrate() -> None:
    """Bring the database to the newest tables."""
    with database_of(read_settings()):
        typer.echo("The tables are the newest.")


@cli.command()
def seed() -> None:
    """Make the demonstration catalogue; where it is already, nothing changes."""
    settings = read_settings()
    if not settings.development:
        raise SystemExit("The demonstration's passwords are known to everybody, so production does not have them.")

    async def make(marquee: Marquee) -> bool:
        async with marquee.running(listening=False):
            return await marquee.demonstration.make()

    with database_of(settings) as (dsn, _):
        made = asyncio.run(make(Marquee(settings, dsn)))
    typer.echo("The demonstration catalogue is made." if made else "It was there already; nothing has changed.")


@cli.command()
def rotate_keys() -> None:
    """Make a new signing key; tokens signed with the old ones stay good until they expire."""
    settings = read_settings()

    async def rotate(marquee: Marquee) -> None:
        async with marquee.running(listening=False):
            await marquee.signing_keys.rotate()

    with database_of(settings) as (dsn, _):
        asyncio.run(rotate(Marquee(settings, dsn)))
    typer.echo("A new key signs from now on.")


@cli.command()
def export_schema() -> None:
    """Print the schema into schema/schema.graphql."""
    SCHEMA_FILE.write_text(schema.build().as_str() + "\n")
    typer.echo(f"Written: {SCHEMA_FILE.name}")


if __name__ == "__main__":
    cli()
