"""Linux's processes: a program together with those that it started, and the tie between its life and ours."""

import ctypes
import functools
import os
import signal
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


def tree(pid: int) -> list[int]:
    """This process and all that descend from it, parents first. PostgreSQL's have sessions and groups of their own."""
    children = defaultdict(list)
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            # The name stands in brackets and may hold anything; behind it come the state and the parent.
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            children[parent].append(int(folder.name))
    found = [pid]
    for one in found:
        found.extend(children[one])
    return found


def tell(pids: list[int], number: int) -> None:
    """Sends them a signal; who is gone already need not hear it."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def pause(pid: int) -> None:
    """Stops all of them; looks again until nobody new is there, who was started while we looked."""
    stopped: list[int] = []
    while new := [one for one in tree(pid) if one not in stopped]:
        tell(new, signal.SIGSTOP)
        stopped += new


def resume(pid: int) -> None:
    tell(tree(pid)[::-1], signal.SIGCONT)


def kill(pid: int) -> None:
    """As if the power went: nobody has time to say good-bye, or to start another."""
    pause(pid)
    tell(tree(pid), signal.SIGKILL)


def dying_with_us(number: int) -> Callable[[], None]:
    """For a process between fork and exec: when we end, however that is, it gets this signal."""
    return functools.partial(_tie, os.getpid(), number)


def _tie(parent: int, number: int) -> None:
    signal.signal(number, signal.SIG_DFL)  # Python's own handler would swallow it until exec
    _LIBC.prctl(_PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:  # it died before we were tied
        os._exit(1)
