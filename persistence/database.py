"""The database: one statement, or one transaction, at a time."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import asyncpg

from domain.errors import Conflict, Unavailable, ValidationFailed
from domain.freshness import may_lag
from domain.ports import PoolState
from persistence.pool import UNREACHABLE, Connection, Pool
from persistence.replica import Replica

__all__ = ["Connection", "Database"]


class Database:
    """PostgreSQL by `dsn`. All waits are bounded; what cannot be reached in time raises Unavailable. `shared` as in
    Pool. With a `replica_dsn`, whoever may be shown what was true a few seconds ago reads from there.
    """

    def __init__(self, dsn: str, *, pool_size: int = 16, shared: bool = False, replica_dsn: str | None = None) -> None:
        self.dsn = dsn
        self._pool = Pool(dsn, pool_size, shared=shared)
        self.replica = (
            Replica(Pool(replica_dsn, pool_size, shared=shared, needed=False), self._pool) if replica_dsn else None
        )

    async def open(self) -> None:
        await self._pool.open()
        if self.replica:
            await self.replica.open()

    async def close(self) -> None:
        await asyncio.gather(self._pool.close(), *([self.replica.close()] if self.replica else []))

    async def caught_up(self) -> None:
        """Returns when whoever reads, wherever, reads all that is written now."""
        if self.replica:
            await self.replica.caught_up()

    def pool_state(self) -> PoolState:
        return self._pool.state()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Connection]:
        """A connection for one statement, which commits by itself."""
        with _told():
            if self.replica and may_lag.get() and self.replica.is_usable:
                yield self.replica
            else:
                async with self._pool.lend() as connection:
                    yield connection

    @asynccontextmanager
    async def single(self) -> AsyncIterator[Connection]:
        """The same for those who write with one statement."""
        with _told():
            async with self._pool.lend() as connection:
                yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Connection]:
        """One transaction. Await nothing outside PostgreSQL in it, and no second connection."""
        with _told():
            async with self._pool.lend(transaction=True) as connection:
                yield connection

    async def check(self) -> None:
        async with self.single() as connection:
            await connection.fetchval("select 1", timeout=2)


@contextmanager
def _told() -> Iterator[None]:
    """What went wrong, in the domain's own words."""
    try:
        yield
    except (UnicodeEncodeError, asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError) as error:
        raise ValidationFailed("A text holds characters that cannot be stored, such as NUL.") from error
    except asyncpg.ForeignKeyViolationError as error:
        raise Conflict("Something that this needs was deleted just now.") from error
    except UNREACHABLE as error:
        raise Unavailable("The database cannot be reached just now. Please try again.") from error
