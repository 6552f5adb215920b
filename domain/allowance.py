"""How much one network address, or one person, may ask of us in a minute."""

import enum
import math
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, Protocol

from domain.attempts import network_of
from domain.errors import RateLimited
from domain.windows import SECONDS, Window

_network_of = lru_cache(maxsize=10_000)(network_of)


class Limited(enum.StrEnum):
    """What is limited, by the name that clients read. ADDRESS and PERSON count costs; the others how often something
    dear is done, at what cost ever.
    """

    ADDRESS = "address"
    PERSON = "person"
    SIGN_IN = "sign-in"
    GENERATED_IMAGES = "generated-images"
    DEVICE_REGISTRATIONS = "device-registrations"


class Allowance(Protocol):
    """`cost` is in the units of an operation's cost; a plain request costs one."""

    async def spend(self, address: str, user_id: int | None, cost: int) -> None:
        """Raises RateLimited where that is more than is left; then nothing is spent."""

    async def count(self, what: Limited, who: str | int) -> None:
        """One more of what is dear, by an address or a person's id. Raises RateLimited where that is one too many."""


class Unlimited:
    """Where nothing is limited."""

    async def spend(self, address: str, user_id: int | None, cost: int) -> None:
        return

    async def count(self, what: Limited, who: str | int) -> None:
        return


class Taking(NamedTuple):
    """`cost` wanted under `key`, of which a minute has `most`."""

    key: str
    most: int
    cost: int


@dataclass(frozen=True, slots=True)
class Taken:
    """Whether all of it was taken, or none; and the window of each as it is now."""

    all: bool
    windows: Sequence[Window]


class Counters(Protocol):
    async def take(self, takings: Sequence[Taking]) -> Taken:
        """Takes all or nothing, also while others ask for the same. Never raises."""


class Level(NamedTuple):
    """How far one limit is used up."""

    most: int
    window: Window

    @property
    def left(self) -> int:
        return self.window.left(self.most)

    @property
    def seconds(self) -> int:
        """Within which no more than `left` may be taken; then there is more."""
        return _whole(max(SECONDS - self.window.elapsed, self.window.wait(self.most, 1)))


# What this request was told of its limits, for its answer to say. A dict of its own where somebody wants to know.
levels: ContextVar[dict[Limited, Level] | None] = ContextVar("levels", default=None)


class Limits:
    """An Allowance with so many a minute of what is limited; what is left out is not."""

    def __init__(self, counters: Counters, most: Mapping[Limited, int]) -> None:
        self._counters, self._most = counters, most

    async def spend(self, address: str, user_id: int | None, cost: int) -> None:
        person = {} if user_id is None else {Limited.PERSON: str(user_id)}
        await self._take({Limited.ADDRESS: _network_of(address), **person}, cost)

    async def count(self, what: Limited, who: str | int) -> None:
        await self._take({what: _network_of(who) if isinstance(who, str) else str(who)}, 1)

    async def _take(self, wanted: Mapping[Limited, str], cost: int) -> None:
        limited = [what for what in wanted if what in self._most]
        if not limited:
            return
        takings = [Taking(f"{what}:{wanted[what]}", self._most[what], cost) for what in limited]
        smallest = min(takings, key=lambda taking: taking.most)
        if cost > smallest.most:
            raise _never(cost, smallest.most)
        taken = await self._counters.take(takings)
        _tell(limited, takings, taken.windows)
        if not taken.all:
            waits = [window.wait(one.most, cost) for one, window in zip(takings, taken.windows, strict=True)]
            raise RateLimited("Too much was asked in the last minute.", _whole(max(waits)))


def _never(cost: int, most: int) -> RateLimited:
    """Nothing is locked by it: what costs less is answered as before."""
    message = f"This costs {cost}, and no more than {most} may be asked in a minute. Ask for less at a time."
    return RateLimited(message, int(SECONDS))


def _tell(limited: Sequence[Limited], takings: Sequence[Taking], windows: Sequence[Window]) -> None:
    told = levels.get()
    if told is not None:
        for what, taking, window in zip(limited, takings, windows, strict=True):
            told[what] = Level(taking.most, window)


def _whole(seconds: float) -> int:
    """Whole seconds that are enough, and never none."""
    return max(1, math.ceil(seconds))
