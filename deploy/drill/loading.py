"""The load, from where the drill stands: a process that tells what it hears."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson

from deploy.drill.ground import Ground
from deploy.drill.records import Records
from deploy.drill.strangers import ROOT
from deploy.many import processes

_BEGIN_SECONDS, _END_SECONDS = 30.0, 45.0


class Load:
    """`records` grows while it runs."""

    def __init__(self, ground: Ground, world: dict[str, Any]) -> None:
        self.records = Records()
        servers = [server.address for server in ground.many.servers]
        self._told = {"front": ground.front, "servers": servers, "world": world}
        self._kept = ground.kept.folder / "answers.jsonl"
        self._log: Path = ground.kept.folder / "log" / "load.log"
        self._process: asyncio.subprocess.Process | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Load"]:
        """From when everybody has signed in."""
        with self._log.open("ab") as log:
            self._process = process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "deploy.drill.load"),
                cwd=ROOT,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                limit=2**24,
                preexec_fn=processes.dying_with_us(signal.SIGTERM),
                start_new_session=True,
            )
        assert process.stdin
        process.stdin.write(orjson.dumps(self._told) + b"\n")
        self._reading = asyncio.create_task(self._read(process))
        try:
            await self._until("began", _BEGIN_SECONDS)
            yield self
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
            await asyncio.gather(self._reading, return_exceptions=True)

    async def finish(self) -> None:
        """Everybody does what they are at, and says what they know."""
        assert self._process
        self._process.send_signal(signal.SIGTERM)
        await self._until("ended", _END_SECONDS)

    async def _until(self, what: str, seconds: float) -> None:
        """Raises TimeoutError, or what went wrong."""
        async with asyncio.timeout(seconds):
            while not getattr(self.records, what):
                if self._reading.done():
                    raise RuntimeError(f"The load has ended too soon; {self._log} says why.")
                await asyncio.sleep(0.05)

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout
        with self._kept.open("wb") as kept:
            async for line in process.stdout:
                kept.write(line)
                self.records.take(orjson.loads(line))
