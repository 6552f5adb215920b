"""A real Redis on loopback, Debian's, which tests may pause, kill and start again. Used as pytest's fixtures are: a
module that imports `redis_server` has one of its own.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

_PATIENCE_SECONDS = 20
_HELP = "redis-server is missing: deploy/many/install.sh, or on Debian apt-get install redis-server"


class RedisServer:
    """Keeps nothing on disk: one that was killed has forgotten everything."""

    def __init__(self, program: str, folder: Path) -> None:
        self._program, self._folder, self.port = program, folder, _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        options = {"bind": "127.0.0.1", "port": str(self.port), "save": "", "appendonly": "no"}
        options |= {"dir": str(self._folder), "daemonize": "no"}
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        self._process = subprocess.Popen([self._program, *words], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while self.told("PING") != b"+PONG\r\n":
            assert self._process.poll() is None, "redis-server ended by itself"
            assert time.monotonic() < deadline, "redis-server does not answer"
            time.sleep(0.02)

    def told(self, command: str) -> bytes:
        """What it answers to one command in plain words; nothing where it cannot be reached."""
        try:
            with closing(socket.create_connection(("127.0.0.1", self.port), 1)) as line:
                line.sendall(f"{command}\r\n".encode())
                return line.recv(1000)
        except OSError:
            return b""

    def pause(self) -> None:
        """It takes connections and bytes, and answers nothing."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait(_PATIENCE_SECONDS)
            self._process = None

    def well(self) -> None:
        """Empty and answering, whatever was done to it."""
        if self._process is None:
            self.start()
        self.resume()
        assert self.told("FLUSHALL") == b"+OK\r\n"

    def _signal(self, number: signal.Signals) -> None:
        assert self._process
        self._process.send_signal(number)


@pytest.fixture(scope="module")
def redis_for_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    program = shutil.which("redis-server")
    if program is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(_HELP)
    server = RedisServer(program, tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
def redis_server(redis_for_all: RedisServer) -> RedisServer:
    redis_for_all.well()
    return redis_for_all


def _free_port() -> int:
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
