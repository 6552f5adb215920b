"""Imports into PostgreSQL, over a connection of their own: one batch is one transaction."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import datetime

import asyncpg

from domain.errors import Conflict, Unavailable
from domain.importing import DEEDS, Kind, Outcome, Reason, Row, Trust, Verdict
from persistence.codecs import teach_types
from persistence.database import Connection
from persistence.importing_batch import Batch
from persistence.importing_deeds import end_known_deeds, write_deeds
from persistence.importing_judging import end_known, find_named, prepare, refuse_doubles, remember
from persistence.importing_things import end_things, join_here, refuse_admins, write_things
from persistence.locks import IMPORTS
from persistence.pool import UNREACHABLE, Session
from persistence.tables import (
    content_genres,
    content_likes,
    content_terms,
    content_titles,
    contents,
    corporations,
    genres,
    imported,
    imported_deeds,
    point_entries,
    reviews,
    title_terms,
    title_words,
    users,
    video_assets,
    view_logs,
    watch_progress,
)

_SETTINGS = {
    "application_name": "marquee import",
    "statement_timeout": "0",
    "lock_timeout": "10s",
    # What is lost with a database that falls is imported again. `finish` waits until all of it is on the disk.
    "synchronous_commit": "off",
    # A batch is looked up in indexes. Left to itself, the planner would read whole tables, which it takes for empty.
    "enable_seqscan": "off",
}
# Somebody else's locks, or two who waited for each other.
_PASSES_BY = (asyncpg.LockNotAvailableError, asyncpg.TransactionRollbackError)
_WRITTEN = (
    *(corporations, genres, users, contents, content_genres, content_titles, title_terms, content_terms, title_words),
    *(video_assets, view_logs, point_entries, content_likes, reviews, watch_progress, imported, imported_deeds),
)
_ANALYZE = f"analyze (skip_locked) {', '.join(table.name for table in _WRITTEN)}"
# A commit waits for the log up to itself, and that only if it has written something.
_SYNC = "select pg_logical_emit_message(true, 'marquee', 'imported')"
_LOST = "The database cannot be reached any more. What was imported stays; import the same again."
# After so many batches.
_GROWN = frozenset(4**power for power in range(1, 16))
_TRIES, _PAUSE_SECONDS = 5, 0.2
_OF_A_ROW = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, asyncpg.ProgramLimitExceededError)


class ImportStore:
    """Speaks domain.importing.ImportStore. `system` is whose old ids these are."""

    def __init__(self, connection: Connection, system: str, trust: Trust, *, is_dry: bool) -> None:
        self._connection, self._system, self._trust, self._is_dry = connection, system, trust, is_dry
        self._numbers = itertools.count(-1, -1)
        self._taken = 0

    async def now(self) -> datetime:
        with _reachable():
            found: datetime = await self._connection.fetchval("select now()")
        return found

    async def take(self, kind: Kind, rows: Sequence[Row]) -> list[Verdict]:
        if not rows:
            return []
        try:
            with _reachable():
                verdicts = await self._patiently(kind, rows)
                await self._look_again()
            return verdicts
        except _OF_A_ROW as error:
            # A row that passed every rule of ours. It is found by halves, so that it alone is refused.
            if len(rows) == 1:
                return [_refused(error)]
            half = len(rows) // 2
            return [*await self.take(kind, rows[:half]), *await self.take(kind, rows[half:])]

    async def finish(self) -> None:
        """All of it is on the disk, and the planner hears of it, for those who read."""
        if self._is_dry:
            return
        with _reachable():
            async with self._connection.transaction():
                await self._connection.execute("set local synchronous_commit = on")
                await self._connection.execute(_SYNC)
            await self._connection.execute(_ANALYZE)

    async def _look_again(self) -> None:
        """The planner hears how large tables are by now, as often as they have grown fourfold."""
        self._taken += 1
        if not self._is_dry and self._taken in _GROWN:
            await self._connection.execute(_ANALYZE)

    async def _patiently(self, kind: Kind, rows: Sequence[Row]) -> list[Verdict]:
        for tried in range(1, _TRIES):
            try:
                return await self._take(kind, rows)
            except _PASSES_BY:
                await asyncio.sleep(_PAUSE_SECONDS * tried)
        return await self._take(kind, rows)

    async def _take(self, kind: Kind, rows: Sequence[Row]) -> list[Verdict]:
        async with self._connection.transaction():
            batch = Batch(self._connection, self._system, kind, rows, self._is_dry, self._trust)
            await refuse_doubles(batch)
            await (self._take_deeds if kind in DEEDS else self._take_things)(batch)
        return batch.verdicts

    async def _take_things(self, batch: Batch) -> None:
        await end_known(batch)
        await find_named(batch)
        if batch.kind is Kind.PEOPLE:
            refuse_admins(batch)
        become = await join_here(batch)
        if not self._is_dry:
            await write_things(batch, become)
        else:
            would = {n: become[n] or 0 if n in become else next(self._numbers) for n, _ in batch.left}
            await remember(batch, would)
        end_things(batch, become)

    async def _take_deeds(self, batch: Batch) -> None:
        await find_named(batch)
        await end_known_deeds(batch)
        await write_deeds(batch)


@asynccontextmanager
async def importing(dsn: str, system: str, trust: Trust, *, is_dry: bool) -> AsyncIterator[ImportStore]:
    """`dsn` is past any PgBouncer: a lock and a table are the connection's own. Raises Conflict where another import
    runs, Unavailable.
    """
    try:
        connection = await asyncpg.connect(dsn, connection_class=Session, server_settings=_SETTINGS, timeout=10)
    except UNREACHABLE as error:
        raise Unavailable("The database cannot be reached.") from error
    try:
        with _reachable():
            await teach_types(connection)
            await _hold_lock(connection)
            await prepare(connection)
        yield ImportStore(connection, system, trust, is_dry=is_dry)
    finally:
        with suppress(*UNREACHABLE):
            await connection.close(timeout=5)


async def _hold_lock(connection: Connection) -> None:
    """Of one import at a time; it goes with the connection, however that ends. Waits a little: one that was killed just
    now lets go as soon as the database notices.
    """
    try:
        await connection.execute(f"select pg_advisory_lock({IMPORTS})")
    except asyncpg.LockNotAvailableError as error:
        raise Conflict("Another import is running. Wait for its end.") from error


@contextmanager
def _reachable() -> Iterator[None]:
    """Says what becomes of an import that cannot go on. Raises Unavailable."""
    try:
        yield
    except _PASSES_BY as error:
        message = "Somebody else holds for too long what this needs. What was imported stays; import the same again."
        raise Unavailable(message) from error
    except UNREACHABLE as error:
        raise Unavailable(_LOST) from error


def _refused(error: Exception) -> Verdict:
    constraint = getattr(error, "constraint_name", None)
    return Verdict(
        Outcome.REFUSED, (Reason(None, "The database does not take this line.", constraint or type(error).__name__),)
    )
