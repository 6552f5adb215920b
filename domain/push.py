"""Push: word to a device, by whoever can reach it. The port of the push service."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from domain.devices import DevicePlatform


@dataclass(frozen=True, slots=True)
class Push:
    """`event` names the cause: a device shows one of several that name the same. `data` is for the app."""

    token: str
    platform: DevicePlatform
    event: str
    title: str
    body: str
    data: Mapping[str, str]


class Fate(enum.Enum):
    """What became of a push."""

    SENT = enum.auto()
    DEAD = enum.auto()  # its token reaches no device any more
    REFUSED = enum.auto()  # this one will never be taken
    UNKNOWN = enum.auto()  # it was sent, and no answer came: it may have arrived
    LATER = enum.auto()  # it was not taken, and may be another time


@dataclass(frozen=True, slots=True)
class Pushed:
    """`wait_seconds` is what the service asks for before the next try of this one."""

    fate: Fate
    reason: str = ""
    wait_seconds: float | None = None


class PushService(Protocol):
    async def send(self, push: Push) -> Pushed:
        """Raises Unavailable where nothing was sent, and nothing else can be just now either: the service does not take
        our key, or has not answered for a while.
        """
