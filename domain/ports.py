"""Ports that more than one concept needs."""

from collections.abc import Callable, Coroutine, Hashable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias, TypeVar

from domain.once import Once

T = TypeVar("T")

# What `Database.writing()` lends. The domain only hands it on; stores alone look inside.
Transaction: TypeAlias = Any


class Database(Protocol):
    def single(self) -> AbstractAsyncContextManager[Transaction]:
        """For one statement, which is a transaction of its own."""

    def writing(self) -> AbstractAsyncContextManager[Transaction]:
        """One transaction, committed when the block ends and undone when it raises."""


@dataclass(frozen=True, slots=True)
class PoolState:
    """How many connections a pool holds, how many of them nobody uses, and how many wait for one."""

    size: int
    idle: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Wake:
    """Why a listener woke: the ids that were announced, or that the line was lost and anything may have happened. All
    who woke by the same news are given the same wake.
    """

    ids: tuple[int, ...]
    lost: bool
    _looking: dict[Hashable, Once[Any]] = field(default_factory=dict, repr=False, compare=False)

    async def once(self, what: Hashable, look: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """What `look` finds, which is the very same for all who wait for it together. It looks after the news, so that
        nobody is shown what was true before; who comes when it has been found looks again.
        """
        looking: Once[T] | None = self._looking.get(what)
        if looking is None:
            looking = self._looking[what] = Once(self._found(what, look))
        return await looking.result()

    async def _found(self, what: Hashable, look: Callable[[], Coroutine[Any, Any, T]]) -> T:
        try:
            return await look()
        finally:
            del self._looking[what]


class Inbox(Protocol):
    async def wait(self) -> Wake:
        """Returns as soon as there is something to hear; what arrives in between is gathered, bounded in memory."""

    def hear(self, wake: Wake) -> None:
        """Wakes who waits by something that was not announced."""


class Signals(Protocol):
    """News between processes. Payloads are ids; who hears one reads the database."""

    async def announce(self, transaction: Transaction, topic: str, key: int, ids: Sequence[int]) -> None:
        """Heard everywhere when, and only if, the transaction commits."""

    async def announce_each(self, transaction: Transaction, topic: str, ids: Mapping[int, int]) -> None:
        """One id under each of many keys, likewise."""

    def listen(self, *topics: tuple[str, int]) -> AbstractContextManager[Inbox]:
        """Hears what is announced under any of these topics and keys."""
