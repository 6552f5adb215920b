"""Files that appear whole or not at all: written beside their place under a hidden name, and then put there."""

import asyncio
import os
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

from integrations.object_failures import unavailable

# How the names of files begin that are not whole yet.
PART = ".part-"
_Result = TypeVar("_Result")


class Part:
    """The beginning of a file. Every method waits for the disk."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._path = target.parent / f"{PART}{secrets.token_hex(8)}"
        target.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")

    def write(self, data: bytes) -> None:
        self._file.write(data)

    def replace(self) -> None:
        self._keep()
        os.replace(self._path, self._target)
        _keep_names(self._target.parent)

    def discard(self) -> None:
        """What is under the hidden name; a file that is in its place stays."""
        with suppress(OSError):  # of bytes that no longer matter
            self._file.close()
        self._path.unlink(missing_ok=True)

    def _keep(self) -> None:
        self._file.flush()
        # The file system's own clock stands still for milliseconds; two versions must not look like one.
        now = time.time_ns()
        os.utime(self._file.fileno(), ns=(now, now))
        os.fsync(self._file.fileno())


@asynccontextmanager
async def part_of(target: Path) -> AsyncIterator[Part]:
    """Nothing of it is left behind, whatever happens inside."""
    made: list[Part] = []
    try:
        await to_the_end(lambda: made.append(Part(target)))
        yield made[0]
    finally:
        for part in made:
            await to_the_end(part.discard)


async def to_the_end(work: Callable[..., _Result], *given: object) -> _Result:
    """In a thread, which is waited for also by who is cancelled: it would go on writing behind whoever tidies up."""
    running = asyncio.get_running_loop().run_in_executor(None, partial(work, *given))
    with usable():
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            while not running.done():
                with suppress(asyncio.CancelledError):  # the first one is on its way
                    await asyncio.wait([running])
            running.exception()  # which nobody will hear
            raise


@contextmanager
def usable() -> Iterator[None]:
    """Raises Unavailable for whatever the disk refuses."""
    try:
        yield
    except OSError as error:
        raise unavailable(f"cannot be used ({type(error).__name__} {error.errno})") from None


def _keep_names(folder: Path) -> None:
    """A name outlives a loss of power only when its folder is on the disk too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
