"""What the load tells the drill: a line of JSON each, on its standard output."""

import asyncio
import sys
import time
from collections import deque
from typing import Any

import orjson

_MOMENT = 0.05  # seconds between two looks at our own lateness


def tell(**line: Any) -> None:
    sys.stdout.buffer.write(orjson.dumps(line) + b"\n")
    sys.stdout.buffer.flush()


def broken(promise: str) -> None:
    """Something was seen that may never be."""
    tell(broken=promise, at=time.monotonic())


class Lateness:
    """By how much this process itself was late, lately: on a busy machine that is not the server's doing."""

    def __init__(self) -> None:
        self._late: deque[tuple[float, float]] = deque(maxlen=10_000)

    def between(self, since: float, until: float) -> float:
        """The seconds it was late in all."""
        return sum(late for at, late in self._late if since <= at <= until)

    async def measure(self) -> None:
        """Until cancelled."""
        while True:
            due = time.monotonic() + _MOMENT
            await asyncio.sleep(_MOMENT)
            now = time.monotonic()
            if now - due > _MOMENT / 5:
                self._late.append((now, now - due))
