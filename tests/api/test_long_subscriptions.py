"""A subscription may last for days: what it said is forgotten. W4 of GUARD."""

import asyncio
import gc
import tracemalloc

import pytest

from tests.api.conftest import Api, World
from tests.api.test_subscriptions import connected, report
from tests.processes.test_slow_readers import WATCH, flood

pytestmark = pytest.mark.xdist_group("heavy")


async def test_thousands_of_events_leave_nothing_behind(api: Api, world: World) -> None:
    person, content = await world.person(), await world.content()
    await report(api, person, content, 0)
    async with connected(api.base_url, person) as socket, asyncio.timeout(60):
        await socket.subscribe(WATCH)
        await socket.position()
        await flood(world.marquee, person.user)
        tracemalloc.start()
        try:
            kept = []
            for _ in range(2):
                for _ in range(1000):
                    await socket.position()
                gc.collect()
                kept.append(tracemalloc.get_traced_memory()[0])
        finally:
            tracemalloc.stop()
        assert kept[1] - kept[0] < 500_000, "a thousand events must not leave five hundred bytes each"
