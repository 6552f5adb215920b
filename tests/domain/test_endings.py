"""One watch over a session for all who must end with it, and no gap for those who join: W3 of GUARD."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from domain.endings import Ending, Endings
from domain.ports import Wake
from domain.users import DELETED_USER, Role, User, Viewer
from persistence.signals import PostgresSignals, tell

ADA = replace(DELETED_USER, id=1)
NAME = "person:1"


def viewer(user: User = ADA, **left: float) -> Viewer:
    return Viewer(user, 7, datetime.now(UTC) + timedelta(**(left or {"hours": 1})))


class Place:
    """A session whose state is what is said here; a look finds what was true when it began, and can be held up."""

    def __init__(self) -> None:
        self.user: User | None = ADA
        self.looks, self.go, self.fault = 0, asyncio.Event(), False
        self.go.set()
        self.signals = PostgresSignals("nowhere")
        self.endings = Endings(self.signals, self._renew)
        self.ended: list[str] = []

    async def _renew(self, before: Viewer) -> Viewer | None:
        self.looks += 1
        user = self.user
        await self.go.wait()
        if self.fault:
            raise ValueError("no")
        return replace(before, user=user) if user else None

    def join(self, name: str, who: Viewer, *, by_rights: bool = False) -> Ending:
        return self.endings.of(who, lambda: self.ended.append(name), by_rights=by_rights)

    def tell(self) -> None:
        tell(self.signals._inboxes[NAME], Wake((1,), lost=False))

    async def settled(self) -> None:
        """Nobody here waits for anything but the event loop."""
        for _ in range(20):
            await asyncio.sleep(0)


@asynccontextmanager
async def place() -> AsyncIterator[Place]:
    made = Place()
    yield made
    made.go.set()
    await made.settled()


async def test_one_watch_is_for_all_of_a_session_and_none_is_left_behind() -> None:
    async with place() as here:
        joined = [here.join(str(number), viewer()) for number in range(5)]
        await here.settled()
        assert len(here.signals._inboxes[NAME]) == here.looks == 1
        joined[0].cancel()
        here.user = None
        here.tell()
        await here.settled()
        assert sorted(here.ended) == ["1", "2", "3", "4"]
        assert not here.signals._inboxes
        joined[1].cancel()  # which has come
        assert here.looks == 2


async def test_who_joins_is_told_of_what_changed_after_they_were_read() -> None:
    async with place() as here:
        first = here.join("first", viewer())
        await here.settled()
        read_before = viewer()
        here.user = replace(ADA, role=Role.MANAGER)
        here.tell()  # which first, who does not ask for rights, has heard
        await here.settled()
        here.join("second", read_before, by_rights=True)
        await here.settled()
        assert here.ended == ["second"]
        first.cancel()
        await here.settled()
        assert not here.signals._inboxes


async def test_who_joins_during_a_look_is_not_judged_by_it_but_by_the_next() -> None:
    async with place() as here:
        here.join("first", viewer(), by_rights=True)
        here.go.clear()
        await here.settled()
        here.user = replace(ADA, role=Role.MANAGER)
        here.join("reads as they are now", viewer(here.user), by_rights=True)
        here.join("read before", viewer(), by_rights=True)
        here.go.set()
        await here.settled()
        assert sorted(here.ended) == ["first", "read before"]


async def test_a_role_ends_those_alone_who_asked_for_rights() -> None:
    async with place() as here:
        here.join("any", viewer())
        here.join("by rights", viewer(), by_rights=True)
        await here.settled()
        here.user = replace(ADA, corporation_id=3)
        here.tell()
        await here.settled()
        assert here.ended == ["by rights"]


async def test_each_ends_with_the_token_of_its_own() -> None:
    async with place() as here:
        here.join("long", viewer())
        here.join("over", viewer(seconds=-1))
        async with asyncio.timeout(2):
            while not here.ended:
                await asyncio.sleep(0.005)
        assert here.ended == ["over"]


async def test_there_is_one_alarm_for_all_and_after_the_first_it_is_for_the_next() -> None:
    async with place() as here:
        here.join("long", viewer())
        here.join("next", viewer(seconds=0.06))
        here.join("gone", viewer(seconds=0.02)).cancel()
        here.join("first", viewer(seconds=0.03))
        async with asyncio.timeout(2):
            while len(here.ended) < 2:
                await asyncio.sleep(0.005)
        assert here.ended == ["first", "next"]
        here.user = None
        here.tell()
        await here.settled()
        assert here.ended == ["first", "next", "long"]


async def test_all_end_where_the_watch_fails() -> None:
    async with place() as here:
        here.join("one", viewer())
        here.join("two", viewer())
        here.fault = True
        await here.settled()
        assert sorted(here.ended) == ["one", "two"]
        here.fault = False
        here.join("after", viewer()).cancel()
        await here.settled()
        assert not here.signals._inboxes


async def test_who_comes_when_the_last_has_just_gone_is_watched_too() -> None:
    async with place() as here:
        first = here.join("first", viewer())
        await here.settled()
        first.cancel()
        second = here.join("second", viewer())
        await here.settled()
        third = here.join("third", viewer())
        await here.settled()
        assert len(here.signals._inboxes[NAME]) == 1
        here.user = None
        here.tell()
        await here.settled()
        assert sorted(here.ended) == ["second", "third"]
        for ending in (second, third):
            ending.cancel()
