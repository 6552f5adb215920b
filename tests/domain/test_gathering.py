"""What comes while others are being served is served together."""

import asyncio
from collections.abc import Sequence
from contextvars import ContextVar

from domain.errors import Unavailable
from domain.gathering import Gathering
from domain.metering import Meter, meter

asker: ContextVar[str] = ContextVar("asker", default="nobody")


class Door:
    """Answers ten times the number it is asked, a group as soon as `open` is set."""

    def __init__(self, most: int = 5, most_waiting: int = 50) -> None:
        self.groups: list[list[int]] = []
        self.alone: list[int] = []
        self.failed: list[tuple[int, str]] = []
        self.seen: list[tuple[str, Meter | None]] = []
        self.open = asyncio.Event()
        self.quick: set[int] = set()  # groups that begin so need no open door
        self.error: BaseException | None = None
        self.otherwise: dict[int, Exception | None] = {}
        self._gathering = Gathering(self._together, self._by_itself, self._fail, most=most, most_waiting=most_waiting)

    def ask(self, number: int, weight: int = 1) -> "asyncio.Task[int]":
        return asyncio.create_task(self._asked(number, weight))

    async def _asked(self, number: int, weight: int) -> int:
        async with asyncio.timeout(5):
            return await self._gathering.ask(number, weight)

    async def busy(self) -> "asyncio.Task[int]":
        """Somebody is being served until the door opens."""
        first = self.ask(0)
        while not self.groups:
            await asyncio.sleep(0)
        return first

    async def _together(self, numbers: Sequence[int]) -> list[int | Exception | None]:
        self.groups.append(list(numbers))
        self.seen.append((asker.get(), meter.get()))
        if numbers[0] not in self.quick:
            await self.open.wait()
        if self.error:
            raise self.error
        return [self.otherwise.get(number, number * 10) for number in numbers]

    async def _by_itself(self, number: int) -> int:
        self.alone.append(number)
        if number == 13:
            raise ValueError(number)
        return number * 100

    def _fail(self, calls: int, error: Exception) -> None:
        self.failed.append((calls, str(error)))


