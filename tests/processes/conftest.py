"""Server processes as anybody would start them, on one database of their own."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from composition import Marquee
from settings import Settings
from tests.api.conftest import Api, World, forgetful
from tests.conftest import database_from_template
from tests.emptying import empty

ROOT = Path(__file__).resolve().parents[2]
SECRET = "for tests of processes only, and long enough"


@dataclass
class Server:
    """A real server process, which announced its address."""

    process: "subprocess.Popen[str]"
    address: str

    @property
    def resident(self) -> int:
        """Its resident memory, in KiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:")))


@dataclass
class Street:
    """Where servers are started, all on one database and one home."""

    dsn: str
    home: Path
    running: list["subprocess.Popen[str]"]

    def environment(self, **settings: str) -> dict[str, str]:
        """What a process of this street is started with."""
        return {
            **{name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}},
            "PORT": "0",
            "HOST": "127.0.0.1",
            "DATABASE_URL": self.dsn,
            "MARQUEE_HOME": str(self.home),
            "SESSION_SECRET": SECRET,
            "DEMONSTRATION": "false",
            "ENVIRONMENT": "development",
            **settings,
        }

    def marquee(self, **settings: Any) -> Marquee:
        """What looks into the database from this process, and serves nobody."""
        here = Settings(
            _env_file=None,
            environment="test",
            database_url=self.dsn,
            marquee_home=self.home,
            session_secret=SECRET,
            **settings,
        )
        return Marquee(here, self.dsn)

    def begin(self, **settings: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "server.py"],
            cwd=ROOT,
            env=self.environment(**settings),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.running.append(process)
        return process

    def servers(self, count: int, **settings: str) -> list[Server]:
        """So many new ones, started side by side."""
        return [Server(process, address_of(process)) for process in [self.begin(**settings) for _ in range(count)]]

    def clear(self) -> None:
        for process in self.running:
            process.kill()
            process.wait(10)
            assert process.stdout
            process.stdout.close()


def address_of(process: "subprocess.Popen[str]") -> str:
    assert process.stdout
    for line in process.stdout:
        if " is at http://" in line:
            return line.split(" is at ")[1].strip()
    raise AssertionError(f"the server ended with {process.wait(5)} before it said where it is")


@pytest.fixture(scope="module")
def street(worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    made = Street(database_from_template(f"processes_{worker_id}"), tmp_path_factory.mktemp("processes"), [])
    yield made
    made.clear()


@pytest.fixture(scope="module")
def pair(street: Street) -> list[Server]:
    """Two servers that stay."""
    return street.servers(2)


@pytest.fixture(scope="module")
async def seeding(street: Street) -> AsyncIterator[Marquee]:
    """What fills the database: a third process of sorts, this one."""
    marquee = street.marquee()
    async with marquee.running(listening=False):
        yield marquee


@pytest.fixture
async def world(seeding: Marquee, pair: list[Server]) -> World:
    await empty(seeding.database)
    return World(seeding, "nobody signs in by password here")


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(timeout=20, limits=httpx2.Limits(max_connections=300)) as client:
        yield forgetful(client)


@pytest.fixture
async def apis(pair: list[Server], client: httpx2.AsyncClient) -> list[Api]:
    return [Api(server.address, client) for server in pair]
