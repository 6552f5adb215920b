"""`python -m deploy.drill [--short] [PART OF A FAULT'S NAME ...]`: within ten minutes, whatever happens."""

import asyncio
import os
import shutil
import signal
import sys
import time
from pathlib import Path

from deploy.drill.drill import Drill
from deploy.drill.faults import FAULTS, Fault
from deploy.drill.ground import Ground
from deploy.many.account import CannotRunError
from deploy.many.layout import opened
from deploy.many.supervisor import Taken

# In seconds: when no further fault begins, when all is put away, and when the kernel ends us and so all of them.
_ENOUGH, _PUT_AWAY, _LAST = 500, 575, 600


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def chosen(words: list[str]) -> list[Fault]:
    faults = [fault for fault in FAULTS if fault.is_short or "--short" not in words]
    names = [word for word in words if not word.startswith("--")]
    return [fault for fault in faults if not names or any(name in fault.name for name in names)]


def emptied(folder: Path) -> None:
    """Each drill begins with nothing; what the last one left stays until then."""
    opened(folder)
    Taken(folder).take()
    for entry in folder.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry)


async def run(drill: Drill) -> None:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    async with asyncio.timeout(_PUT_AWAY):
        await drill.run()


def main() -> None:
    signal.alarm(_LAST)
    folder = (Path(os.environ.get("MARQUEE_HOME", ".marquee")) / "drill").resolve()
    try:
        emptied(folder)
        drill = Drill(Ground(folder), chosen(sys.argv[1:]), say, time.monotonic() + _ENOUGH)
        asyncio.run(run(drill))
    except CannotRunError as error:
        raise SystemExit(str(error)) from None
    except (TimeoutError, asyncio.CancelledError):
        drill.skipped.append("what comes behind these")
    told = drill.report()
    say("\n" + told)
    (folder / "report.txt").write_text(told + "\n")
    raise SystemExit(0 if drill.is_kept else 1)


if __name__ == "__main__":
    main()
