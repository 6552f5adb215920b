"""The database: one statement, or one transaction, at a time."""

import asyncio
from contextlib import AbstractAsyncContextManager, nullcontext
from types import TracebackType

import asyncpg

from domain.errors import Conflict, Unavailable, ValidationFailed
from domain.freshness import may_lag
from domain.ports import PoolState
from persistence.pool import UNREACHABLE, Connection, Pool
from persistence.replica import Replica

__all__ = ["Connection", "Database"]

_NO_TEXT = (UnicodeEncodeError, asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError)


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
            async with _Told(nullcontext()):
                await self.replica.caught_up()

    def pool_state(self) -> PoolState:
        return self._pool.state()

    def reading(self) -> AbstractAsyncContextManager[Connection]:
        """A connection for one statement, which commits by itself."""
        if self.replica and may_lag.get() and self.replica.is_usable:
            return _Told(nullcontext(self.replica))
        return _Told(self._pool.lend())

    def single(self) -> AbstractAsyncContextManager[Connection]:
        """The same for those who write with one statement."""
        return _Told(self._pool.lend())

    def writing(self) -> AbstractAsyncContextManager[Connection]:
        """One transaction. Await nothing outside PostgreSQL in it, and no second connection."""
        return _Told(self._pool.lend(transaction=True))

    async def check(self) -> None:
        async with self.single() as connection:
            await connection.fetchval("select 1", timeout=2)


class _Told:
    """What goes wrong with a loan, or while it lasts, is told in the domain's own words."""

    __slots__ = ("_loan",)

    def __init__(self, loan: AbstractAsyncContextManager[Connection]) -> None:
        self._loan = loan

    async def __aenter__(self) -> Connection:
        try:
            return await self._loan.__aenter__()
        except Exception as error:
            _tell(error)
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._loan.__aexit__(kind, error, trace)
        except Exception as late:
            _tell(late)
            raise
        if error is not None:
            _tell(error)


def unreached() -> Unavailable:
    return Unavailable("The database cannot be reached just now. Please try again.")


def _tell(error: BaseException) -> None:
    """Raises what the domain calls it. Returns where it has no word for it."""
    if isinstance(error, _NO_TEXT):
        raise ValidationFailed("A text holds characters that cannot be stored, such as NUL.") from error
    if isinstance(error, asyncpg.ForeignKeyViolationError):
        raise Conflict("Something that this needs was deleted just now.") from error
    if isinstance(error, UNREACHABLE):
        raise unreached() from error
