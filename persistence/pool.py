"""Connections to one PostgreSQL: lent for a statement or a transaction, and put in order before they are lent again."""

import asyncio
import enum
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeAlias

import asyncpg
import structlog
from asyncpg.transaction import Transaction

from domain.ports import PoolState
from persistence.tables import ENUMS

Connection: TypeAlias = Any

UNREACHABLE = (
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
    asyncpg.ReadOnlySQLTransactionError,  # a primary that is none any more
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
)
# Whoever waits hears within five seconds that it was in vain, whatever it is that does not come.
_WAIT_SECONDS = 4.0
_COMMAND_SECONDS = 4.2
_LIMITS = {
    "statement_timeout": "4s",
    "lock_timeout": "3500ms",
    "idle_in_transaction_session_timeout": "5s",
}
_log = structlog.get_logger("database")


class Session(asyncpg.Connection):
    async def fetch_anew(self, sql: str, *arguments: object) -> list[Any]:
        """The same as fetch, planned for the values it comes with."""
        return await (await self.prepare(sql, name="")).fetch(*arguments)


class SharedSession(Session):
    def _cancel_current_command(self, waiter: Any, cancel_waiter: Any = None) -> None:
        """Hangs up, upon which PgBouncer gives the statement up. A request to cancel goes over a line of its own, for
        which asyncpg makes the next borrower wait where PostgreSQL is silent; and PgBouncer before 1.19.1 falls when
        that line is closed before PostgreSQL has answered (its issue 801).
        """
        waiter.set_result(None)
        asyncio.get_running_loop().call_soon(self.terminate)


class Pool:
    """`shared` is for PgBouncer in transaction mode (or RDS Proxy), which hands each transaction another session:
    there, no statement has a name, every loan is one transaction, and the limits must be the role's own. One that is
    not `needed` may be out of reach when it is opened.
    """

    def __init__(self, dsn: str, size: int, *, shared: bool, needed: bool = True) -> None:
        self.dsn = dsn
        self._size, self._shared, self._needed = size, shared, needed
        self._pool: asyncpg.Pool[Any] | None = None
        self._waiting = 0
        self._ending: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        limits = {} if self._shared else _LIMITS
        cache: dict[str, Any] = {"statement_cache_size": 0} if self._shared else {}
        self._pool = await asyncpg.create_pool(
            self.dsn,
            min_size=1 if self._needed else 0,
            max_size=self._size,
            connection_class=SharedSession if self._shared else Session,
            init=teach_types,
            reset=_leave_as_it_is,
            timeout=_WAIT_SECONDS,
            command_timeout=_COMMAND_SECONDS,
            server_settings={"application_name": "marquee", **limits},
            **cache,
        )
        if self._shared and self._needed:
            await self._look_for_limits()

    async def close(self) -> None:
        if self._pool is None:
            return
        try:
            async with asyncio.timeout(3):
                await asyncio.gather(*self._ending)
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()

    def state(self) -> PoolState:
        if self._pool is None:
            return PoolState(0, 0, 0)
        return PoolState(self._pool.get_size(), self._pool.get_idle_size(), self._waiting)

    @asynccontextmanager
    async def lend(self, *, transaction: bool = False) -> AsyncIterator[Connection]:
        """A connection for one statement, or for one transaction that is committed when the block ends."""
        connection = await self._acquire()
        whole: Transaction | None = connection.transaction() if transaction or self._shared else None
        try:
            if whole:
                await whole.start()
            yield connection
            if whole:
                await whole.commit()
        except BaseException:
            # Who failed need not wait until the connection is fit for others again; perhaps nobody answers there.
            self._put_back_later(connection, whole)
            raise
        await self._lenders.release(connection)

    async def _look_for_limits(self) -> None:
        async with self.lend() as connection:
            said = {name: await connection.fetchval("select current_setting($1)", name) for name in _LIMITS}
        unlimited = [name for name, value in said.items() if value == "0"]
        if unlimited:
            _log.error("no_limits", settings=unlimited, remedy="alter role ... set <setting> = ...")

    @property
    def _lenders(self) -> "asyncpg.Pool[Any]":
        assert self._pool is not None
        return self._pool

    async def _acquire(self) -> Connection:
        self._waiting += 1
        try:
            return await self._lenders.acquire(timeout=_WAIT_SECONDS)
        finally:
            self._waiting -= 1

    def _put_back_later(self, connection: Connection, whole: Transaction | None) -> None:
        task = asyncio.create_task(self._put_back(connection, whole))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def _put_back(self, connection: Connection, whole: Transaction | None) -> None:
        try:
            async with asyncio.timeout(2):
                await _settle(connection, whole)
        except (*UNREACHABLE, asyncpg.PostgresError):
            # One that was lost meanwhile has been taken back by the pool itself.
            with suppress(asyncpg.InterfaceError):
                connection.terminate()
        await self._lenders.release(connection)


async def _settle(connection: Connection, whole: Transaction | None) -> None:
    """Undoes what was begun. A statement that was cut off between its preparation and its execution keeps its locks,
    and nothing ends its transaction but the next message.
    """
    if whole:
        await whole.rollback()
    else:
        await connection.execute("select 1")


async def teach_types(connection: "asyncpg.Connection[Any]") -> None:
    """Enums arrive as the domain's own members. In one transaction, for behind PgBouncer only that is one session."""
    async with connection.transaction():
        for name, kind in ENUMS.items():
            await connection.set_type_codec(name, schema="public", encoder=_value, decoder=kind, format="text")


async def _leave_as_it_is(connection: "asyncpg.Connection[Any]") -> None:
    """None of our statements leaves a setting, a lock or a cursor behind, so there is nothing to put back."""


def _value(member: enum.Enum) -> Any:
    return member.value
