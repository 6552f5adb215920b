"""What is looked at all the time: whether servers live, what they say of the parts, their memory, transactions."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx2

from deploy.drill.ground import Ground
from deploy.drill.load.telling import Lateness
from deploy.many.part import Part
from deploy.many.postgres import DATABASE, ROLE, SUPERUSER, dsn

_EVERY = 0.5  # seconds
_PATIENCE = 3.0
_OLDEST_TRANSACTION = f"""
select extract(epoch from clock_timestamp() - xact_start)::float8 as age, application_name, state,
       extract(epoch from clock_timestamp() - state_change)::float8 as unchanged, left(query, 120) as query
from pg_stat_activity
where datname = '{DATABASE}' and usename = '{ROLE}' and xact_start is not null
order by xact_start limit 1
"""


@dataclass(frozen=True, slots=True)
class Look:
    """`server` was asked at a moment, and said so after so many seconds; `parts` as /ready names them."""

    server: str
    at: float
    took: float
    alive: bool
    parts: dict[str, str]


@dataclass(frozen=True, slots=True)
class Transaction:
    """The oldest of a moment; `age` in seconds."""

    at: float
    age: float
    told: str


@dataclass(slots=True)
class Watch:
    ground: Ground
    looks: list[Look] = field(default_factory=list)
    transactions: list[Transaction] = field(default_factory=list)
    most_resident: dict[str, int] = field(default_factory=dict)  # MiB
    first_resident: dict[str, int] = field(default_factory=dict)
    lateness: Lateness = field(default_factory=Lateness)

    @asynccontextmanager
    async def watching(self) -> AsyncIterator["Watch"]:
        watches: list[Callable[[], Awaitable[None]]] = [self._transactions, self._memory, self.lateness.measure]
        tasks = [asyncio.ensure_future(watch()) for watch in watches]
        for server in self.ground.many.servers:
            tasks += [asyncio.ensure_future(self._look(server.name, path)) for path in ("health", "ready")]
        try:
            yield self
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    def dead(self, since: float, until: float, but: str) -> list[Look]:
        """Looks at /health that failed, of servers that were not at fault themselves."""
        between = (look for look in self.looks if since <= look.at < until and look.server != but)
        return [look for look in between if not look.alive]

    def named(self, part: str, since: float, until: float) -> bool:
        """Whether /ready has said that it is down."""
        return any(since <= look.at < until and look.parts.get(part) == "down" for look in self.looks)

    async def _look(self, name: str, path: str) -> None:
        """Past the front, on new connections. Not /ready of one that is not running: it is not asked whether it is."""
        part = self.ground.parts[name]
        async with httpx2.AsyncClient(timeout=_PATIENCE, trust_env=False) as client:
            while True:
                await asyncio.sleep(_EVERY)
                if part.is_running:
                    self.looks.append(await _asked(client, self.ground.kept.address(name), name, path))

    async def _transactions(self) -> None:
        address = dsn(self.ground.kept, "primary", user=SUPERUSER, database=DATABASE)
        while True:
            with suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                connection = await asyncpg.connect(address, timeout=2, command_timeout=2)
                try:
                    await self._sample(connection)
                finally:
                    connection.terminate()
            await asyncio.sleep(_EVERY)

    async def _sample(self, connection: "asyncpg.Connection[Any]") -> None:
        while True:
            row = await connection.fetchrow(_OLDEST_TRANSACTION)
            if row:
                told = f"{row['age']:.1f} s, {row['state']} for {row['unchanged']:.1f} s, {row['query']!r}"
                self.transactions.append(Transaction(time.monotonic(), row["age"], told))
            await asyncio.sleep(_EVERY)

    async def _memory(self) -> None:
        while True:
            for part in (*self.ground.many.servers, self.ground.many.worker):
                if part.is_running and (resident := resident_of(part)):
                    self.first_resident.setdefault(part.name, resident)
                    self.most_resident[part.name] = max(resident, self.most_resident.get(part.name, 0))
            await asyncio.sleep(1)


def resident_of(part: Part) -> int:
    """In MiB; 0 of one that is just going."""
    with suppress(OSError):
        for line in Path(f"/proc/{part.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) // 1024
    return 0


async def _asked(client: httpx2.AsyncClient, address: str, name: str, path: str) -> Look:
    began = time.monotonic()
    try:
        response = await client.get(f"http://{address}/{path}")
        alive = response.status_code == 200 or path == "ready"
        parts: dict[str, str] = response.json().get("parts", {}) if path == "ready" else {}
    except (httpx2.HTTPError, ValueError):
        # Only /health must be answered whatever else is away.
        alive, parts = path == "ready", {}
    return Look(name, began, time.monotonic() - began, alive, parts)
