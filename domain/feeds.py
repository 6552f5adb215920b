"""What is added under growing ids, as it comes: each once, also over a line that was lost."""

from collections.abc import AsyncIterator, Callable, Coroutine, Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

from domain.ports import Inbox, Wake


class Numbered(Protocol):
    @property
    def id(self) -> int: ...


T = TypeVar("T", bound=Numbered)


@dataclass(frozen=True, slots=True)
class Feed(Generic[T]):
    """`named` finds what was announced, with None for what may not be seen, and `since` what is behind an id, a page at
    a time in order of ids. Those with the same `name` find the same. Ids are given out before the commit: so many
    (`on_their_way`) below the newest may still come. So many (`remembered`) that were told are told no second time.
    """

    name: Hashable
    newest_id: Callable[[], Coroutine[Any, Any, int]]
    named: Callable[[Sequence[int]], Coroutine[Any, Any, Sequence[T | None]]]
    since: Callable[[int], Coroutine[Any, Any, Sequence[T]]]
    on_their_way: int
    remembered: int

    async def watch(self, inbox: Inbox) -> AsyncIterator[T]:
        """After a lost line, what was written meanwhile is looked up."""
        newest = began = await self.newest_id()
        told: list[int] = []  # a deque would take a kilobyte of each of thousands
        while True:
            wake, behind = await inbox.wait(), max(began, newest - self.on_their_way)
            # What was named is the same to all; what was missed, to those who stood at the same place.
            while found := await wake.once(self._what(wake, behind), partial(self._found, wake, behind)):
                for one in found:
                    if one.id > newest or one.id not in told:
                        told.append(one.id)
                        del told[: -self.remembered]
                        newest = max(newest, one.id)
                        yield one
                if not wake.lost:
                    break
                behind = found[-1].id

    def _what(self, wake: Wake, behind: int) -> Hashable:
        return (self.name, behind) if wake.lost else self.name

    async def _found(self, wake: Wake, behind: int) -> Sequence[T]:
        if wake.lost:
            return await self.since(behind)
        return [one for one in await self.named(wake.ids) if one is not None]
