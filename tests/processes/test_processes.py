"""Several server processes on one database: R1 to R4, W3 and W5 of GUARD, and the numbers of issue 2."""

import asyncio
import contextlib
import signal
import time
from typing import Any

import httpx2
import pytest

from domain.contents import Content
from tests.api.conftest import Api, World
from tests.api.test_playback import assert_books_balance, started
from tests.api.test_subscriptions import WATCH, connected, report, sse
from tests.processes.conftest import Street

pytestmark = pytest.mark.xdist_group("heavy")

MOST_RESIDENT = 120 * 1024  # KiB


async def test_two_hundred_starts_over_two_processes_are_one_view(apis: list[Api], world: World) -> None:
    person, content = await world.person(), await world.content()
    answers = await asyncio.gather(*(started(apis[number % 2], person, content) for number in range(200)))
    assert sum(answer["firstView"] for answer in answers) == 1
    assert {answer["pointsBalance"] for answer in answers} == {10}
    await assert_books_balance(world, person, views=1)


async def test_fifty_contents_over_two_processes_are_five_hundred_points(apis: list[Api], world: World) -> None:
    person, corporation = await world.person(), await world.corporation()
    contents = [await world.content(corporation) for _ in range(50)]
    answers = await asyncio.gather(*(started(api, person, content) for content in contents for api in apis))
    assert sum(answer["firstView"] for answer in answers) == 50
    await assert_books_balance(world, person, views=50)


async def test_progress_reaches_the_other_process_within_a_second(apis: list[Api], world: World) -> None:
    here, there = apis
    person, content = await world.person(), await world.content()
    async with connected(there.base_url, person) as socket:
        await socket.subscribe(WATCH)
        await report(here, person, content, 1)
        assert await socket.position() == 1
        for position in range(2, 12):
            begun = time.monotonic()
            await report(here, person, content, position)
            assert await socket.position() == position
            assert time.monotonic() - begun < 1


async def test_a_logout_closes_the_sockets_of_the_other_process(apis: list[Api], world: World) -> None:
    here, there = apis
    person = await world.person()
    async with connected(there.base_url, person) as listening, connected(there.base_url, person) as idle:
        await listening.subscribe(WATCH)
        assert await here.data("mutation { logout }", person) == {"logout": True}
        assert await listening.closed(within=2) == 4403
        assert await idle.closed(within=2) == 4403
    assert (await there.ask("{ viewer { points } }", person)).codes == ["UNAUTHENTICATED"]


async def test_what_was_answered_before_kill_nine_stands_and_the_rest_may_be_sent_again(
    street: Street, apis: list[Api], client: httpx2.AsyncClient, world: World
) -> None:
    (victim,) = street.servers(1)
    person, corporation = await world.person(), await world.corporation()
    contents = [await world.content(corporation) for _ in range(150)]
    answered: dict[int, dict[str, Any]] = {}

    async def attempt(content: Content) -> None:
        with contextlib.suppress(httpx2.TransportError):
            answered[content.id] = await started(Api(victim.address, client), person, content)
            if len(answered) == 30:
                victim.process.kill()

    await asyncio.gather(*(attempt(content) for content in contents))
    assert victim.process.wait(5) == -signal.SIGKILL
    assert 30 <= len(answered) < 150, "it must fall in the middle"
    ((logged,),) = await world.rows("select count(*)::int from view_logs")
    assert logged >= len(answered)
    again = await asyncio.gather(*(started(apis[1], person, content) for content in contents))
    rewarded_again = {content.id for content, answer in zip(contents, again, strict=True) if answer["firstView"]}
    assert not rewarded_again & answered.keys()
    await assert_books_balance(world, person, views=150)


async def test_a_server_that_is_told_to_end_ends_with_its_listeners(
    street: Street, client: httpx2.AsyncClient, world: World
) -> None:
    (server,) = street.servers(1)
    api = Api(server.address, client)
    assert (await client.get(f"{server.address}/ready")).status_code == 200
    assert server.resident < MOST_RESIDENT, server.resident
    person, content = await world.person(), await world.content()
    await report(api, person, content, 1)
    events = sse(api, person, WATCH)
    async with connected(api.base_url, person) as socket:
        await socket.subscribe(WATCH)
        assert await socket.position() == 1
        assert await anext(events)
        server.process.terminate()
        assert await asyncio.to_thread(server.process.wait, 10) == 0
        assert await socket.closed() in {1001, 1012, 4403}
    with contextlib.suppress(httpx2.TransportError):
        await events.aclose()  # type: ignore[attr-defined]


@pytest.mark.parametrize("header", [f"x: {'y' * 9000}", "\r\n".join(f"x-{number}: y" for number in range(200))])
async def test_a_handshake_that_cannot_be_read_is_answered_and_does_not_hold_up_the_end(
    street: Street, header: str
) -> None:
    (server,) = street.servers(1)
    address = httpx2.URL(server.address)
    reader, writer = await asyncio.open_connection(address.host, address.port)
    upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13"
    key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
    writer.write(f"GET /graphql HTTP/1.1\r\nHost: {address.host}\r\n{upgrade}\r\n{key}\r\n{header}\r\n\r\n".encode())
    async with asyncio.timeout(2):
        answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 4"), answer
    server.process.terminate()
    assert await asyncio.to_thread(server.process.wait, 10) == 0
    writer.close()
