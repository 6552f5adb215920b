"""Sockets and streams whose readers do not read are hung up on, and may come again with `after`: W4, W5 of GUARD."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from websockets.exceptions import ConnectionClosedError

from composition import Marquee
from tests.api.conftest import Api, Person, World
from tests.api.issuer import settings_like
from tests.api.test_sockets_to_the_letter import PING, closed, handshake, heard
from tests.api.test_subscriptions import connected, report, until
from tests.processes.test_shutdown import asking
from tests.processes.test_slow_readers import WATCH, flood
from tests.serving import BOUNDS, serving
from tests.web.talking import talking
from web.bounds import Bounds

QUICK = replace(BOUNDS, unread_seconds=0.3, socket_unread_seconds=0.3, ping_seconds=0.5)
pytestmark = pytest.mark.xdist_group("heavy")


@pytest.fixture(scope="module")
async def second(marquee: Marquee) -> Marquee:
    return Marquee(settings_like(marquee), marquee.settings.dsn() or "")


@pytest.fixture(scope="module")
async def address(second: Marquee) -> AsyncIterator[str]:
    async with serving(second.application(), QUICK) as address:
        yield address


@pytest.fixture
async def person(api: Api, world: World) -> Person:
    """Whose progress is told in two kilobytes."""
    person, content = await world.person(), await world.content(description="x" * 2000)
    await report(api, person, content, 0)
    return person


def listeners(second: Marquee, person: Person) -> int:
    return len(second.signals._inboxes.get(f"progress:{person.user.id}", ()))


def test_in_real_life_a_socket_has_ten_seconds() -> None:
    assert (Bounds().socket_unread_seconds, Bounds().ping_seconds) == (10, 20)


async def test_a_socket_that_is_not_read_is_hung_up_on_and_may_come_again(
    world: World, second: Marquee, person: Person, address: str
) -> None:
    async with connected(address, person) as deaf:
        await deaf.subscribe(WATCH)
        cursor = (await deaf.data())["watchProgress"]["cursor"]
        await until(lambda: listeners(second, person) == 1)
        await flood(world.marquee, person.user)
        await until(lambda: listeners(second, person) == 0, within=60)
        with contextlib.suppress(ConnectionClosedError):
            while True:
                cursor = (await deaf.data())["watchProgress"]["cursor"]
    async with connected(address, person) as again:
        await again.subscribe(WATCH, after=cursor)
        first = await again.position()
        assert 1 < first < 10_000, "it heard some and not all"
        assert [await again.position() for _ in range(5)] == [first + number for number in range(1, 6)]


async def test_events_that_are_not_read_end(world: World, second: Marquee, person: Person, address: str) -> None:
    async with talking(address, limit=1024) as deaf:
        await deaf.say(asking(person, WATCH, "Accept: text/event-stream\r\n"))
        await deaf.until(b"positionSeconds")
        deaf.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await until(lambda: listeners(second, person) == 1)
        await flood(world.marquee, person.user)
        await until(lambda: listeners(second, person) == 0, within=60)


async def test_a_peer_that_answers_no_ping_is_given_up(address: str) -> None:
    async with talking(address) as dead:
        assert (await handshake(dead)).status == 101
        assert (await heard(dead))[0] == PING
        assert await closed(dead) == 1011
        assert await dead.rest() == b""


async def test_one_who_sends_pings_and_reads_no_pong_piles_up_nothing(person: Person, address: str) -> None:
    async with connected(address, person) as deaf:
        transport = deaf._connection.transport
        transport.pause_reading()
        ping = b"\x89\xfd" + b"mask" + b"x" * 125
        async with asyncio.timeout(30):
            while not transport.is_closing():
                if transport.get_write_buffer_size() < 1_000_000:
                    transport.write(ping * 1000)
                await asyncio.sleep(0.001)
