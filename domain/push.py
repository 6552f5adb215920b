"""Push: word to a device of what its owner is told, by a push service; once, or not at all."""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from domain.notifications import NotificationKind


@dataclass(frozen=True, slots=True)
class Push:
    """`event` names the cause: a device shows one of several that name the same. `data` is for the app."""

    token: str
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


@dataclass(frozen=True, slots=True)
class Claimed:
    """A notification that is now ours to push to a device, and nobody else's ever."""

    notification_id: int
    device_id: int
    event: str
    kind: NotificationKind
    title: str
    body: str
    content_id: int | None
    token: str

    @property
    def subject(self) -> str:
        return f"{self.notification_id} {self.device_id}"


class PushStore(Protocol):
    """`subjects` are those of the outbox: a notification's id, a space, a device's."""

    async def claim(self, subjects: Sequence[str]) -> list[Claimed]:
        """Not those whose device was sent word of the event before, has gone to somebody else or is signed out; nor
        what was read already, or is a day old.
        """

    async def release(self, claimed: Sequence[Claimed]) -> None:
        """They were not sent, and may be claimed again."""

    async def forget_device(self, device_id: int, token: str) -> None:
        """The device, if this is its token still."""

    async def sweep(self, kept: timedelta) -> None:
        """Forgets what was sent longer ago, and what was given up."""
