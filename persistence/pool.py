"""Connections to one PostgreSQL: lent for a statement or a transaction, and put in order before they are lent again."""

import asyncio
from collections import deque
from collections.abc import Awaitable
from contextlib import suppress
from typing import Any, TypeAlias

import asyncpg
import structlog
from asyncpg.transaction import Transaction

from domain.ports import PoolState
from persistence.codecs import teach_types
from persistence.opening import patiently

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
_TIDY_SECONDS = 60.0
_UNSEEN = 1000
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
        # Who waits, the longest first; and for how many of `size` somebody has or waits to be given a connection.
        self._line: deque[asyncio.Future[Connection | None]] = deque()
        self._out = 0
        # Those that came back and go out again: asyncpg's way in and out costs more than most statements.
        self._at_hand: list[Connection] = []
        self._fewest_at_hand = 0
        self._is_closing = False
        self._put_back = 0
        self._ending: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        self._pool = await patiently(self._made)
        if self._shared and self._needed:
            await self._look_for_limits()
        self._tidying = asyncio.create_task(self._tidy())

    async def _made(self) -> "asyncpg.Pool[Any]":
        limits = {} if self._shared else _LIMITS
        cache: dict[str, Any] = {"statement_cache_size": 0} if self._shared else {}
        return await asyncpg.create_pool(
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

    async def close(self) -> None:
        if self._pool is None:
            return
        self._tidying.cancel()
        self._is_closing = True
        try:
            async with asyncio.timeout(3):
                await asyncio.gather(*self._ending)
                await self.give_back(len(self._at_hand))
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()

    def state(self) -> PoolState:
        if self._pool is None:
            return PoolState(0, 0, 0)
        idle = self._pool.get_idle_size() + len(self._at_hand)
        return PoolState(self._pool.get_size(), idle, len(self._line))

    def lend(self, *, transaction: bool = False) -> "Loan":
        return Loan(self, transaction=transaction or self._shared)

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

    async def take(self) -> Connection:
        """For a loan alone, as are the next two. Nobody overtakes those who wait."""
        if self._line or self._out >= self._size:
            connection = await self._wait()
        else:
            self._out += 1
            connection = self._at_hand.pop() if self._at_hand else None
            self._fewest_at_hand = min(self._fewest_at_hand, len(self._at_hand))
        if connection is not None and not _is_lost(connection):
            return connection
        try:
            if connection is not None:
                await self._lenders.release(connection)
            return await self._lenders.acquire(timeout=_WAIT_SECONDS)
        except BaseException:
            self._pass_on(None)
            raise

    async def _wait(self) -> Connection | None:
        """What is passed on to whoever has waited longest: a connection, or leave to ask for another."""
        given: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
        self._line.append(given)
        try:
            async with asyncio.timeout(_WAIT_SECONDS):
                return await given
        except BaseException:
            if given.done() and not given.cancelled():  # both at once: it is somebody else's then
                self._pass_on(given.result())
            elif given in self._line:
                self._line.remove(given)
            raise

    def _pass_on(self, connection: Connection | None) -> None:
        while self._line:
            given = self._line.popleft()
            if not given.done():
                given.set_result(connection)
                return
        self._out -= 1
        if connection is not None:
            self._at_hand.append(connection)

    async def _tidy(self) -> None:
        """What lay at hand for a minute is given back to asyncpg, which closes what nobody wants for longer."""
        while True:
            self._fewest_at_hand = len(self._at_hand)
            await asyncio.sleep(_TIDY_SECONDS)
            try:
                await self.give_back(self._fewest_at_hand)
            except Exception as error:
                # Whatever it was: untidied, connections would be kept for ever.
                _log.warning("not_given_back", reason=repr(error)[:200])

    async def give_back(self, most: int) -> None:
        """Those that have lain at hand for longest. Others borrow meanwhile."""
        for _ in range(most):
            if self._at_hand:
                await self._lenders.release(self._at_hand.pop(0))

    async def put_back(self, connection: Connection) -> None:
        self._put_back += 1
        # Now and then asyncpg has a look, for it replaces what was used very often.
        if self._is_closing or self._put_back % _UNSEEN == 0 or _is_lost(connection):
            await self._release(connection)
        else:
            self._pass_on(connection)

    async def _release(self, connection: Connection) -> None:
        try:
            await self._lenders.release(connection)
        finally:
            self._pass_on(None)

    def put_back_later(self, connection: Connection, whole: Transaction | None) -> None:
        task = asyncio.create_task(self._put_in_order(connection, whole))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def _put_in_order(self, connection: Connection, whole: Transaction | None) -> None:
        try:
            async with asyncio.timeout(2):
                await _settle(connection, whole)
        except (*UNREACHABLE, asyncpg.PostgresError):
            # One that was lost meanwhile has been taken back by the pool itself.
            with suppress(asyncpg.InterfaceError):
                connection.terminate()
        await self._release(connection)


class Loan:
    """A connection for one statement, or for one transaction that is committed when the block ends."""

    __slots__ = ("_connection", "_pool", "_transaction", "_whole")

    def __init__(self, pool: Pool, *, transaction: bool) -> None:
        self._pool, self._transaction = pool, transaction
        self._whole: Transaction | None = None

    async def __aenter__(self) -> Connection:
        self._connection = await self._pool.take()
        if self._transaction:
            self._whole = self._connection.transaction()
            await self._or_put_back(self._whole.start())
        return self._connection

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is not None:
            self._pool.put_back_later(self._connection, self._whole)
            return
        if self._whole:
            await self._or_put_back(self._whole.commit())
        await self._pool.put_back(self._connection)

    async def _or_put_back(self, doing: Awaitable[None]) -> None:
        """Who failed need not wait until the connection is fit for others again; perhaps nobody answers there."""
        try:
            await doing
        except BaseException:
            self._pool.put_back_later(self._connection, self._whole)
            raise


def _is_lost(connection: Connection) -> bool:
    """Whether the database hung up meanwhile; asyncpg's pool may have taken it back already."""
    return connection._con is None or connection.is_closed()


async def _settle(connection: Connection, whole: Transaction | None) -> None:
    """Undoes what was begun. A statement that was cut off between its preparation and its execution keeps its locks,
    and nothing ends its transaction but the next message.
    """
    if whole:
        await whole.rollback()
    else:
        await connection.execute("select 1")


async def _leave_as_it_is(connection: "asyncpg.Connection[Any]") -> None:
    """None of our statements leaves a setting, a lock or a cursor behind, so there is nothing to put back."""
