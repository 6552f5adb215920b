"""`make run-many` as a person types it: it says where to go, tells what fell, and leaves nothing behind."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from deploy.many import processes
from deploy.many.account import CannotRunError
from deploy.many.kept import Kept
from deploy.many.layout import opened
from deploy.many.part import program
from deploy.many.server import ROOT
from tests.many.conftest import missing

_STARTED_SECONDS, _STOPPED_SECONDS = 120, 15


class Run:
    """One `python -m deploy.many`, with what it says on stdout."""

    def __init__(self, home: Path, port: int) -> None:
        given = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}}
        environment = given | {"MARQUEE_HOME": str(home), "PORT": str(port)}
        command = [sys.executable, "-m", "deploy.many"]
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)

    def says(self, text: str) -> str:
        assert self.process.stdout
        for line in self.process.stdout:
            if text in line:
                return line
        raise AssertionError(f"it ended with {self.process.wait(5)} before it said {text}")

    def all(self) -> list[int]:
        return processes.tree(self.process.pid)

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        assert self.process.stdout
        self.process.stdout.read()
        return self.process.wait(_STOPPED_SECONDS)


@pytest.fixture
def home() -> Iterator[Path]:
    try:
        program("pgbouncer")
    except CannotRunError as error:
        missing(str(error))
    made = Path(tempfile.mkdtemp(prefix="marquee-many-"))
    made.chmod(0o711)  # as root, others must pass through
    yield made
    shutil.rmtree(made, ignore_errors=True)


def gone(pids: list[int]) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if not [pid for pid in pids if _lives(pid)]:
            return True
        time.sleep(0.05)
    return False


def _lives(pid: int) -> bool:
    """A zombie that nobody has buried yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_everything_comes_up_and_goes_and_what_falls_is_told(home: Path) -> None:
    port = Kept(opened(home / "port").folder).port("door")
    first = Run(home, port)
    assert "member@example.com" in first.says("Sign in as")
    left = first.all()
    assert len(left) > 10
    first.end(signal.SIGKILL)
    assert gone(left), "nobody outlives it, not even kill -9"

    second = Run(home, port)
    second.says("Sign in as")
    login = 'mutation { login(input: {email: "member@example.com", password: "marquee-demo"}) { __typename } }'
    answer = httpx2.post(f"http://127.0.0.1:{port}/graphql", json={"query": login}, timeout=20)
    assert answer.json()["data"] == {"login": {"__typename": "SignedIn"}}
    redis = next(pid for pid in second.all() if "redis-server" in Path(f"/proc/{pid}/cmdline").read_text())
    os.kill(redis, signal.SIGKILL)
    assert "redis has fallen (-9)" in second.says("has fallen")
    left = second.all()
    begun = time.monotonic()
    assert second.end(signal.SIGTERM) == 0
    assert time.monotonic() - begun < _STOPPED_SECONDS
    assert gone(left)
