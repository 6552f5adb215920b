"""Everything on one host, as `make run-many` starts it, with a link on each line that can be cut."""

import os
import shutil
import tempfile
import warnings
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import httpx2
import pytest

from composition import Marquee
from deploy.many.account import CannotRunError
from deploy.many.layout import Many, opened
from deploy.many.link import Link
from deploy.many.postgres import SUPERUSER, Primary, Replica, dsn
from settings import Settings
from tests.api.conftest import CLIP, Api, World, forgetful
from tests.emptying import empty

_GIVEN = {"PATH", "HOME", "LANG", "TMPDIR"}


@pytest.fixture(scope="session")
async def many() -> AsyncIterator[Many]:
    """It runs. Where Debian's programs are missing the tests are skipped, and say so; in CI they fail."""
    folder = Path(tempfile.mkdtemp(prefix="marquee-many-"))
    kept = opened(folder)
    given = {name: value for name, value in os.environ.items() if name in _GIVEN}
    made = Many(kept, kept.address("nginx"), given | {"DEMONSTRATION": "false"}, linked=True)
    try:
        await made.start()
        primary = cast(Primary, made.parts["primary"])
        # What a test writes past the servers is there for all readers when it returns; what servers write is not.
        await primary.ask("alter role marquee set synchronous_commit = local")
        await primary.ask("alter system set synchronous_standby_names = '*'")
        await primary.ask("select pg_reload_conf()")
        yield made
    except CannotRunError as error:
        missing(str(error))
    finally:
        await made.stop()
        shutil.rmtree(folder, ignore_errors=True)


def missing(reason: str) -> None:
    if os.environ.get("CI") or "There is no" not in reason:
        pytest.fail(reason)
    warnings.warn(reason, pytest.PytestWarning, stacklevel=1)  # -q keeps a skip's reason to itself
    pytest.skip(reason)


@pytest.fixture(scope="session")
async def past(many: Many) -> AsyncIterator[Marquee]:
    """What writes past the servers: as the superuser, with commits that wait for the replica."""
    address = f"{dsn(many.kept, 'primary', user=SUPERUSER)}?synchronous_commit=remote_apply"
    settings = Settings(
        _env_file=None,
        environment="test",
        database_url=address,
        marquee_home=many.kept.folder,
        session_secret=many.kept.secret("session"),
        demonstration=False,
    )
    marquee = Marquee(settings, address)
    async with marquee.running(listening=False):
        await marquee.objects.put("clip.webm", CLIP)
        yield marquee


@pytest.fixture
async def world(many: Many, past: Marquee) -> AsyncIterator[World]:
    """Empty, and everything well; afterwards everything is well again."""
    await empty(past.database)
    yield World(past, "nobody signs in by password here")
    for link in many.links.values():
        link.heal()
    for part in many.parts.values():
        if not part.is_running:
            await part.start()
        part.resume()
    await cast(Replica, many.parts["replica"]).ask("select pg_wal_replay_resume()")


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    limits = httpx2.Limits(max_connections=300, keepalive_expiry=2)
    async with httpx2.AsyncClient(timeout=20, limits=limits) as client:
        yield forgetful(client)


@pytest.fixture
def api(many: Many, client: httpx2.AsyncClient) -> Api:
    """By the front door."""
    return Api(many.nginx.address, client)


@pytest.fixture
def apis(many: Many, client: httpx2.AsyncClient) -> list[Api]:
    """Past nginx, each server by itself."""
    return [Api(server.address, client) for server in many.servers]


@pytest.fixture
def links(many: Many) -> dict[str, Link]:
    return many.links
