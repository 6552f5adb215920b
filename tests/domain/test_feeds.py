"""What is looked up for several at once: it is one look, and behind the news for all of them."""

import asyncio

import pytest

from domain.once import Once
from domain.ports import Wake
from persistence.signals import Inbox, tell


class Looks:
    """Each look finds another list, when it is let go."""

    def __init__(self) -> None:
        self.count, self.go = 0, asyncio.Event()

    async def __call__(self) -> list[int]:
        self.count += 1
        number = self.count
        await self.go.wait()
        return [number]


async def test_those_who_woke_alike_look_once_and_find_the_very_same() -> None:
    wake, look = Wake((1,), lost=False), Looks()
    waiting = [asyncio.ensure_future(wake.once("it", look)) for _ in range(3)]
    other = asyncio.ensure_future(wake.once("something else", look))
    await asyncio.sleep(0)
    look.go.set()
    first, *others = await asyncio.gather(*waiting)
    assert all(one is first for one in others)
    assert await other is not first
    assert look.count == 2


async def test_who_comes_when_it_has_been_found_looks_again() -> None:
    wake, look = Wake((1,), lost=False), Looks()
    look.go.set()
    assert [await wake.once("it", look) for _ in range(2)] == [[1], [2]]


async def test_one_who_stops_waiting_takes_nothing_from_the_others() -> None:
    wake, look = Wake((1,), lost=False), Looks()
    first, second = (asyncio.ensure_future(wake.once("it", look)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait([first])
    look.go.set()
    assert await second == [1]


async def test_all_who_wait_are_told_of_a_failure() -> None:
    async def fail() -> None:
        raise ValueError("no")

    once = Once(fail())
    told = await asyncio.gather(*(once.result() for _ in range(3)), return_exceptions=True)
    assert [str(error) for error in told] == ["no"] * 3
    with pytest.raises(ValueError, match="no"):
        await once.result()


async def test_what_several_missed_alike_is_one_wake_for_them() -> None:
    busy, also_busy, late = Inbox(), Inbox(), Inbox()
    tell([busy, also_busy], Wake((1,), lost=False))
    tell([busy, also_busy, late], Wake((2, 3), lost=False))
    both = await busy.wait()
    assert (both.ids, both.lost) == ((1, 2, 3), False)
    assert await also_busy.wait() is both
    assert (await late.wait()).ids == (2, 3)


async def test_too_much_news_is_the_same_as_a_lost_line() -> None:
    inbox = Inbox()
    for number in range(1001):
        tell([inbox], Wake((number,), lost=False))
    wake = await inbox.wait()
    assert wake.lost
