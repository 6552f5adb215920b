"""A read replica, for readers to whom a few seconds do not matter; whatever is wrong with it, they ask the primary."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from typing import Any, TypeAlias

import asyncpg
import structlog

from domain.freshness import REMEMBERED_SECONDS
from persistence.pool import UNREACHABLE, Connection, Pool

# Half of what is remembered of a writer: who is not remembered any more wrote what a usable replica has.
_BEHIND_SECONDS = REMEMBERED_SECONDS / 2
_LOOK_SECONDS, _PAUSE_SECONDS = 1.0, 0.02
_PATIENCE_SECONDS = 1.0
Rows: TypeAlias = Sequence[Sequence[Any]]
_log = structlog.get_logger("replica")


class Replica:
    """Reads like a connection. Usable while it is known to hold everything that the primary held a few seconds ago."""

    def __init__(self, pool: Pool, primary: Pool) -> None:
        self.pool, self._primary = pool, primary
        # What the primary's log had reached when (by our own clock), the oldest first.
        self._reached: deque[tuple[Decimal, float]] = deque(maxlen=int(10 * _BEHIND_SECONDS / _LOOK_SECONDS))
        self._holds_until = float("-inf")
        self._was_usable = False

    async def open(self) -> None:
        await self.pool.open()
        self._watching = asyncio.create_task(self._watch())

    async def close(self) -> None:
        self._watching.cancel()
        await asyncio.wait([self._watching])
        await self.pool.close()

    @property
    def is_usable(self) -> bool:
        return time.monotonic() - self._holds_until < _BEHIND_SECONDS

    async def fetch(self, sql: str, *arguments: object) -> Rows:
        return await self._from_either(lambda connection: connection.fetch(sql, *arguments))

    async def fetch_anew(self, sql: str, *arguments: object) -> Rows:
        return await self._from_either(lambda connection: connection.fetch_anew(sql, *arguments))

    async def _watch(self) -> None:
        """Looks every second how far behind it is, until cancelled."""
        while True:
            try:
                await self._look()
            except Exception as error:
                # Whatever it was: unwatched, it would be used or left alone for ever.
                _log.warning("replica_unseen", reason=repr(error)[:200])
            self._tell()
            await asyncio.sleep(_LOOK_SECONDS)

    async def caught_up(self) -> None:
        """Returns when it holds all that the primary holds now; or when it is so far behind that nobody asks it, by
        whatever server's watch.
        """
        wanted, given_up = await self._primary_position(), time.monotonic() + _BEHIND_SECONDS + _LOOK_SECONDS
        while time.monotonic() < given_up:
            try:
                if await self._replayed() >= wanted:
                    return
            except (*UNREACHABLE, asyncpg.PostgresError) as error:
                self._set_aside(repr(error)[:200])
            await asyncio.sleep(_PAUSE_SECONDS)

    async def check(self) -> None:
        """Raises OSError where it is down or too far behind."""
        if not self.is_usable:
            raise ConnectionError("The replica is down, or too far behind.")

    async def _from_either(self, read: Callable[[Connection], Awaitable[Rows]]) -> Rows:
        """From the replica, or from the primary where that fails for any reason of the replica's own."""
        try:
            # Who asks must have time left to ask the primary.
            async with asyncio.timeout(_PATIENCE_SECONDS), self.pool.lend() as connection:
                return await read(connection)
        except UNREACHABLE as error:
            self._set_aside(repr(error)[:200])
        async with self._primary.lend() as connection:
            return await read(connection)

    async def _look(self) -> None:
        """Where the primary is silent, it is soon too long ago that the replica was known to be near enough."""
        asked = time.monotonic()
        self._reached.append((await self._primary_position(), asked))
        try:
            replayed = await self._replayed()
        except (*UNREACHABLE, asyncpg.PostgresError) as error:
            self._set_aside(repr(error)[:200])
            return
        held = [moment for position, moment in self._reached if position <= replayed]
        self._holds_until = held[-1] if held else self._holds_until

    async def _primary_position(self) -> Decimal:
        async with self._primary.lend() as connection:
            return Decimal(await connection.fetchval("select pg_current_wal_lsn() - '0/0'::pg_lsn"))

    async def _replayed(self) -> Decimal:
        """As far as nothing where it replays nothing, for it is no replica."""
        async with self.pool.lend() as connection:
            return Decimal(await connection.fetchval("select pg_last_wal_replay_lsn() - '0/0'::pg_lsn") or 0)

    def _set_aside(self, reason: str) -> None:
        """Nobody asks it until a look has found it well."""
        if self._was_usable:
            _log.warning("replica_lost", reason=reason)
        self._was_usable, self._holds_until = False, float("-inf")

    def _tell(self) -> None:
        if self.is_usable != self._was_usable:
            self._was_usable = self.is_usable
            _log.warning("replica_used" if self._was_usable else "replica_behind")
