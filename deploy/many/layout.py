"""Which parts there are, in what order, and how each finds the others."""

import asyncio
import signal
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from deploy.many.account import ourselves, unprivileged
from deploy.many.kept import Kept
from deploy.many.link import Link
from deploy.many.nginx import Nginx
from deploy.many.part import Part
from deploy.many.pgbouncer import PgBouncer
from deploy.many.postgres import DATABASE, ROLE, Primary, Replica, dsn
from deploy.many.redis import Redis, url
from deploy.many.server import Server, Worker

LINKED = ("pgbouncer", "primary", "replica", "redis")
SERVERS = ("server-1", "server-2")


def settings_of(kept: Kept, *, database: str = DATABASE, number: int = 0, linked: bool = False) -> dict[str, str]:
    """What Marquee is told of the other parts. `number` is Redis's database."""
    at = {name: f"link-{name}" if linked else name for name in LINKED}
    return {
        "DATABASE_URL": dsn(kept, at["pgbouncer"], database=database),
        "DATABASE_DIRECT_URL": dsn(kept, at["primary"], database=database),
        "DATABASE_REPLICA_URL": dsn(kept, at["replica"], database=database),
        "DATABASE_STATEMENT_CACHE": "false",
        "REDIS_URL": url(kept, at["redis"], number),
        "TRUSTED_PROXIES": '["127.0.0.1/32"]',
        "JOBS_IN_SERVER": "false",
        "MARQUEE_HOME": str(kept.folder),
    }


def unless_set(kept: Kept) -> dict[str, str]:
    """What a person may have another idea of."""
    media = str(kept.folder / "media")
    return {"SESSION_SECRET": kept.secret("session"), "MEDIA_ROOT": media, "DEMONSTRATION": "true"}


def storage(kept: Kept, users: Sequence[str] = (ROLE,)) -> list[Part]:
    """What keeps things, in the order to start it; PgBouncer lets these `users` in."""
    account = unprivileged()
    return [
        Primary("primary", kept, account),
        Replica(kept, account),
        PgBouncer(kept, account, users),
        Redis(kept, account),
    ]


def opened(folder: Path) -> Kept:
    """The layout's folder, which whoever runs there may pass through. Raises CannotRunError."""
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)
    unprivileged().check_reach(folder)
    return Kept(folder)


class Many:
    """Everything, at `listen`. Servers and worker have this `environment`, and in it the settings that we know."""

    def __init__(self, kept: Kept, listen: str, environment: Mapping[str, str], *, linked: bool = False) -> None:
        self.kept = kept
        told = {**unless_set(kept), **environment, **settings_of(kept, linked=linked)}
        self.servers = [Server(name, kept, told) for name in SERVERS]
        self.worker = Worker("worker", kept, told, port=kept.port("link-pgbouncer" if linked else "pgbouncer"))
        self.nginx = Nginx(kept, ourselves(), SERVERS, listen)
        self.parts: dict[str, Part] = {
            part.name: part for part in (*storage(kept), *self.servers, self.worker, self.nginx)
        }
        self.links = {name: _link(kept, name) for name in LINKED} if linked else {}
        self._open_links = AsyncExitStack()
        self._rolling = asyncio.Lock()

    async def start(self) -> None:
        """One after the other; servers make tables and demonstration when nobody else does. Raises CannotRunError."""
        for link in self.links.values():
            await self._open_links.enter_async_context(link.running())
        for part in self.parts.values():
            await part.start()

    async def stop(self) -> None:
        """Within 15 s. nginx lets nobody in any more, servers finish, and then the others go, the last first."""
        if self.nginx.is_running:
            self.nginx.tell(signal.SIGQUIT)
        await asyncio.gather(*(part.stop() for part in (*self.servers, self.worker)))
        for part in reversed(self.parts.values()):
            await part.stop()
        await self._open_links.aclose()

    async def roll(self) -> None:
        """Starts the servers anew, one after the other, while the other one serves. What was accepted is answered."""
        async with self._rolling:
            for server in self.servers:
                await self.nginx.take_out(server.name)
                await server.stop()
                await server.start()
                await self.nginx.put_back(server.name)
            await self.worker.stop()
            await self.worker.start()


def _link(kept: Kept, name: str) -> Link:
    return Link(kept.port(f"link-{name}"), lambda: kept.port(name))
