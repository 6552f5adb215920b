"""Server processes that own or share an embedded PostgreSQL, and folders for it."""

import contextlib
import fcntl
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
import httpx2
import pytest

from integrations.embedded_postgres import EmbeddedPostgres
from tests.integrations.tmdb_server import TmdbServer

ROOT = Path(__file__).parents[2]
AS_ROOT = os.geteuid() == 0
ACCOUNT = pwd.getpwnam("nobody") if AS_ROOT else pwd.getpwuid(os.geteuid())
only_root = pytest.mark.skipif(not AS_ROOT, reason="NOT PROVED HERE: only root can try this")

# Rights are dropped inside: the interpreter itself may be where `nobody` cannot reach it.
SERVER = """
import os, pwd, signal, sys
from pathlib import Path
from integrations.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError

signal.signal(signal.SIGINT, lambda *_: None)
if len(sys.argv) > 2:
    user = pwd.getpwnam(sys.argv[2])
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
database = EmbeddedPostgres(Path(sys.argv[1]))
for call in sys.stdin:
    try:
        print(getattr(database, call.strip())(), flush=True)
    except EmbeddedPostgresError as error:
        print("Refused:", error, flush=True)
"""


class Server:
    """Another process of ours, which makes the calls it is sent and says what each returned."""

    def __init__(self, folder: Path, *user: str) -> None:
        command = [sys.executable, "-c", SERVER, str(folder), *user]
        environment = {**os.environ, "MARQUEE_SECRET": "a secret"}
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )

    def send(self, call: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(call.encode() + b"\n")
        self.process.stdin.flush()

    def answer(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().decode().rstrip()

    def ask(self, call: str) -> str:
        self.send(call)
        return self.answer()

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@contextlib.contextmanager
def home() -> Iterator[Path]:
    """A folder that everybody may enter, unlike pytest's own. Removed when no PostgreSQL is left in it."""
    place = Path(tempfile.mkdtemp(prefix="marquee-test-"))
    place.chmod(0o755)
    yield place
    until(lambda: all(no_process_is_left(lock.parent) for lock in place.rglob("lock")))
    shutil.rmtree(place)


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    """It waits for ever and follows redirects: what is limited here, the adapter of a stranger limits."""
    async with httpx2.AsyncClient(timeout=None, follow_redirects=True) as client:
        yield client


@pytest.fixture
def server(tmdb_for_all: TmdbServer) -> TmdbServer:
    """TMDB on loopback; it knows nothing yet."""
    tmdb_for_all.forget()
    return tmdb_for_all


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where no database was yet."""
    with home() as place:
        yield place / "postgres"


@pytest.fixture(scope="module")
def template() -> Iterator[Path]:
    with home() as place:
        server = Server(place / "postgres")
        assert server.ask("ensure") == "True"
        server.kill()
        yield place / "postgres"


@pytest.fixture
def made(template: Path) -> Iterator[Path]:
    """Where the database was already made, which takes most of a second, and nobody runs it."""
    until(lambda: no_process_is_left(template))
    yield template
    until(lambda: no_process_is_left(template))


@pytest.fixture
def deep(made: Path) -> Iterator[Path]:
    """The same under a path that is too long for a socket."""
    place = made.parent / ("deep" * 30)
    (made / "lock").unlink()
    made.rename(place)
    yield place
    until(lambda: no_process_is_left(place))
    place.rename(made)
    shutil.rmtree(socket_folder(place), ignore_errors=True)


@pytest.fixture
def start() -> Iterator[Callable[..., Server]]:
    """Begin processes. Asked for last, so that they end before their folder does."""
    servers: list[Server] = []

    def begin(folder: Path, *user: str) -> Server:
        servers.append(Server(folder, *user))
        return servers[-1]

    yield begin
    for server in servers:
        server.kill()


def until(happens: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not happens():
        assert time.monotonic() < deadline


def no_process_is_left(folder: Path) -> bool:
    with (folder / "lock").open("a") as lock, contextlib.suppress(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def give(folder: Path, user: pwd.struct_passwd) -> None:
    folder.mkdir(exist_ok=True)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, user.pw_uid, user.pw_gid)


def postmaster(folder: Path) -> int:
    return int((folder / "data" / "postmaster.pid").read_text().split()[0])


def socket_folder(folder: Path) -> Path:
    return Path(parse_qs(urlsplit(EmbeddedPostgres(folder).dsn).query)["host"][0])


async def query(folder: Path, statement: str) -> Any:
    connection = await asyncpg.connect(EmbeddedPostgres(folder).dsn)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()
