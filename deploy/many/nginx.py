"""nginx, in front of the servers."""

import asyncio
import os
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import httpx2

from deploy.many import processes
from deploy.many.account import Account, CannotRunError
from deploy.many.kept import Kept
from deploy.many.part import Part


class Nginx(Part):
    """`servers` are the names of those behind it, `listen` is where it is reached."""

    def __init__(self, kept: Kept, account: Account, servers: Sequence[str], listen: str, name: str = "nginx") -> None:
        super().__init__(name, kept.folder, account)
        self._kept, self._servers, self._listen = kept, servers, listen
        self._out: set[str] = set()

    @property
    def address(self) -> str:
        return f"http://{self._listen}"

    @property
    def command(self) -> list[str]:
        return ["nginx", "-p", str(self.folder), "-c", str(self.folder / "nginx.conf"), "-e", "stderr"]

    async def prepare(self) -> None:
        self.folder.chmod(0o755)  # its workers are nobody's, and what they write down on the way is in here
        down = {name: " down" if name in self._out else "" for name in self._servers}
        # No server is left out because requests failed there: who is away is tried, refuses, and the other one answers.
        lines = [f"        server {self._kept.address(name)} max_fails=0{down[name]};" for name in self._servers]
        user = "" if os.geteuid() else "user www-data;"
        self.write("nginx.conf", folder=self.folder, listen=self._listen, user=user, servers="\n".join(lines))

    async def ready(self) -> bool:
        try:
            async with httpx2.AsyncClient(timeout=2) as client:
                return (await client.get(f"{self.address}/health")).status_code == 200
        except httpx2.HTTPError as error:
            raise OSError(str(error)) from error

    async def take_out(self, name: str) -> None:
        """Returns when no new request goes to this server any more."""
        self._out.add(name)
        await self._reload()

    async def put_back(self, name: str) -> None:
        self._out.discard(name)
        await self._reload()

    async def _reload(self) -> None:
        """Until new workers serve and the old ones take nobody new. Raises CannotRunError."""
        await self.prepare()
        old = self._workers()
        self.tell(signal.SIGHUP)
        deadline = time.monotonic() + 10
        while self._workers() & old or not self._workers():
            if time.monotonic() > deadline:
                raise CannotRunError(f"nginx does not take its new configuration. {self.last_words()}")
            await asyncio.sleep(0.02)

    def _workers(self) -> set[int]:
        """Those that take new connections; who is shutting down says so in its title."""
        found = set()
        for pid in processes.tree(self.pid)[1:]:
            with suppress(OSError):
                if Path(f"/proc/{pid}/cmdline").read_text().rstrip("\0 ") == "nginx: worker process":
                    found.add(pid)
        return found
