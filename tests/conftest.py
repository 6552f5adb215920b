"""One embedded PostgreSQL for the whole run, one database for each test worker."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from integrations.embedded_postgres import EmbeddedPostgres
from persistence.migrate import upgrade
from tests.execution.both import differences
from tests.integrations.tmdb_server import TmdbServer, tmdb_server

_started: list[tuple[EmbeddedPostgres, Path]] = []
HERE = Path(__file__).parent
# One worker runs them all, so that their servers are started once. What floods a machine, or starts whole servers and
# browsers, is one group with what marks itself as heavy, so that no two of them meet.
GROUPS = {"many": "heavy", "keycloak": "heavy", "api/media": "media", "integrations/objects": "objects"}


def pytest_configure(config: pytest.Config) -> None:
    """In the process that the others descend from: the database lives as long as it does."""
    if hasattr(config, "workerinput") or "MARQUEE_TEST_DSN" in os.environ:
        return
    folder = Path(tempfile.mkdtemp(prefix="marquee-tests-"))
    folder.chmod(0o755)  # as root, PostgreSQL runs as another user, who must reach its data
    embedded = EmbeddedPostgres(folder / "postgres")
    embedded.ensure()
    upgrade(embedded.dsn)
    os.environ["MARQUEE_TEST_DSN"] = embedded.dsn
    _started.append((embedded, folder))


def pytest_unconfigure() -> None:
    while _started:
        embedded, folder = _started.pop()
        del os.environ["MARQUEE_TEST_DSN"]
        embedded.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Before xdist, which came later and would be asked first, reads the marks."""
    for folder, group in GROUPS.items():
        for item in items:
            if item.path.is_relative_to(HERE / folder):
                item.add_marker(pytest.mark.xdist_group(group))


def database_from_template(name: str) -> str:
    """The address of a new database with the newest tables, empty."""
    template = os.environ["MARQUEE_TEST_DSN"]

    async def create() -> None:
        connection = await asyncpg.connect(make_url(template).set(database="postgres").render_as_string(False))
        await connection.execute(f'drop database if exists "{name}" with (force)')
        await connection.execute(f'create database "{name}" template marquee')
        await connection.close()

    asyncio.run(create())
    return make_url(template).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def dsn(worker_id: str) -> str:
    """This worker's database."""
    return database_from_template(f"test_{worker_id}")


@pytest.fixture(scope="session")
def worker_id() -> str:
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


@pytest.fixture(scope="session")
async def tmdb_for_all() -> AsyncIterator[TmdbServer]:
    async with tmdb_server() as running:
        yield running


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """For those who sign people in: twenty at once, or one at a real Keycloak, take a slow machine longer than people
    are made to wait.
    """
    monkeypatch.setattr("integrations.strangers._PATIENCE_SECONDS", 12.0)
    monkeypatch.setattr("integrations.issuers._PATIENCE_SECONDS", 12.0)


@pytest.fixture(autouse=True)
def _the_same_both_ways() -> Iterator[None]:
    """Whatever a test asks, its plan and graphql-core answer the same."""
    differences.clear()
    yield
    assert not differences, "\n\n".join(differences)
