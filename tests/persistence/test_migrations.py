"""Tables are changed while people use them: no change waits at a table for long, or takes long there."""

import asyncio
import io
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from alembic import command
from alembic.script import Script, ScriptDirectory

from persistence.locks import MIGRATIONS
from persistence.migrate import configuration, downgrade, upgrade
from tests.conftest import database_from_template

SQUAWK = Path(sysconfig.get_path("scripts"), "squawk")
# Identifiers are as wide as the domain says, texts as long, and Alembic's own table is its own affair.
TASTE = "prefer-bigint-over-int,prefer-bigint-over-smallint,prefer-text-field,transaction-nesting"
# When these were written there was no release, and nobody whose rows could be in the way.
BEFORE_RELEASE = {"0001", "0002", "0003", "0004", "0005", "0006"}
HARMLESS_WHERE_EMPTY = (
    "require-concurrent-index-creation,constraint-missing-not-valid,"
    "ban-drop-default,ban-drop-not-null,ban-drop-column,ban-drop-constraint,adding-field-with-default"
)


def revisions() -> Iterator[Script]:
    yield from ScriptDirectory.from_config(configuration("")).walk_revisions()


def sql_of(revision: Script) -> str:
    """What Alembic would do, from the one before."""
    printed = configuration("")
    printed.output_buffer = io.StringIO()
    command.upgrade(printed, f"{revision.down_revision or 'base'}:{revision.revision}", sql=True)
    return printed.output_buffer.getvalue()


def squawk(sql: str, folder: Path, *, excluded: str = TASTE) -> str:
    """What it complains of."""
    path = folder / "migration.sql"
    path.write_text(sql)
    said = subprocess.run(
        [SQUAWK, "--assume-in-transaction", "--pg-version=15.0", "--reporter=Gcc", f"--exclude={excluded}", path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (said.returncode == 0) == (not said.stdout), said.stderr
    return said.stdout


@pytest.mark.parametrize("revision", list(revisions()), ids=lambda revision: revision.revision)
def test_no_change_of_the_tables_makes_people_wait(revision: Script, tmp_path: Path) -> None:
    more = f",{HARMLESS_WHERE_EMPTY}" if revision.revision in BEFORE_RELEASE else ""
    assert not squawk(sql_of(revision), tmp_path, excluded=TASTE + more)


@pytest.mark.parametrize(
    ("sql", "complaint"),
    [
        ("create index on contents (title);", "require-concurrent-index-creation"),
        ("alter table contents add constraint c check (runtime_minutes > 0);", "constraint-missing-not-valid"),
        ("alter table contents alter column title type varchar(10);", "changing-column-type"),
        ("alter table contents drop column title;", "ban-drop-column"),
    ],
)
def test_a_change_that_would_is_found(sql: str, complaint: str, tmp_path: Path) -> None:
    limits = "set lock_timeout = 2000; set statement_timeout = 0;\n"
    assert complaint in squawk(limits + sql, tmp_path)


async def test_a_change_that_meets_a_lock_steps_aside_and_tries_again(worker_id: str) -> None:
    dsn = await asyncio.to_thread(database_from_template, f"stepping_aside_{worker_id}")
    await asyncio.to_thread(downgrade, dsn, "0005")
    reader, other = await asyncpg.connect(dsn), await asyncpg.connect(dsn)
    reading = reader.transaction()
    await reading.start()
    await reader.execute("lock table corporations in access share mode")
    changing = asyncio.create_task(asyncio.to_thread(_upgrade_impatiently, dsn))
    async with asyncio.timeout(30):
        for waits in (True, False, True):  # again and again, for as long as somebody reads
            while bool(await other.fetchval(_WAITING)) != waits:
                await asyncio.sleep(0.01)
    assert not changing.done()
    assert await other.fetchval("select count(*) from corporations") == 0
    await reading.rollback()
    async with asyncio.timeout(30):
        await changing
    newest = next(revisions()).revision
    assert await other.fetchval("select version_num from alembic_version") == newest
    for connection in (reader, other):
        await connection.close()


_WAITING = "select count(*) from pg_locks where not granted and relation = 'corporations'::regclass"


def _upgrade_impatiently(dsn: str) -> None:
    hurried = configuration(dsn)
    hurried.attributes["lock_milliseconds"] = 200
    command.upgrade(hurried, "head")


async def test_who_waits_for_their_turn_keeps_no_index_waiting_however_long_it_takes(worker_id: str) -> None:
    name = f"slow_migration_{worker_id}"
    dsn = await asyncio.to_thread(database_from_template, name)
    first = await asyncpg.connect(dsn)
    # What a role may take for a request is less than a migration takes.
    for limit in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
        await first.execute(f'alter database "{name}" set {limit} = 1000')
    await first.execute(f"select pg_advisory_lock({MIGRATIONS})")
    second = asyncio.create_task(asyncio.to_thread(upgrade, dsn))
    async with asyncio.timeout(30):
        while not await first.fetchval(_HAS_ASKED):
            await asyncio.sleep(0.01)
    await first.execute("create index concurrently on contents (title)")
    assert not second.done()
    await first.close()
    async with asyncio.timeout(30):
        await second


_HAS_ASKED = """select exists(select from pg_stat_activity where datname = current_database()
    and query like '%pg_try_advisory_lock%' and pid <> pg_backend_pid())"""