async def settled() -> None:
    """Everything has gone as far as it can."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_who_finds_nobody_served_does_not_wait_for_others() -> None:
    door = Door()
    door.open.set()
    assert [await door.ask(number) for number in (1, 2, 3)] == [10, 20, 30]
    assert door.groups == [[1], [2], [3]]


async def test_who_comes_in_the_same_breath_or_meanwhile_is_served_together() -> None:
    door = Door()
    at_once = [door.ask(number) for number in (1, 2)]
    await settled()
    meanwhile = [door.ask(number) for number in (3, 4, 5)]
    await settled()
    assert door.groups == [[1, 2]]
    door.open.set()
    assert await asyncio.gather(*at_once, *meanwhile) == [10, 20, 30, 40, 50]
    assert door.groups == [[1, 2], [3, 4, 5]]


async def test_a_group_is_so_large_and_two_are_served_at_a_time_if_the_second_is_full() -> None:
    door = Door(most=3)
    first = await door.busy()
    others = [door.ask(number) for number in (1, 2)]
    await settled()
    assert door.groups == [[0]], "two are no group yet"
    others += [door.ask(number) for number in range(3, 12)]
    await settled()
    assert door.groups == [[0], [1, 2, 3]]
    door.open.set()
    assert await asyncio.gather(first, *others) == [number * 10 for number in range(12)]
    assert door.groups == [[0], [1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11]]


async def test_what_is_left_beside_full_groups_waits_for_more() -> None:
    door = Door(most=3)
    door.quick = {1}
    first = await door.busy()
    others = [door.ask(number) for number in (1, 2, 3, 4)]
    assert await asyncio.gather(*others[:3]) == [10, 20, 30]
    await settled()
    others.append(door.ask(5))
    await settled()
    assert door.groups == [[0], [1, 2, 3]]
    door.open.set()
    assert await asyncio.gather(first, *others[3:]) == [0, 40, 50]
    assert door.groups == [[0], [1, 2, 3], [4, 5]]


async def test_one_that_weighs_more_than_a_group_is_one_by_itself() -> None:
    door = Door(most=5)
    first = await door.busy()
    others = [door.ask(1, weight=3), door.ask(2, weight=9), door.ask(3, weight=3), door.ask(4, weight=3)]
    door.open.set()
    assert await asyncio.gather(first, *others) == [0, 10, 20, 30, 40]
    assert sorted(door.groups) == [[0], [1], [2], [3], [4]]


async def test_what_is_refused_to_one_is_nothing_to_the_others() -> None:
    door = Door()
    door.otherwise = {2: ValueError("no"), 3: None}
    door.open.set()
    answers = await asyncio.gather(*(door.ask(number) for number in (1, 2, 3, 4)), return_exceptions=True)
    assert [repr(answer) for answer in answers] == ["10", "ValueError('no')", "300", "40"]
    assert door.groups == [[1, 2, 3, 4]]
    assert (door.alone, door.failed) == ([3], [])


async def test_of_a_group_that_failed_everybody_is_served_alone_and_once() -> None:
    door = Door()
    door.error = ValueError("one of you")
    door.open.set()
    answers = await asyncio.gather(*(door.ask(number) for number in (12, 13, 14)), return_exceptions=True)
    assert [repr(answer) for answer in answers] == ["1200", "ValueError(13)", "1400"]
    assert (door.groups, door.alone) == ([[12, 13, 14]], [12, 13, 14])
    assert door.failed == [(3, "one of you")]


async def test_of_a_group_that_was_cut_off_nobody_waits_for_ever() -> None:
    door = Door()
    door.error = asyncio.CancelledError()
    door.open.set()
    assert await asyncio.gather(*(door.ask(number) for number in (1, 2))) == [100, 200]
    door.error = None
    assert await door.ask(3) == 30


async def test_who_stops_waiting_leaves_the_line_and_holds_up_nobody() -> None:
    door = Door(most=50, most_waiting=7)
    served, behind, waiting = await door.busy(), door.ask(2), door.ask(1, weight=7)
    await settled()
    for gone in (served, waiting):
        gone.cancel()
    await settled()
    door.open.set()
    assert await behind == 20
    assert door.groups == [[0], [2]]
    assert await door.ask(3) == 30


async def test_behind_too_many_nobody_waits() -> None:
    door = Door(most=5, most_waiting=7)
    others = [await door.busy()]
    others += [door.ask(1, weight=4), door.ask(2, weight=4)]  # the first five make a second group
    await settled()
    others += [door.ask(3, weight=5)]
    await settled()
    too_late = door.ask(4)
    await settled()
    assert isinstance(too_late.exception(), Unavailable)
    door.open.set()
    assert await asyncio.gather(*others) == [0, 10, 20, 30]
    assert await door.ask(5) == 50


async def test_a_group_is_nobodys_but_its_statements_are_counted_for_its_first_and_waited_for_by_the_others() -> None:
    door = Door()
    door.open.set()
    meters, asked = [Meter("first"), Meter("second")], list[asyncio.Task[int]]()
    for number, name in enumerate(("Ada", "Bob")):
        asker.set(name)
        meter.set(meters[number])
        asked.append(door.ask(number))
    assert await asyncio.gather(*asked) == [0, 10]
    assert door.seen == [("nobody", meters[0])]
    assert [own.gathered for own in meters] == [0, 1]


async def test_who_asks_twice_or_is_not_answered_was_not_served_by_anothers_statement() -> None:
    door, own, other = Door(), Meter("own"), Meter("other")
    door.open.set()
    meter.set(own)
    await asyncio.gather(door.ask(1), door.ask(2))
    door.error = Unavailable("Not now.")
    asked = [door.ask(3)]
    meter.set(other)
    assert await asyncio.gather(*asked, door.ask(4)) == [300, 400]
    assert (door.groups, own.gathered, other.gathered) == ([[1, 2], [3, 4]], 0, 0)
