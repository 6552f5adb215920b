"""The pool gives back connections that hold nothing."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
import sqlalchemy as sa

from domain.errors import Unavailable
from persistence.database import Database
from persistence.statements import plain
from persistence.tables import genres
from tests.conftest import database_from_template

_HELD = """select count(*) from pg_locks l join pg_class c on c.oid = l.relation
           where c.relname = 'genres' and l.pid <> pg_backend_pid()"""


async def locks_on_genres(database: Database) -> int:
    """Asked on a connection of its own: whatever the pool lends would let go by being asked."""
    connection = await asyncpg.connect(database.dsn)
    held: int = await connection.fetchval(_HELD)
    await connection.close()
    return held


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
    assert await locks_on_genres(database) == 0


async def test_a_transaction_that_fails_is_undone(database: Database) -> None:
    async def fail() -> None:
        async with database.writing() as transaction:
            await transaction.execute("insert into genres (name) values ('half written')")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    async with database.reading() as connection:
        assert await connection.fetchval("select count(*) from genres where name = 'half written'") == 0


async def test_a_database_that_is_not_there_is_told() -> None:
    database = Database("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises((Unavailable, OSError)):
        await database.open()
