"""The command line, as processes of their own."""

import os
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from tests.conftest import database_from_template

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def own_dsn(worker_id: str) -> str:
    return database_from_template(f"commands_{worker_id}")


def run(home: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "MARQUEE_HOME": str(home), "SESSION_SECRET": "s" * 40, **settings}
    command = [sys.executable, str(ROOT / "server.py"), *words]
    return subprocess.run(command, env=environment, cwd=home, capture_output=True, text=True, timeout=60, check=False)


async def found(dsn: str, statement: str) -> list[tuple[object, ...]]:
    connection = await asyncpg.connect(dsn)
    rows = await connection.fetch(statement)
    await connection.close()
    return [tuple(row) for row in rows]


EVERYTHING = "select (select count(*) from {}), (select md5(string_agg(t::text, '|' order by t::text)) from {} t)"
SEEDED = ["corporations", "users", "contents", "genres", "content_genres", "video_assets", "content_likes"]


async def test_the_demonstration_is_made_once_and_repeating_it_changes_nothing(own_dsn: str, tmp_path: Path) -> None:
    first = run(tmp_path, "seed", DATABASE_URL=own_dsn)
    assert "is made" in first.stdout, first.stderr
    before = [await found(own_dsn, EVERYTHING.format(table, table)) for table in SEEDED]
    files = sorted(tmp_path.rglob("media/**/*"))
    second = run(tmp_path, "seed", DATABASE_URL=own_dsn)
    assert "nothing has changed" in second.stdout, second.stderr
    assert [await found(own_dsn, EVERYTHING.format(table, table)) for table in SEEDED] == before
    assert sorted(tmp_path.rglob("media/**/*")) == files
    [(contents, ratings, korean)] = await found(
        own_dsn, "select count(*), count(distinct age_rating), count(*) filter (where title ~ '[가-힣]') from contents"
    )
    assert (contents, ratings, korean) == (120, 4, 60)
    people = await found(own_dsn, "select email, role from users order by email")
    assert [(email, role) for email, role in people] == [
        ("admin@example.com", "ADMIN"),
        ("manager@example.com", "MANAGER"),
        ("member@example.com", "MEMBER"),
    ]


def test_production_has_no_demonstration(own_dsn: str, tmp_path: Path) -> None:
    refused = run(tmp_path, "seed", DATABASE_URL=own_dsn, ENVIRONMENT="production")
    assert refused.returncode == 1
    assert "production does not have them" in refused.stderr


def test_production_says_which_settings_it_lacks(tmp_path: Path) -> None:
    refused = run(tmp_path, "serve", ENVIRONMENT="production", SESSION_SECRET="")
    assert refused.returncode == 1
    assert "DATABASE_URL" in refused.stderr
    assert "Traceback" not in refused.stderr


async def test_migrate_fills_an_empty_database(own_dsn: str, tmp_path: Path) -> None:
    url = make_url(own_dsn)
    name = f"{url.database}_empty"
    connection = await asyncpg.connect(own_dsn)
    await connection.execute(f'drop database if exists "{name}" with (force)')
    await connection.execute(f'create database "{name}" template template0')
    await connection.close()
    empty = url.set(database=name).render_as_string(hide_password=False)
    assert run(tmp_path, "migrate", DATABASE_URL=own_dsn, DB_NAME=name).returncode == 0
    assert await found(empty, "select count(*) from contents") == [(0,)]


async def test_rotating_adds_a_key_and_keeps_the_old_one(own_dsn: str, tmp_path: Path) -> None:
    assert run(tmp_path, "rotate-keys", DATABASE_URL=own_dsn).returncode == 0
    assert await found(own_dsn, "select count(*) from signing_keys") == [(2,)]


def test_the_embedded_database_is_used_where_none_is_set(tmp_path_factory: pytest.TempPathFactory) -> None:
    home = Path("/tmp") if os.geteuid() == 0 else tmp_path_factory.mktemp("home")  # noqa: S108
    home = home / f"marquee-commands-{os.getpid()}"
    home.mkdir(mode=0o755)
    try:
        made = run(home, "seed")
        assert "is made" in made.stdout, made.stderr
        assert (home / "postgres" / "data" / "PG_VERSION").exists() or (home / "postgres").exists()
    finally:
        subprocess.run(["rm", "-rf", str(home)], check=True)
