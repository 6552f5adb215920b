"""The pool gives back connections that hold nothing."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
import sqlalchemy as sa

from domain.errors import Unavailable
from domain.freshness import may_lag
from persistence.database import Database
from persistence.statements import plain
from persistence.tables import genres
from tests.conftest import database_from_template

# Databases made from one template have the same tables by number, and all their locks are in one list.
_HELD = """select count(*) from pg_locks l join pg_database d on d.oid = l.database and d.datname = current_database()
           where l.relation = 'genres'::regclass and l.pid <> pg_backend_pid()"""


async def nobody_locks_genres(database: Database) -> None:
    """Within five seconds. Asked on a connection of its own: whatever the pool lends would let go by being asked."""
    connection = await asyncpg.connect(database.dsn)
    async with asyncio.timeout(5):
        while await connection.fetchval(_HELD):
            await asyncio.sleep(0.02)
    await connection.close()


@pytest.fixture(scope="module")
async def database(worker_id: str) -> AsyncIterator[Database]:
    dsn = await asyncio.to_thread(database_from_template, f"pool_{worker_id}")
    database = Database(dsn, pool_size=4)
    await database.open()
    yield database
    await database.close()


async def test_a_statement_that_was_prepared_and_not_executed_leaves_no_lock_behind(database: Database) -> None:
    """Here its value cannot be sent; a caller that goes away between the two does the same."""

    async def read() -> None:
        async with database.reading() as connection:
            statement = plain(sa.select(genres.c.name).where(genres.c.id == sa.bindparam("id")))
            await statement.all(connection, id="not a number")

    with pytest.raises(asyncpg.DataError):
        await read()
    await nobody_locks_genres(database)


async def test_a_transaction_that_fails_is_undone(database: Database) -> None:
    async def fail() -> None:
        async with database.writing() as transaction:
            await transaction.execute("insert into genres (name) values ('half written')")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    async with database.reading() as connection:
        assert await connection.fetchval("select count(*) from genres where name = 'half written'") == 0


async def test_a_database_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("persistence.opening._PAUSES", ())
    database = Database("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises((Unavailable, OSError)):
        await database.open()


async def test_who_gives_up_does_not_wait_for_the_connection_to_be_fit_again(database: Database) -> None:
    """O1 of GUARD: perhaps nobody answers there any more."""
    pid: list[int] = []

    async def wait() -> None:
        async with database.writing() as transaction:
            await transaction.execute("insert into genres (name) values ('given up')")
            pid.append(await transaction.fetchval("select pg_backend_pid()"))
            await transaction.execute("select pg_sleep(60)")

    waiting = asyncio.create_task(wait())
    while not pid:
        await asyncio.sleep(0.01)
    waiting.cancel()
    done, _ = await asyncio.wait([waiting], timeout=0.1)
    assert done
    async with database.reading() as connection:
        assert await connection.fetchval("select count(*) from genres where name = 'given up'") == 0
    connection = await asyncpg.connect(database.dsn)
    ours = "select count(*) from pg_stat_activity where pid = $1 and state <> 'idle'"
    async with asyncio.timeout(5):
        while await connection.fetchval(ours, pid[0]):
            await asyncio.sleep(0.02)
    await connection.close()


async def test_behind_a_pooler_every_loan_is_one_transaction(database: Database) -> None:
    shared = Database(database.dsn, pool_size=2, shared=True)
    await shared.open()
    for loan in (shared.reading, shared.single, shared.writing):
        async with loan() as connection:
            assert connection.is_in_transaction()
            assert await connection.fetch_anew("select $1::int", 7)
            assert await connection.fetchval("select count(*) from pg_prepared_statements where name <> ''") == 0
    assert shared.pool_state().waiting == 0
    await shared.close()
    async with database.reading() as connection:
        assert not connection.is_in_transaction()


async def test_behind_a_pooler_a_statement_that_is_given_up_is_hung_up_on(database: Database) -> None:
    """PgBouncer's older editions fall over requests to cancel one."""
    shared = Database(database.dsn, pool_size=1, shared=True)
    await shared.open()
    pid: list[int] = []

    async def wait() -> None:
        async with shared.single() as connection:
            pid.append(await connection.fetchval("select pg_backend_pid()"))
            await connection.execute("select pg_sleep(60)")

    waiting = asyncio.create_task(wait())
    while not pid:
        await asyncio.sleep(0.01)
    waiting.cancel()
    await asyncio.wait([waiting])
    async with asyncio.timeout(5), shared.single() as connection:
        assert await connection.fetchval("select pg_backend_pid()") != pid[0]
    await shared.close()


async def test_a_replica_that_holds_too_little_is_not_asked(database: Database) -> None:
    """The same database in its place: it replays nothing, so nobody knows how far it is."""
    both = Database(database.dsn, pool_size=2, replica_dsn=database.dsn)
    await both.open()
    token = may_lag.set(True)
    try:
        async with both.reading() as connection:
            assert connection is not both.replica
        assert both.replica
        with pytest.raises(OSError, match="replica"):
            await both.replica.check()
    finally:
        may_lag.reset(token)
        await both.close()


async def test_a_primary_that_cannot_say_how_far_it_is_is_unavailable(database: Database) -> None:
    """To a writer, that is, who waits for the replica: what they wrote may be there, and they hear a code."""
    both = Database(database.dsn, pool_size=2, replica_dsn=database.dsn)
    await both.open()
    await both.close()
    with pytest.raises(Unavailable):
        await both.caught_up()
