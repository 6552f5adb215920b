"""Gathering: what comes while others are being served is served together, at the price of one."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from dataclasses import dataclass
from typing import Generic, TypeVar

from domain.errors import Unavailable
from domain.metering import Meter, meter

Call = TypeVar("Call")
Answer = TypeVar("Answer")

# So many groups are served at a time: one is written by the database while another is judged here.
_GROUPS_AT_ONCE = 2


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting(Generic[Call, Answer]):
    call: Call
    weight: int
    answer: "asyncio.Future[Answer | Exception | None]"
    meter: Meter | None
    since: float


class Gathering(Generic[Call, Answer]):
    """Who finds nobody being served is served at once, and with them who came in the same breath; who comes meanwhile
    is served next.

    `together` answers many calls in their order, all of them or, where it raises, none. An answer that is an exception
    is raised to its caller alone. Whoever is answered None, and everybody of a group that failed, is served by `alone`
    in their own time and by their own deadline; so it must bear that `together` may have served them before. A group
    weighs at most `most`, unless it is one call, and the line at most `most_waiting`. `failed` is told of how many a
    group was, and why.
    """

    def __init__(
        self,
        together: Callable[[Sequence[Call]], Awaitable[Sequence[Answer | Exception | None]]],
        alone: Callable[[Call], Awaitable[Answer]],
        failed: Callable[[int, Exception], None],
        *,
        most: int,
        most_waiting: int,
    ) -> None:
        self._together, self._alone, self._failed = together, alone, failed
        self._most, self._most_waiting = most, most_waiting
        self._line: OrderedDict[_Waiting[Call, Answer], None] = OrderedDict()
        self._weight = 0  # of the line
        self._serving: set[asyncio.Task[None]] = set()

    async def ask(self, call: Call, weight: int) -> Answer:
        """The answer to this call, once it is done. Who stops waiting leaves the line, unless they are being served.
        Raises Unavailable where too many wait.
        """
        if self._weight >= self._most_waiting:
            raise Unavailable("Too many wait for this just now. Please try again.")
        future: asyncio.Future[Answer | Exception | None] = asyncio.get_running_loop().create_future()
        waiting = _Waiting(call, weight, future, meter.get(), time.perf_counter())
        self._line[waiting] = None
        self._weight += weight
        self._see_to_it()
        try:
            answer = await future
        finally:
            self._leave(waiting)
        if answer is None:
            return await self._alone(call)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _leave(self, waiting: _Waiting[Call, Answer]) -> None:
        if waiting in self._line:
            del self._line[waiting]
            self._weight -= waiting.weight

    def _see_to_it(self) -> None:
        """In a context of nobody's: what holds for the first, such as who they are, does not for the others."""
        if not self._serving or (len(self._serving) < _GROUPS_AT_ONCE and self._is_group_full()):
            self._serving.add(asyncio.create_task(self._serve(), context=Context()))

    def _is_group_full(self) -> bool:
        return self._weight >= self._most

    async def _serve(self) -> None:
        this = asyncio.current_task()
        assert this
        try:
            while group := self._next_group():
                await self._answer(group)
                if len(self._serving) > 1 and not self._is_group_full():
                    return  # one is enough, and its groups are larger
        finally:
            self._serving.discard(this)  # at once: whoever comes now must find that nobody serves

    def _next_group(self) -> list[_Waiting[Call, Answer]]:
        """Who has waited longest."""
        group, weight = list[_Waiting[Call, Answer]](), 0
        while self._line:
            waiting = next(iter(self._line))
            if group and weight + waiting.weight > self._most:
                break
            self._leave(waiting)
            if not waiting.answer.done():  # who stopped waiting just now, and has not left yet
                group.append(waiting)
                weight += waiting.weight
        return group

    async def _answer(self, group: Sequence[_Waiting[Call, Answer]]) -> None:
        """What the group costs is on the bill of its first; the others' say how long they waited for it."""
        meter.set(group[0].meter)
        answers: Sequence[Answer | Exception | None] = [None] * len(group)
        try:
            answers = await self._together([waiting.call for waiting in group])
        except Exception as error:
            # Whose fault it was is found out by serving each by themselves.
            self._failed(len(group), error)
        finally:
            for waiting, answer in zip(group, answers, strict=True):
                if not waiting.answer.done():
                    waiting.answer.set_result(answer)
        now = time.perf_counter()
        for waiting, answer in zip(group, answers, strict=True):
            if answer is not None and waiting.meter and waiting.meter is not group[0].meter:
                waiting.meter.note_gathered(now - waiting.since)
