"""The servers start anew, one after the other, while people are there: O3 of GUARD."""

import asyncio
import itertools

import httpx2
from websockets.exceptions import ConnectionClosed

from deploy.many.layout import Many
from tests.api.conftest import Api, Person, World
from tests.api.test_playback import assert_books_balance, started
from tests.api.test_subscriptions import WATCH, connected, report

_ASKERS = 2  # servers that start want both cores


async def test_no_request_that_was_accepted_fails_while_both_servers_start_anew(
    many: Many, api: Api, world: World
) -> None:
    corporation, over = await world.corporation(), asyncio.Event()
    contents = [await world.content(corporation, video=True) for _ in range(30)]
    people = [await world.person() for _ in range(_ASKERS)]
    before = [server.pid for server in many.servers]

    async def ask(person: Person) -> int:
        """A connection for each request: one that nginx has accepted, it answers."""
        asked = 0
        async with httpx2.AsyncClient(timeout=20, limits=httpx2.Limits(max_keepalive_connections=0)) as client:
            for content in itertools.cycle(contents):
                assert "firstView" in await started(Api(api.base_url, client), person, content)
                asked += 1
                if over.is_set():
                    return asked
        return asked

    asking = [asyncio.create_task(ask(person)) for person in people]
    await many.roll()
    over.set()
    assert sum(await asyncio.gather(*asking)) > 100
    assert not set(before) & {server.pid for server in many.servers}
    for person in people:
        views = len(await world.rows("select 1 from view_logs where user_id = $1", person.user.id))
        await assert_books_balance(world, person, views=views)


async def test_sockets_are_told_to_come_back_and_miss_nothing(many: Many, api: Api, world: World) -> None:
    person, content, over = await world.person(), await world.content(), asyncio.Event()
    codes: list[int] = []

    async def watch() -> list[float]:
        heard: list[float] = []
        cursor = None
        while not heard or heard[-1] < 1000:
            try:
                async with connected(api.base_url, person) as socket:
                    await socket.subscribe(WATCH, after=cursor)
                    while not heard or heard[-1] < 1000:
                        event = (await socket.data())["watchProgress"]
                        cursor = event["cursor"]
                        heard.append(event["progress"]["positionSeconds"])
            except ConnectionClosed as closed:  # also while it was being opened
                codes.append(closed.rcvd.code if closed.rcvd else 1006)
        return heard

    async def write() -> list[float]:
        written = []
        for position in itertools.count(1.0):
            await report(api, person, content, position)
            written.append(position)
            if over.is_set():
                return written
            await asyncio.sleep(0.02)
        return written

    await report(api, person, content, 0.5)
    watching, writing = asyncio.create_task(watch()), asyncio.create_task(write())
    await many.roll()
    over.set()
    written = await writing
    await report(api, person, content, 1000)
    heard = await asyncio.wait_for(watching, 20)
    assert codes, "it was on one of the two"
    assert set(codes) == {1012}
    assert [position for position in heard if position >= 1] == [*written, 1000]
