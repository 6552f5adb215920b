"""The connection pool: one statement, or one transaction, at a time."""

import asyncio
import enum
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeAlias

import asyncpg

from domain.errors import Conflict, Unavailable, ValidationFailed
from persistence.tables import ENUMS

Connection: TypeAlias = Any

_UNREACHABLE = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.LockNotAvailableError,
    asyncpg.TransactionRollbackError,  # deadlocks among them
    asyncpg.IdleInTransactionSessionTimeoutError,
)


class Database:
    """PostgreSQL by `dsn`. All waits are bounded; what cannot be reached in time raises Unavailable."""

    def __init__(self, dsn: str, *, pool_size: int = 16, statement_cache: bool = True) -> None:
        self.dsn = dsn
        self._pool_size = pool_size
        # PgBouncer in transaction mode hands each transaction another session, where a named statement is unknown.
        self._cache: dict[str, Any] = {} if statement_cache else {"statement_cache_size": 0}
        self._pool: asyncpg.Pool[Any] | None = None

    async def open(self) -> None:
        self._pool = await asyncpg.create_pool(
            self.dsn,
            min_size=1,
            max_size=self._pool_size,
            init=teach_types,
            reset=_leave_as_it_is,
            timeout=5,
            command_timeout=10,
            server_settings={
                "application_name": "marquee",
                "statement_timeout": "5s",
                "lock_timeout": "4s",
                "idle_in_transaction_session_timeout": "5s",
            },
            **self._cache,
        )

    async def close(self) -> None:
        if self._pool is None:
            return
        try:
            await asyncio.wait_for(self._pool.close(), 3)
        except TimeoutError:
            self._pool.terminate()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Connection]:
        """A connection for one statement, which commits by itself."""
        assert self._pool is not None
        try:
            async with self._pool.acquire(timeout=4) as connection:
                try:
                    yield connection
                except BaseException:
                    await _settle(connection)
                    raise
        except (
            UnicodeEncodeError,
            asyncpg.CharacterNotInRepertoireError,
            asyncpg.UntranslatableCharacterError,
        ) as error:
            raise ValidationFailed("A text holds characters that cannot be stored, such as NUL.") from error
        except asyncpg.ForeignKeyViolationError as error:
            raise Conflict("Something that this needs was deleted just now.") from error
        except _UNREACHABLE as error:
            raise Unavailable("The database cannot be reached just now. Please try again.") from error

    def single(self) -> AbstractAsyncContextManager[Connection]:
        """The same under the name that those who write with one statement know it by."""
        return self.reading()

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Connection]:
        """One transaction. Await nothing outside PostgreSQL in it, and no second connection."""
        async with self.reading() as connection, connection.transaction():
            yield connection

    async def check(self) -> None:
        async with self.reading() as connection:
            await connection.fetchval("select 1", timeout=2)


async def teach_types(connection: "asyncpg.Connection[Any]") -> None:
    """Enums arrive as the domain's own members."""
    for name, kind in ENUMS.items():
        await connection.set_type_codec(name, schema="public", encoder=_value, decoder=kind, format="text")


async def _settle(connection: Connection) -> None:
    """A statement that was cut off between its preparation and its execution keeps its locks, and nothing ends its
    transaction but the next message.
    """
    try:
        await connection.execute("select 1", timeout=2)
    except (*_UNREACHABLE, asyncpg.PostgresError):
        connection.terminate()


async def _leave_as_it_is(connection: "asyncpg.Connection[Any]") -> None:
    """None of our statements leaves a setting, a lock or a cursor behind, so there is nothing to put back."""


def _value(member: enum.Enum) -> Any:
    return member.value
