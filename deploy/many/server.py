"""Marquee itself: servers and a worker, which find the other parts by their settings."""

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx2

from deploy.many.account import ourselves
from deploy.many.kept import Kept
from deploy.many.part import Part

ROOT = Path(__file__).resolve().parents[2]


class _Python(Part):
    farewell = ((signal.SIGTERM, 11.0),)  # within ten seconds, it is promised
    orphaned = signal.SIGTERM

    def __init__(self, name: str, kept: Kept, environment: Mapping[str, str]) -> None:
        super().__init__(name, kept.folder, ourselves())
        self._kept, self._environment = kept, environment

    @property
    def place(self) -> Path:
        return ROOT

    async def prepare(self) -> None:
        """All is in the environment."""

    @property
    def environment(self) -> Mapping[str, str]:
        return self._environment


class Server(_Python):
    @property
    def command(self) -> list[str]:
        return [sys.executable, "server.py"]

    @property
    def address(self) -> str:
        return f"http://{self._kept.address(self.name)}"

    @property
    def environment(self) -> Mapping[str, str]:
        return {**self._environment, "HOST": "127.0.0.1", "PORT": str(self._kept.port(self.name))}

    async def ready(self) -> bool:
        try:
            async with httpx2.AsyncClient(timeout=2) as client:
                return (await client.get(f"{self.address}/ready")).status_code == 200
        except httpx2.HTTPError as error:
            raise OSError(str(error)) from error


class Worker(_Python):
    """Listens nowhere. It is ready when it is connected to `port`, where the database is."""

    def __init__(self, name: str, kept: Kept, environment: Mapping[str, str], *, port: int) -> None:
        super().__init__(name, kept, environment)
        self._port = port

    @property
    def command(self) -> list[str]:
        return [sys.executable, "server.py", "worker"]

    async def ready(self) -> bool:
        return self._is_connected()

    def _is_connected(self) -> bool:
        sockets = {os.readlink(link) for link in Path(f"/proc/{self.pid}/fd").iterdir() if link.is_symlink()}
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            _, _, remote, *rest = line.split()
            if int(remote.rpartition(":")[2], 16) == self._port and f"socket:[{rest[6]}]" in sockets:
                return True
        return False
