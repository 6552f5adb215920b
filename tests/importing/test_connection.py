"""The connection of an import: what its lock holds up, what is on the disk at the end, and what is said without it."""

from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import pytest

import persistence.importing
from domain.errors import Unavailable
from domain.importing import Trust
from persistence.importing import ImportStore, importing
from persistence.keys import Keys
from tests.api.conftest import World
from tests.importing.conftest import Desk

HANG_UP = "select pg_terminate_backend(pid, 5000) from pg_stat_activity" + (
    " where application_name = 'marquee import' and datname = current_database()"
)


@pytest.fixture
async def store(desk: Desk) -> AsyncIterator[ImportStore]:
    async with importing(desk.dsn, "old", Trust(), is_dry=False) as store:
        yield store


async def test_a_signing_key_is_made_while_an_import_runs(world: World, store: ImportStore) -> None:
    await Keys(world.marquee.database).add("while importing", b"key", timedelta(0))
    kept = "delete from signing_keys where kid = 'while importing' returning kid"
    assert await world.rows(kept) == [("while importing",)]


async def test_all_of_it_is_on_the_disk_whatever_becomes_of_the_rest(
    world: World, store: ImportStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store._connection.execute("insert into genres (name) values ('On the disk')")
    (written,) = await world.rows("select pg_current_wal_insert_lsn()::text")
    monkeypatch.setattr(persistence.importing, "_ANALYZE", "select 1 / 0")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await store.finish()
    assert await world.rows("select pg_current_wal_flush_lsn() >= $1::text::pg_lsn", *written) == [(True,)]


async def test_a_connection_that_is_lost_is_said(world: World, store: ImportStore) -> None:
    assert await world.rows(HANG_UP) == [(True,)]
    for ask in (store.finish, store.now):
        with pytest.raises(Unavailable, match=r"What was imported stays; import the same again\."):
            await ask()


async def test_a_connection_that_is_lost_before_it_begins_is_said(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def lose(connection: asyncpg.Connection) -> None:
        await connection.execute("select pg_terminate_backend(pg_backend_pid())")

    for step in ("teach_types", "prepare"):
        with monkeypatch.context() as patched:
            patched.setattr(persistence.importing, step, lose)
            with pytest.raises(Unavailable, match="cannot be reached"):
                async with importing(desk.dsn, "old", Trust(), is_dry=False):
                    pass
