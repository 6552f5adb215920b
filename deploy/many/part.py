"""One part of the layout: a program, what it is told, and how to see that it is there."""

import asyncio
import os
import shutil
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from string import Template

from deploy.many import processes
from deploy.many.account import Account, CannotRunError

TEMPLATES = Path(__file__).parent / "templates"
_MOMENT = 0.05  # seconds between two looks
_PATIENCE = 120.0  # seconds for a start, with recovery after a crash, where others are busy too
_PLACES = [*map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), "/usr/sbin", "/usr/bin"]


class _Filled(Template):
    """`$` belongs to nginx."""

    delimiter = "@"


def program(name: str) -> str:
    """Where Debian has it, or the PATH. Raises CannotRunError."""
    found = shutil.which(name, path=os.pathsep.join([*_PLACES, os.environ.get("PATH", os.defpath)]))
    if found is None:
        raise CannotRunError(f"There is no {name} here. `make parts` installs it (Debian, as root).")
    return found


class Part(ABC):
    """Runs in `folder`, which is its account's own. Must be started on the main thread: the kernel ends the program
    together with the thread that started it.
    """

    farewell: tuple[tuple[int, float], ...] = ((signal.SIGTERM, 5.0),)
    """Signals that ask it to end, each with the seconds that it has then. Behind them comes SIGKILL."""
    orphaned = signal.SIGTERM
    """What it is told when we have died."""

    def __init__(self, name: str, folder: Path, account: Account) -> None:
        self.name, self.account = name, account
        self.folder = folder / name
        self.log = folder / "log" / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._is_leaving = False

    @property
    @abstractmethod
    def command(self) -> list[str]: ...

    @property
    def environment(self) -> Mapping[str, str]:
        """Nothing of ours: it may hold secrets."""
        return {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}

    @property
    def place(self) -> Path:
        """The folder that the program runs in."""
        return self.folder

    @abstractmethod
    async def prepare(self) -> None:
        """Writes what it needs; may start others for that."""

    @abstractmethod
    async def ready(self) -> bool:
        """Whether it does what it is there for. May raise OSError where nobody answers."""

    @property
    def pid(self) -> int:
        assert self._process, f"{self.name} was not started"
        return self._process.pid

    @property
    def fallen(self) -> int | None:
        """How it ended, where it did without being told to."""
        return self._process.poll() if self._process and not self._is_leaving else None

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    async def start(self) -> None:
        """Until it is ready. Raises CannotRunError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.account.own(self.folder, 0o700)
        await self.prepare()
        self._process, self._is_leaving = self.spawn(self.command), False
        deadline = time.monotonic() + _PATIENCE
        while not await self.answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise CannotRunError(f"{self.name} does not start. {self.last_words()}")
            await asyncio.sleep(_MOMENT)

    async def answers(self) -> bool:
        """Whether it is ready, asked for two seconds at most."""
        try:
            return await asyncio.wait_for(self.ready(), 2)
        except (OSError, TimeoutError):
            return False

    def spawn(self, command: list[str], **more: str) -> "subprocess.Popen[bytes]":
        self.log.parent.mkdir(exist_ok=True)
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [program(command[0]), *command[1:]],
                cwd=self.place,
                env={**self.environment, **more},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C in the terminal is for us
                preexec_fn=processes.dying_with_us(self.orphaned),
                **self.account.popen,
            )

    async def stop(self) -> None:
        """Asks it to end, and waits until it has."""
        self._is_leaving = True
        for number, seconds in self.farewell:
            if not self.is_running:
                break
            self.resume()  # who is paused hears nothing
            self.tell(number)
            await self._gone(seconds)
        await self.kill()

    async def kill(self) -> None:
        """kill -9, of everything that it started too."""
        if self.is_running:
            processes.kill(self.pid)
            await self._gone(5)
        self._process = None

    def pause(self) -> None:
        processes.pause(self.pid)

    def resume(self) -> None:
        processes.resume(self.pid)

    def tell(self, number: int) -> None:
        processes.tell([self.pid], number)

    async def _gone(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while self.is_running and time.monotonic() < deadline:
            await asyncio.sleep(_MOMENT)

    def write(self, name: str, /, **values: object) -> Path:
        """A template, filled, in the part's folder; nobody else may read it."""
        path = self.folder / name
        path.write_text(_Filled((TEMPLATES / name).read_text()).substitute(values))
        self.account.own(path, 0o600)
        return path

    def last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return " / ".join([f"{self.log} ends with:", *lines[-3:]])
