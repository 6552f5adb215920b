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

HELD = "select count(*) from pg_stat_activity where datname = current_database() and xact_start < now() and pid <> "


@pytest.fixture(scope="module")
async def database(worker_id: str) -> AsyncIterator[Database]:
    dsn = await asyncio.to_thread(database_from_template, f"pool_{worker_id}")
    database = Database(dsn, pool_size=4)
    await database.open()
    yield database
    await database.close()


async def test_a_statement_that_is_cut_off_leaves_no_lock_behind(database: Database) -> None:
    for number in range(40):
        # Each is another statement to PostgreSQL, so that it has to be prepared, and can be cut off just behind that.
        statement = plain(sa.select(genres.c.id).where(genres.c.id > number).limit(sa.literal_column(str(number))))

        async def read(statement: object = statement) -> None:
            async with database.reading() as connection:
                await statement.all(connection)  # type: ignore[attr-defined]

        task = asyncio.create_task(read())
        for _ in range(number % 8):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    async with database.reading() as connection:
        assert await connection.fetchval(HELD + "pg_backend_pid()") == 0
        await connection.execute("truncate genres cascade")


async def test_a_value_that_cannot_be_sent_leaves_no_lock_behind(database: Database) -> None:
    statement = plain(sa.select(genres.c.name).where(genres.c.id == sa.bindparam("id")))

    async def read() -> None:
        async with database.reading() as connection:
            await statement.all(connection, id="not a number")

    with pytest.raises(asyncpg.DataError):
        await read()
    async with database.reading() as connection:
        assert await connection.fetchval(HELD + "pg_backend_pid()") == 0


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
