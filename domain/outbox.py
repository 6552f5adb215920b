"""The outbox: what was written down for somebody outside of the database, by the transaction that it is about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

SEARCH = "search"
# Keys of the object store whose bytes are to go.
OBJECTS = "objects"
# Notifications to be pushed, each to one device; of what many are told at once, in a line of its own.
PUSH, PUSH_TO_MANY = "push", "push to many"
TOPICS = (SEARCH, OBJECTS, PUSH, PUSH_TO_MANY)


@dataclass(frozen=True, slots=True)
class Waiting:
    """That something has changed, and not what: whoever is told of it reads it anew."""

    id: int
    subject: str
    attempts: int


@dataclass(frozen=True, slots=True)
class NotTold:
    """Why somebody did not take a subject, and for how many seconds they want to be left alone with it, if they say."""

    reason: str
    wait_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class OutboxState:
    """How many wait, and how many were set aside because they were refused each time."""

    waiting: int
    refused: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits in one topic, how much of it was set aside, and for how many seconds the oldest has waited."""

    topic: str
    waiting: int
    refused: int
    oldest_seconds: float


class Outbox(Protocol):
    """Topics are told apart by name. Of search, nothing is written down before the topic was opened."""

    async def open(self, topic: str) -> bool:
        """From now on changes are written down; whether they were not before."""

    async def close(self, topic: str) -> None:
        """Forgets the topic with all that waits in it."""

    async def add(self, topic: str, subjects: Sequence[str]) -> None: ...

    async def take(self, topic: str, most: int, seconds: float) -> list[Waiting]:
        """What has waited longest, and was not taken in the last `seconds` by anybody else."""

    async def keep(self, ids: Sequence[int], seconds: float) -> None:
        """Nobody else takes these for so many seconds more."""

    async def finish(self, topic: str, taken: Sequence[Waiting]) -> None:
        """They were told; earlier refusals of the same subjects count no more."""

    async def give_back(self, topic: str, taken: Sequence[Waiting]) -> None:
        """Nobody could be told of them."""

    async def put_off(self, pauses: Mapping[int, float]) -> None:
        """By id, in how many seconds it is tried again after it was not taken."""

    async def set_aside(self, refusals: Mapping[int, str]) -> None:
        """By id, why; nobody takes them any more."""

    async def waiting(self, topic: str) -> list[str]:
        """The subjects that wait, each once."""

    async def state(self, topic: str) -> OutboxState: ...
