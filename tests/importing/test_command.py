"""The command itself, as anybody would type it."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.conftest import database_from_template
from tests.importing.conftest import EXAMPLE
from tests.processes.conftest import ROOT, Street

pytestmark = pytest.mark.xdist_group("heavy")
_AGREE = """select
    (select bool_and(points = 10 * (select count(*) from view_logs l where l.user_id = u.id)) from users u)
    and (select bool_and(view_count = (select count(*) from view_logs l where l.content_id = c.id)) from contents c)
    and (select bool_and(like_count = (select count(*) from content_likes l where l.content_id = c.id)) from contents c)
    and (select count(*) from point_entries) = (select count(*) from view_logs)"""
_COUNTS = (
    "select (select count(*) from view_logs), (select count(*) from content_likes), (select count(*) from reviews)"
)
_WAITS = "select 1 from pg_locks where relation = 'reviews'::regclass and not granted"


@pytest.fixture
def street(worker_id: str, tmp_path: Path) -> Iterator[Street]:
    """With a database of its own: what is imported is counted."""
    made = Street(database_from_template(f"importing_{worker_id}"), tmp_path, [])
    yield made
    made.clear()


def begin(street: Street, *arguments: object, **settings: str) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "server.py"), "import", *map(str, arguments)],
        cwd=street.home,
        env=street.environment(PYTHONPATH=str(ROOT), **settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    street.running.append(process)
    return process


async def counts(connection: "asyncpg.Connection[Any]") -> tuple[int, ...]:
    """Of view logs, likes and reviews."""
    (row,) = await connection.fetch(_COUNTS)
    return tuple(row)


def lay_many(folder: Path) -> Path:
    """Two people like and have seen and reviewed every one of 1500 contents."""
    folder.mkdir()
    both = [(user, content) for content in range(1500) for user in (1, 2)]
    rows: dict[str, list[dict[str, Any]]] = {
        "corporations": [{"id": 1, "name": "Harbor Films"}],
        "people": [{"id": user, "email": f"person{user}@example.com"} for user in (1, 2)],
        "contents": [{"id": n, "corporation_id": 1, "title": f"Title {n}"} for n in range(1500)],
        "view_logs": [{"user_id": user, "content_id": content} for user, content in both],
        "likes": [{"user_id": user, "content_id": content} for user, content in both],
        "reviews": [{"user_id": user, "content_id": content, "rating": 7} for user, content in both],
    }
    for kind, lines in rows.items():
        (folder / f"{kind}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def test_it_says_what_it_did_and_fails_where_a_line_was_refused(street: Street) -> None:
    done = begin(street, EXAMPLE)
    out, _ = done.communicate(timeout=120)
    assert done.returncode == 0, out
    assert "people: 3 written." in out
    assert (street.home / "import-report.jsonl").read_text() == ""
    bad = street.home / "likes.csv"
    bad.write_text("user_id,content_id\n17,9999\n17,205\n")
    done = begin(street, bad, "--report", street.home / "refused.jsonl")
    out, _ = done.communicate(timeout=120)
    assert done.returncode == 1
    assert "likes: 1 written; 1 refused." in out
    assert "1 likes: content_id: There is no such content, or its line was refused." in out
    (told,) = (street.home / "refused.jsonl").read_text().splitlines()
    assert json.loads(told) == {
        "file": str(bad),
        "line": 2,
        "id": None,
        "reasons": ["content_id: There is no such content, or its line was refused. (9999)"],
    }


def test_what_cannot_be_imported_at_all_is_said(street: Street) -> None:
    (street.home / "like.csv").touch()
    (street.home / "likes.csv").touch()
    for arguments, said in (
        (["nowhere"], "There is no file or folder nowhere."),
        (["like.csv"], "like.csv is no file that can be imported."),
        ([EXAMPLE, "--from", ""], "The name of a system has from 1 to 50 characters."),
        ([EXAMPLE, "--report", "nowhere/report"], "The report cannot be written to nowhere/report"),
        ([EXAMPLE, "--report", "likes.csv"], "The report would be written over likes.csv"),
    ):
        done = begin(street, *arguments)
        out, _ = done.communicate(timeout=120)
        assert done.returncode == 2
        assert said in out


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"PORT": "many"}, "The settings cannot be used:"),
        ({"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}, "The tables could not be brought"),
    ],
    ids=["settings", "database"],
)
def test_it_ends_with_two_where_it_cannot_begin(street: Street, settings: dict[str, str], said: str) -> None:
    done = begin(street, EXAMPLE, **settings)
    out, _ = done.communicate(timeout=120)
    assert (done.returncode, said in out, "Traceback" in out) == (2, True, False), out


async def test_killed_in_the_middle_everything_agrees_and_the_next_run_does_the_rest(street: Street) -> None:
    """O5 and R4 of GUARD."""
    folder = lay_many(street.home / "many")
    connection = await asyncpg.connect(street.dsn)
    async with connection.transaction():
        await connection.execute("lock table reviews in exclusive mode")
        process = begin(street, folder)
        async with asyncio.timeout(120):
            while not await connection.fetchval(_WAITS):
                assert process.poll() is None, process.communicate()
                await asyncio.sleep(0.02)
        process.kill()
        process.wait(10)
    assert await connection.fetchval(_AGREE)
    assert await counts(connection) == (3000, 3000, 0)
    done = begin(street, folder)
    out = (await asyncio.to_thread(done.communicate, timeout=120))[0]
    assert done.returncode == 0, out
    assert "likes: 3000 imported before." in out
    assert await connection.fetchval(_AGREE)
    assert await counts(connection) == (3000, 3000, 3000)
    await connection.close()


async def test_of_two_at_once_one_waits_and_finds_nothing_left_or_says_that_the_other_runs(street: Street) -> None:
    folder = lay_many(street.home / "many")
    (folder / "likes-bad.jsonl").write_text('{"user_id": 1, "content_id": 99999}\n')
    both = [begin(street, folder, "--report", "report.jsonl") for _ in range(2)]
    outs = [(await asyncio.to_thread(one.communicate, timeout=200))[0] for one in both]
    ends = sorted(one.returncode for one in both)
    assert ends in ([1, 1], [1, 2]), outs
    (told,) = (street.home / "report.jsonl").read_text().splitlines()
    assert json.loads(told)["line"] == 1
    assert ends == [1, 1] or any("Another import is running." in out for out in outs)
    connection = await asyncpg.connect(street.dsn)
    assert await connection.fetchval(_AGREE)
    assert await counts(connection) == (3000, 3000, 3000)
    await connection.close()
