"""A client's program, run as anybody would, and what it prints."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

_PATIENCE = 30.0
_KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH")


class Program:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def lines(self, count: int) -> list[str]:
        """The next so many; fewer where it ends before."""
        assert self._process.stdout
        said: list[str] = []
        try:
            async with asyncio.timeout(_PATIENCE):
                while len(said) < count and (line := await self._process.stdout.readline()):
                    said.append(line.decode().rstrip("\n"))
        except TimeoutError:
            raise AssertionError(f"in {_PATIENCE} s it only said {said}") from None
        return said

    async def ended(self) -> tuple[int, str, str]:
        """How, and what it said besides: its code, and the rest of what it printed and complained."""
        async with asyncio.timeout(_PATIENCE):
            out, complaints = await self._process.communicate()
        return self._process.returncode or 0, out.decode(), complaints.decode()


@contextlib.asynccontextmanager
async def running(command: Sequence[str], folder: Path, address: str, **settings: str) -> AsyncIterator[Program]:
    """It is ended with the block, if it has not by itself."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable if word == "python" else word for word in command),
        cwd=folder,
        env={**kept, "PYTHONUTF8": "1", "MARQUEE_URL": address, **settings},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield Program(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
