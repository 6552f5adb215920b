"""Rate limits in the memory of this process."""

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence

from domain.allowance import Taken, Taking
from domain.windows import EMPTY, SECONDS, Window

# Some 30 MB. Whoever asks from more networks than that a minute is limited in front of us.
_MOST_KEYS = 100_000


class MemoryCounters:
    """`clock` is in seconds and never goes back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, most_keys: int = _MOST_KEYS) -> None:
        self._clock, self._most_keys = clock, most_keys
        # When something was taken, and the window of then; the longest ago comes first.
        self._kept: OrderedDict[str, tuple[float, Window]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    async def take(self, takings: Sequence[Taking]) -> Taken:
        now = self._clock()
        windows = [self._window(taking.key, now) for taking in takings]
        if not all(window.has_room(one.most, one.cost) for one, window in zip(takings, windows, strict=True)):
            return Taken(False, windows)
        after = [
            Window(window.elapsed, window.previous, window.current + one.cost)
            for one, window in zip(takings, windows, strict=True)
        ]
        for one, window in zip(takings, after, strict=True):
            self._kept[one.key] = now, window
            self._kept.move_to_end(one.key)
        self._forget(now)
        return Taken(True, after)

    def _window(self, key: str, now: float) -> Window:
        kept = self._kept.get(key)
        return kept[1].later(now - kept[0]) if kept else EMPTY

    def _forget(self, now: float) -> None:
        """What counts no more, and what is too much. A call makes at most two, so four keep ahead of it."""
        for _ in range(4):
            key, (then, _window) = next(iter(self._kept.items()))
            if now - then < 2 * SECONDS and len(self._kept) <= self._most_keys:
                return
            del self._kept[key]
