"""Runs a layout in the foreground until it is told to stop. What falls is told, and not started again."""

import asyncio
import fcntl
import os
import signal
from collections.abc import Callable
from pathlib import Path

from deploy.many.account import CannotRunError
from deploy.many.layout import Many

_LOOK_SECONDS = 0.25


class Taken:
    """The folder, locked as long as this process lives, with its number inside."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "lock"

    def take(self) -> None:
        """Raises CannotRunError."""
        lock = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)  # not inherited, and closed with us
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotRunError(f"Another one runs in {self._path.parent} already.") from None
        os.ftruncate(lock, 0)
        os.write(lock, str(os.getpid()).encode())

    def owner(self) -> int:
        """Who runs there. Raises CannotRunError where nobody does."""
        if self._path.exists():
            with self._path.open() as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except BlockingIOError:
                    return int(lock.read())
        raise CannotRunError(f"Nothing runs in {self._path.parent}.")


class Supervisor:
    """`say` tells people what happens."""

    def __init__(self, many: Many, say: Callable[[str], None]) -> None:
        self._many, self._say = many, say
        self._over = asyncio.Event()
        self._work: set[asyncio.Task[None]] = set()

    async def run(self, greeting: str) -> None:
        """Raises CannotRunError where a part does not start; then none is left."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._over.set)
        loop.add_signal_handler(signal.SIGHUP, self._begin_to_roll)
        try:
            await self._started()
            if not self._over.is_set():
                self._say(greeting)
                await self._watch()
        finally:
            for task in self._work:
                task.cancel()
            await asyncio.gather(*self._work, return_exceptions=True)
            await self._many.stop()

    async def _started(self) -> None:
        """Or told to stop meanwhile."""
        starting = asyncio.create_task(self._many.start())
        over = asyncio.create_task(self._over.wait())
        done, rest = await asyncio.wait({starting, over}, return_when=asyncio.FIRST_COMPLETED)
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        if starting in done:
            starting.result()

    async def _watch(self) -> None:
        """Says it once of each fall."""
        told: set[int] = set()
        over = asyncio.create_task(self._over.wait())
        while not over.done():
            for part in self._many.parts.values():
                if part.fallen is not None and part.pid not in told:
                    told.add(part.pid)
                    self._say(f"{part.name} has fallen ({part.fallen}). {part.last_words()}")
            await asyncio.wait({over}, timeout=_LOOK_SECONDS)

    def _begin_to_roll(self) -> None:
        task = asyncio.create_task(self._roll())
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    async def _roll(self) -> None:
        self._say("The servers start anew, one after the other.")
        try:
            await self._many.roll()
        except CannotRunError as error:
            self._say(str(error))
        else:
            self._say("Both servers are new.")
