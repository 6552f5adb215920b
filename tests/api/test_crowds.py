"""Nobody has all the room there is for those who listen, by sockets or by event streams: W4, G8 and G12 of GUARD."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

import web.bounds
import web.listeners
import web.sockets
from composition import Marquee
from tests.api.conftest import Api, Person, World
from tests.api.issuer import settings_like
from tests.api.test_sockets_to_the_letter import handshake
from tests.api.test_subscriptions import WATCH, connected, opened, report
from tests.processes.test_shutdown import asking
from tests.serving import serving
from tests.web.talking import Answer, Talk, talking

QUERY = "{ __typename }"


def test_in_real_life_there_is_room_for_a_household_and_for_a_school() -> None:
    assert (web.bounds.LISTENERS_OF_A_PERSON, web.bounds._LISTENERS_OF_AN_ADDRESS) == (100, 1000)
    assert web.bounds.listeners_of_an_address() <= web.bounds.room_for_connections() // 4
    assert web.sockets._SILENCE_SECONDS == 60


@pytest.fixture
async def small(marquee: Marquee, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """A server with room for two of a person, and for four of an address."""
    monkeypatch.setattr(web.listeners, "LISTENERS_OF_A_PERSON", 2)
    monkeypatch.setattr(web.listeners, "listeners_of_an_address", lambda: 4)
    second = Marquee(settings_like(marquee, trusted_proxies=["127.0.0.0/8"]), marquee.settings.dsn() or "")
    async with serving(second.application()) as address:
        yield address


async def streaming(address: str, person: Person, held: AsyncExitStack, source: str = "127.0.0.1") -> Talk:
    """A stream that has begun to tell of this person's progress."""
    talk = await held.enter_async_context(talking(address, source=source))
    await talk.say(asking(person, WATCH, "Accept: text/event-stream\r\n"))
    assert (await talk.answer()).status == 200
    await talk.until(b"positionSeconds")
    return talk


async def refused_stream(address: str, person: Person) -> Answer:
    async with talking(address) as talk:
        await talk.say(asking(person, WATCH, "Accept: text/event-stream\r\n"))
        answer = await talk.answer()
    [error] = answer.json["errors"]
    assert error["extensions"]["code"] == "TOO_MANY_LISTENERS"
    return answer


async def watching(api: Api, world: World) -> Person:
    person = await world.person()
    await report(api, person, await world.content(), 1)
    return person


async def test_a_person_has_so_many_sockets_and_others_have_theirs(small: str, world: World) -> None:
    person, other = await world.person(), await world.person()
    async with connected(small, person) as first:
        async with connected(small, person), opened(small) as third:
            await third.send(type="connection_init", payload={"authorization": f"Bearer {person.token}"})
            assert await third.closed() == 1013
            assert (third.reason or "").startswith("TOO_MANY_LISTENERS")
            async with connected(small, other):
                assert await first.answer(QUERY) == {"__typename": "Query"}
        async with connected(small, person) as again:
            assert await again.answer(QUERY) == {"__typename": "Query"}


async def test_the_streams_of_a_person_count_as_their_sockets_do(small: str, api: Api, world: World) -> None:
    person = await watching(api, world)
    async with AsyncExitStack() as held, connected(small, person):
        stream = await streaming(small, person, held)
        for _ in range(3):
            answer = await refused_stream(small, person)
            assert (answer.status, answer.headers["cache-control"]) == (429, "no-store")
        async with connected(small, None):
            stream.writer.close()  # and whoever was refused holds no place of the address either
        await until_streaming(small, person, held)


async def until_streaming(address: str, person: Person, held: AsyncExitStack) -> None:
    """As soon as the server has seen that the one before has gone."""
    for _ in range(1000):
        talk = await held.enter_async_context(talking(address))
        await talk.say(asking(person, WATCH, "Accept: text/event-stream\r\n"))
        if (await talk.answer()).status == 200:
            return
    raise AssertionError("there is no room any more")


async def test_one_address_has_so_many_sockets_whoever_they_are_and_others_have_theirs(
    small: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with AsyncExitStack() as held:
        holders = [await held.enter_async_context(connected(small, None)) for _ in range(4)]
        async with talking(small) as talk:
            answer = await handshake(talk)
            assert (answer.status, answer.json["code"]) == (429, "TOO_MANY_LISTENERS")
        async with talking(small) as talk:
            assert (await handshake(talk, "X-Forwarded-For: 203.0.113.9")).status == 101
        assert await holders[0].answer(QUERY) == {"__typename": "Query"}
        await holders[0]._connection.close()
        await until_connected(small, held)
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


async def until_connected(address: str, held: AsyncExitStack) -> None:
    for _ in range(1000):
        with contextlib.suppress(InvalidStatus):
            await held.enter_async_context(connected(address, None))
            return
    raise AssertionError("there is no room any more")


async def test_one_address_has_so_many_streams_whoever_they_are(small: str, api: Api, world: World) -> None:
    people = [await watching(api, world) for _ in range(3)]
    async with AsyncExitStack() as held:
        for person in people[:2]:
            for _ in range(2):
                await streaming(small, person, held)
        assert (await refused_stream(small, people[2])).status == 429


@pytest.fixture
async def hurried(marquee: Marquee, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    monkeypatch.setattr(web.sockets, "_SILENCE_SECONDS", 0.2)
    second = Marquee(settings_like(marquee), marquee.settings.dsn() or "")
    async with serving(second.application()) as address:
        yield address


async def test_a_socket_of_nobody_on_which_nothing_is_asked_is_closed(hurried: str, world: World) -> None:
    person = await world.person()
    async with connected(hurried, person) as listener, connected(hurried, None) as silent:
        asked: list[Any] = []
        async with connected(hurried, None) as asking_on:
            closing = await silent_until_closed(silent, asking_on, asked)
        assert (closing, silent.reason) == (1000, "Nothing was asked. Please connect again when there is something.")
        assert asked == [{"__typename": "Query"}] * len(asked), "one who asks is left alone"
        assert await listener.answer(QUERY) == {"__typename": "Query"}, "so is one who is somebody"


async def silent_until_closed(silent: Any, other: Any, asked: list[Any]) -> int:
    """Meanwhile the other one asks on and on, and once more at the end."""
    connection = silent._connection
    async with asyncio.timeout(5):
        while connection.close_code is None:
            asked.append(await other.answer(QUERY))
    code: int = connection.close_code
    asked.append(await other.answer(QUERY))
    return code
