"""The end of a connection: who is told what, who is left alone, and who is waited for no longer. G4 and O3 of GUARD."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from tests.serving import serving
from tests.web.talking import MEGABYTE, QUICK, Mirror, Talk, talking, until

HOST = b"Host: marquee\r\n"
GET = b"GET / HTTP/1.1\r\n" + HOST + b"\r\n"
HELD = b"GET /held HTTP/1.1\r\n" + HOST + b"\r\n"
EARLY = b"POST /early HTTP/1.1\r\n" + HOST + b"Content-Length: 1000000000\r\n\r\n"
LARGE = b"GET /large/20000000 HTTP/1.1\r\n" + HOST + b"\r\n"

pytestmark = pytest.mark.xdist_group("heavy")


@pytest.fixture
def mirror() -> Mirror:
    return Mirror()


@pytest.fixture
async def address(mirror: Mirror) -> AsyncIterator[str]:
    async with serving(mirror, replace(QUICK, linger_seconds=0.3), lifespan="off") as address:
        yield address


async def test_last_words_are_there_for_one_who_still_sends_and_reads_later(address: str, mirror: Mirror) -> None:
    async with talking(address) as talk:
        talk.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await talk.say(EARLY + b"x" * 300_000)
        await until(lambda: mirror.ended == 1)
        await talk.say(b"x" * MEGABYTE)
        talk.writer.transport.resume_reading()  # type: ignore[attr-defined]
        assert (await talk.answer()).body == b"POST /early 0"


async def test_who_has_heard_the_last_words_and_stays_is_hung_up_on(address: str) -> None:
    async with talking(address) as talk:
        await talk.say(EARLY)
        assert (await talk.answer()).status == 200
        assert await talk.rest() == b""
        await hung_up_on(talk)


async def read_slowly(talk: Talk, size: int) -> None:
    """From a server that had to wait for it."""
    talk.writer.transport.pause_reading()  # type: ignore[attr-defined]
    await talk.say(LARGE)
    await asyncio.sleep(0)
    talk.writer.transport.resume_reading()  # type: ignore[attr-defined]
    await talk.until(b"\r\n\r\n")
    while size > 0:
        size -= len(await asyncio.wait_for(talk._reader.read(MEGABYTE), 5))


async def test_who_has_read_slowly_but_to_the_end_may_ask_again_much_later(address: str, mirror: Mirror) -> None:
    async with talking(address, limit=1024) as talk:
        await read_slowly(talk, 20_000_000)
        for _ in range(3):
            await lose_patience(address)
        await talk.say(GET)
        assert (await talk.answer()).status == 200


async def lose_patience(address: str) -> None:
    """Returns when the server has waited as long as it does for one who reads nothing."""
    async with talking(address, limit=1024) as deaf:
        deaf.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await deaf.say(LARGE)
        await hung_up_on(deaf)


async def hung_up_on(talk: Talk) -> None:
    async with asyncio.timeout(5):
        with contextlib.suppress(ConnectionError):
            while True:
                await talk.say(b"\r\n")
                await asyncio.sleep(0.01)


async def nobody_is_let_in(address: str) -> None:
    """From now on."""
    with contextlib.suppress(ConnectionError):
        while True:
            async with talking(address) as talk:
                await talk.say(GET)
                await talk.answer()


async def test_what_is_asked_at_the_very_end_is_waited_for(mirror: Mirror) -> None:
    bounds = replace(QUICK, last_request_seconds=0.5)

    async def ask(address: str, talk: Talk, silent: Talk) -> bytes:
        await nobody_is_let_in(address)
        await talk.say(HELD)
        assert await silent.rest() == b"", "who asks nothing any more is hung up on"
        mirror.release.set()
        return (await talk.answer()).body

    async with contextlib.AsyncExitStack() as held:
        async with serving(mirror, bounds, lifespan="off") as address:
            talks = [await held.enter_async_context(talking(address)) for _ in range(2)]
            for talk in talks:
                await talk.say(GET)
                assert (await talk.answer()).status == 200
            asking = asyncio.create_task(ask(address, *talks))
        assert await asking == b"GET /held 0"


async def test_of_those_who_are_turned_away_only_so_many_are_told_why(mirror: Mirror) -> None:
    small = replace(QUICK, connections=5)
    async with serving(mirror, small, lifespan="off") as address, contextlib.AsyncExitStack() as crowd:
        for _ in range(5):
            await (await crowd.enter_async_context(talking(address))).say(HELD)
        await until(lambda: len(mirror.asked) == 5)
        turned_away = [await crowd.enter_async_context(talking(address)) for _ in range(150)]
        assert b" 503 " in await turned_away[0].rest()
        assert await turned_away[-1].rest() == b""
        mirror.release.set()
