"""The ground that is measured on: an embedded PostgreSQL with the data set, of which each run has a copy of its own."""

import asyncio
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
from sqlalchemy.engine import make_url

from benchmarks.data import Size, edition, fill
from integrations.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError
from persistence.migrate import upgrade

ROOT = Path(__file__).resolve().parents[1]
_KEPT, _COPY = "bench_data", "bench"


def home() -> Path:
    """Where the data set is kept between runs."""
    return (Path(os.environ.get("MARQUEE_HOME", ".marquee")) / "bench").resolve()


@contextmanager
def copied(size: Size, *, fresh: bool = False) -> Iterator[str]:
    """The address of a copy of the data set, which nobody else writes into; the data set is made where there is none.
    Raises SystemExit where somebody else measures here already.
    """
    embedded = EmbeddedPostgres(home() / "postgres")
    try:
        if not embedded.ensure():
            raise SystemExit(f"Another benchmark runs in {home()}. For one beside it, set another MARQUEE_HOME.")
        asyncio.run(_make(embedded.dsn, size, fresh=fresh))
        yield address(embedded.dsn, _COPY)
    except EmbeddedPostgresError as error:
        raise SystemExit(f"The embedded PostgreSQL does not start. {error}") from None
    finally:
        embedded.stop()


@contextmanager
def bare() -> Iterator[tuple[str, Path]]:
    """The address of an empty database with our tables, and a folder; both are gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="marquee-benchmark-"))
    folder.chmod(0o755)  # as root, PostgreSQL runs as another user, who must reach its data
    embedded = EmbeddedPostgres(folder / "postgres")
    try:
        embedded.ensure()
        upgrade(embedded.dsn)
        yield embedded.dsn, folder
    finally:
        embedded.stop()
        shutil.rmtree(folder, ignore_errors=True)


def address(dsn: str, database: str) -> str:
    return make_url(dsn).set(database=database).render_as_string(hide_password=False)


async def _make(dsn: str, size: Size, *, fresh: bool) -> None:
    wanted = f"{edition(size)} {_migrations()}"
    connection = await asyncpg.connect(dsn)
    await connection.execute(f"drop database if exists {_COPY} with (force)")
    if fresh or wanted != await connection.fetchval(
        "select shobj_description(oid, 'pg_database') from pg_database where datname = $1", _KEPT
    ):
        print(f"Making the data set: {size.contents} contents …", flush=True)
        await connection.execute(f"drop database if exists {_KEPT} with (force)")
        await connection.execute(f"create database {_KEPT}")
        await asyncio.to_thread(upgrade, address(dsn, _KEPT))
        await _fill(address(dsn, _KEPT), size)
        await connection.execute(f"comment on database {_KEPT} is '{wanted}'")
    await connection.execute(f"create database {_COPY} template {_KEPT} strategy file_copy")
    await connection.close()


async def _fill(dsn: str, size: Size) -> None:
    connection = await asyncpg.connect(dsn)
    await fill(connection, size)
    await connection.close()


def _migrations() -> str:
    """Of what made the tables."""
    versions = sorted((ROOT / "migrations" / "versions").glob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in versions)).hexdigest()
