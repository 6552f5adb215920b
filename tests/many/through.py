"""The suite of the API through everything that stands around a server: `make test-many`.

A plugin of pytest: `-p tests.many.through`. It starts PostgreSQL 15 with a replica, PgBouncer and Redis once. Then each
test worker has a database there, and two server processes behind an nginx of its own. Tests that look into the process
that serves them (tests/many/inside.py) come in a second run, `--inside`: with the server in the test's own process, but
on the same PgBouncer, Redis and replica.
"""

import asyncio
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from deploy.many.layout import opened, storage
from deploy.many.part import Part
from deploy.many.postgres import ROLE, SUPERUSER, Primary, dsn
from persistence.migrate import upgrade
from tests.many import long_way
from tests.many.inside import INSIDE
from tests.many.long_way import FOLDER, WORLD, start, stop

_started: list[Part] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--inside", action="store_true", help="run the tests that look into the process that serves them")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """In the process that the others descend from: what it starts lives as long as it does."""
    if hasattr(config, "workerinput") or FOLDER in os.environ:
        return
    folder = Path(tempfile.mkdtemp(prefix="marquee-many-"))
    kept = opened(folder)
    parts = storage(kept, (ROLE, WORLD))
    _started.extend(parts)
    asyncio.run(_start(parts))
    upgrade(dsn(kept, "primary"))
    os.environ |= {FOLDER: str(folder), long_way.INSIDE: "1" if config.getoption("inside") else ""}
    os.environ["MARQUEE_TEST_DSN"] = dsn(kept, "primary", user=SUPERUSER)


def pytest_unconfigure() -> None:
    asyncio.run(stop(_started))
    while _started:
        shutil.rmtree(_started.pop().folder.parent, ignore_errors=True)
    os.environ.pop(FOLDER, None)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Each test in one of the two runs. What is listed there must exist."""
    names = {_name(item) for item in items}
    files = {name.partition("::")[0] for name in names}
    gone = [name for name in INSIDE if name.partition("::")[0] in files and name not in names]
    if gone and not any("::" in argument for argument in config.args):
        raise pytest.UsageError(f"tests/many/inside.py names what is not there: {', '.join(gone)}")
    wanted = bool(config.getoption("inside"))
    chosen = [item for item in items if (_name(item) in INSIDE) == wanted]
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = chosen


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    said = f"Through nginx, two servers, PgBouncer, Redis and a replica; {len(INSIDE)} tests are left for --inside."
    if config.getoption("inside"):
        said = f"{len(INSIDE)} tests with the server in their own process, on PgBouncer, Redis and a replica."
    terminalreporter.write_line(said)


def _name(item: pytest.Item) -> str:
    """Without parameters, and without what xdist appends."""
    return item.nodeid.partition("[")[0].partition("@")[0]


async def _start(parts: list[Part]) -> None:
    """World's commits return when the replica has them, those of servers sooner."""
    await start(parts)
    primary = parts[0]
    assert isinstance(primary, Primary)
    await primary.ask(f"create role {WORLD} superuser login password '{primary.kept.secret(WORLD)}'")
    await primary.ask(f"alter role {WORLD} set synchronous_commit = remote_apply")
    await primary.ask(f"alter role {ROLE} set synchronous_commit = local")
    await primary.ask("alter system set synchronous_standby_names = '*'")
    await primary.ask("select pg_reload_conf()")
