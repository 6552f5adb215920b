"""A sliding window: how much was taken within the last minute, told from two counts, and with no border to wait for."""

import math
from typing import NamedTuple

SECONDS = 60.0
# Of a unit: what arithmetic may be off by, so that whoever waited as long as they were told is let in.
_INEXACT = 1e-6


class Window(NamedTuple):
    """`current` was taken since this window began, `elapsed` seconds ago; `previous` in the one before it, of which as
    much still counts as this one has still to go.
    """

    elapsed: float
    previous: int
    current: int

    @property
    def used(self) -> float:
        return self.previous * (1 - self.elapsed / SECONDS) + self.current

    def has_room(self, most: int, cost: int) -> bool:
        return self.used + cost <= most + _INEXACT

    def later(self, seconds: float) -> "Window":
        """The same when so many seconds have gone by. A new one begins with the first that is taken in it."""
        elapsed = max(0.0, self.elapsed + seconds)
        if elapsed < SECONDS:
            return Window(elapsed, self.previous, self.current)
        if elapsed < 2 * SECONDS:
            return Window(elapsed - SECONDS, self.current, 0)
        return EMPTY

    def left(self, most: int) -> int:
        return max(0, math.floor(most - self.used))

    def wait(self, most: int, cost: int) -> float:
        """Seconds until there is room for `cost`, which is not above `most`, if nobody takes anything meanwhile."""
        room = most - cost
        if self.has_room(most, cost):
            return 0.0
        if self.current <= room:
            return SECONDS * (1 - (room - self.current) / self.previous) - self.elapsed
        return SECONDS - self.elapsed + SECONDS * (1 - room / self.current)


EMPTY = Window(0.0, 0, 0)
