"""What a test's server and its Marquee are told where the plugin tests.many.through has started everything."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import redis.asyncio

from composition import Marquee
from deploy.many.account import ourselves
from deploy.many.kept import Kept
from deploy.many.layout import SERVERS, opened, settings_of
from deploy.many.nginx import Nginx
from deploy.many.part import Part
from deploy.many.postgres import SUPERUSER, dsn
from deploy.many.server import Server
from settings import Settings

# Who writes past the API. Its commits return when the replica has them, so that a test may read as anybody at once.
WORLD = "world"
FOLDER, INSIDE = "MARQUEE_MANY", "MARQUEE_MANY_INSIDE"


def is_on() -> bool:
    return FOLDER in os.environ


def settings(address: str) -> dict[str, Any]:
    """Where the database `address` is found: as it says, or through all that this plugin has started."""
    if not is_on():
        return {"database_url": address}
    kept, name = _kept(), address.rpartition("/")[2]
    found: dict[str, Any] = {key.lower(): value for key, value in _settings(kept, name).items()}
    database = {"database_url": dsn(kept, "pgbouncer", user=WORLD, database=name)}
    return found | database | {"trusted_proxies": []}  # whom a test asks without a network between is behind no proxy


@asynccontextmanager
async def standing(marquee: Marquee) -> AsyncIterator[str]:
    """Two servers with the settings of this Marquee, and nginx, whose address this is."""
    kept, name = _kept(), marquee.database.dsn.rpartition("/")[2]
    own = opened(kept.folder / name)
    behind = {"DATABASE_URL": dsn(kept, "pgbouncer", database=name), "TRUSTED_PROXIES": '["127.0.0.1/32"]'}
    environment = _environment(marquee.settings) | behind
    parts = [Server(one, own, environment) for one in SERVERS]
    nginx = Nginx(own, ourselves(), SERVERS, own.address("nginx"))
    try:
        await asyncio.gather(*(part.start() for part in parts))
        await nginx.start()
        async with marquee.running(listening=False):
            yield nginx.address
    finally:
        await stop([*parts, nginx])


def _environment(settings: Settings) -> dict[str, str]:
    """The settings that differ from what they are by themselves, as another process is told them."""
    given = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}}
    told = settings.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    plain = {name: value if isinstance(value, str) else json.dumps(value) for name, value in told.items()}
    return given | {name.upper(): value for name, value in plain.items()}


def serves_inside() -> bool:
    return bool(os.environ.get(INSIDE))


async def forget(settings: Settings) -> None:
    """Redis knows nothing of the tests before: ids begin at 1 again, and all come from one address."""
    if is_on() and settings.redis_url:
        async with redis.asyncio.from_url(settings.redis_url) as client:
            await client.flushdb()


class CaughtUp:
    """Before another person asks than who asked last, the replica has what is committed. Who asks again must not need
    that: what one has written oneself one reads, whatever the replica has.
    """

    def __init__(self) -> None:
        self._last: object = self
        self._ends: list[asyncpg.Connection[Any]] = []
        self._one_at_a_time = asyncio.Lock()

    async def before(self, request: httpx2.Request) -> None:
        who = request.headers.get("authorization") or request.headers.get("cookie")
        async with self._one_at_a_time:
            if who != self._last:
                await self._wait()
            self._last = who

    async def _wait(self) -> None:
        if not self._ends:
            kept = _kept()
            self._ends = [await asyncpg.connect(dsn(kept, name, user=SUPERUSER)) for name in ("primary", "replica")]
        primary, replica = self._ends
        reached = await primary.fetchval("select pg_current_wal_flush_lsn()::text")
        async with asyncio.timeout(10):
            while not await replica.fetchval("select pg_last_wal_replay_lsn() >= $1::text::pg_lsn", reached):
                await asyncio.sleep(0.001)


def _kept() -> Kept:
    return Kept(Path(os.environ[FOLDER]))


def _settings(kept: Kept, database: str) -> dict[str, str]:
    """Each test worker has one of Redis's databases to itself; its name ends with the worker's number."""
    number = "".join(filter(str.isdigit, database))
    return settings_of(kept, database=database, number=int(number or 0))


async def start(parts: list[Part]) -> None:
    for part in parts:
        await part.start()


async def stop(parts: list[Part]) -> None:
    for part in reversed(parts):
        await part.stop()
