"""Heads and bodies that do not come, answers that nobody reads, and crowds who only hold a connection: G3 and G4."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from ipaddress import ip_network

import pytest

from tests.serving import serving
from tests.web.talking import MEGABYTE, QUICK, Mirror, Talk, talking, until
from web.bounds import Bounds

HOST = b"Host: marquee\r\n"
GET = b"GET / HTTP/1.1\r\n" + HOST
POST = b"POST / HTTP/1.1\r\n" + HOST

pytestmark = pytest.mark.xdist_group("heavy")


@pytest.fixture
def mirror() -> Mirror:
    return Mirror()


@pytest.fixture
async def address(mirror: Mirror) -> AsyncIterator[str]:
    async with serving(mirror, QUICK, lifespan="off") as address:
        yield address


@pytest.fixture
async def talk(address: str) -> AsyncIterator[Talk]:
    async with talking(address) as talk:
        yield talk


async def trickle(talk: Talk, words: bytes, often: float) -> None:
    """Byte by byte, until the server has enough of it."""
    with contextlib.suppress(ConnectionError):
        for byte in words:
            await talk.say(bytes([byte]))
            await asyncio.sleep(often)


def test_the_real_patience_is_what_was_promised() -> None:
    real = Bounds()
    assert (real.head_seconds, real.body_seconds, real.body_silence_seconds) == (10, 30, 10)
    assert (real.unread_seconds, real.idle_seconds) == (30, 25)
    assert real.connections_of_an_address == real.connections // 2


async def test_a_connection_that_says_nothing_is_dropped(talk: Talk) -> None:
    assert await talk.rest() == b""


async def test_a_head_that_does_not_come_is_dropped(talk: Talk, mirror: Mirror) -> None:
    await talk.say(GET + b"X: ")
    await talk.refused(408, "TOO_SLOW")
    assert mirror.asked == []


async def test_a_head_that_comes_byte_by_byte_is_dropped(talk: Talk, mirror: Mirror) -> None:
    dripping = asyncio.create_task(trickle(talk, GET + b"X: " + b"y" * 1000, 0.02))
    await talk.refused(408, "TOO_SLOW")
    dripping.cancel()


async def test_empty_lines_are_not_the_beginning_of_a_head(talk: Talk, mirror: Mirror) -> None:
    dripping = asyncio.create_task(trickle(talk, b"\r\n" * 1000, 0.02))
    assert await talk.rest() == b""
    dripping.cancel()


async def test_a_second_head_that_does_not_come_is_dropped_too(talk: Talk, mirror: Mirror) -> None:
    await talk.say(GET + b"\r\n")
    assert (await talk.answer()).status == 200
    await talk.say(b"GET / HT")
    await talk.refused(408, "TOO_SLOW")


@pytest.mark.parametrize(
    "how", [b"Content-Length: 10\r\n\r\nhalf", b"Transfer-Encoding: chunked\r\n\r\na\r\nhalf"], ids=["length", "chunks"]
)
async def test_a_body_that_does_not_come_is_dropped(talk: Talk, mirror: Mirror, how: bytes) -> None:
    await talk.say(POST + how)
    await talk.refused(408, "TOO_SLOW")
    await until(lambda: mirror.ended == 1)
    assert mirror.bodies == []


async def test_a_body_that_comes_byte_by_byte_is_dropped(talk: Talk, mirror: Mirror) -> None:
    await talk.say(POST + b"Content-Length: 1000\r\n\r\n")
    dripping = asyncio.create_task(trickle(talk, b"x" * 1000, 0.02))
    await talk.refused(408, "TOO_SLOW")
    dripping.cancel()
    assert mirror.bodies == []


async def test_a_slow_application_is_not_taken_for_a_slow_client(talk: Talk, mirror: Mirror) -> None:
    await talk.say(b"GET /held HTTP/1.1\r\n" + HOST + b"\r\n")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(asyncio.create_task(talk.answer())), 2 * QUICK.body_seconds)
    mirror.release.set()
    await until(lambda: mirror.ended == 1)


async def test_a_large_upload_may_take_its_time_where_it_has_a_door_of_its_own(talk: Talk, mirror: Mirror) -> None:
    await talk.say(b"PUT /media/x HTTP/1.1\r\n" + HOST + b"Content-Length: 80\r\n\r\n")
    await trickle(talk, b"x" * 80, 0.02)
    assert (await talk.answer()).body == b"PUT /media/x 80"


async def test_an_answer_that_nobody_reads_is_dropped(address: str, mirror: Mirror) -> None:
    async with talking(address, limit=1024) as talk:
        talk.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await talk.say(b"GET /large/50000000 HTTP/1.1\r\n" + HOST + b"\r\n")
        await until(lambda: mirror.ended == 1)
        await until(lambda: not open_lines(address))


async def test_an_answer_that_is_read_slowly_arrives_whole(address: str, mirror: Mirror) -> None:
    async with talking(address, limit=1024) as talk:
        await talk.say(b"GET /large/20000000 HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
        await talk.until(b"\r\n\r\n")
        heard = 0
        while piece := await asyncio.wait_for(talk._reader.read(MEGABYTE), 5):
            heard += len(piece)
            await asyncio.sleep(0)
        assert heard == 20_000_000


def open_lines(address: str) -> list[str]:
    """The server's own ends of connections, which this process holds as well as ours."""
    port = f"{int(address.rpartition(':')[2]):04X}"
    with open("/proc/self/net/tcp") as table:
        rows = [line.split() for line in table.readlines()[1:]]
    return [row[2] for row in rows if row[1].endswith(f":{port}") and row[3] == "01"]


@pytest.mark.parametrize("size", [5 * MEGABYTE, 10**15])
async def test_an_answer_that_does_not_wait_for_the_body_is_heard_and_the_last(
    talk: Talk, mirror: Mirror, size: int
) -> None:
    await talk.say(b"POST /early HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % size + b"x" * 300_000)
    await talk.say(b"x" * MEGABYTE)
    answer = await talk.answer()
    assert (answer.body, answer.headers["connection"]) == (b"POST /early 0", "close")
    assert await talk.rest() == b""


async def test_what_is_refused_is_not_read_for_ever(talk: Talk, mirror: Mirror) -> None:
    await talk.say(b"POST /early HTTP/1.1\r\n" + HOST + b"Content-Length: 1000000000\r\n\r\n")
    sent = 0
    with contextlib.suppress(ConnectionError):
        while sent < 100 * MEGABYTE:
            await talk.say(b"x" * MEGABYTE)
            sent += MEGABYTE
    assert sent < 100 * MEGABYTE


async def test_one_who_expects_to_be_told_to_go_on_is_told_only_when_the_body_is_wanted(talk: Talk) -> None:
    expecting = HOST + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\n"
    await talk.say(b"POST / HTTP/1.1\r\n" + expecting)
    assert (await talk.answer()).status == 100
    await talk.say(b"abc")
    assert (await talk.answer()).body == b"POST / 3"
    await talk.say(b"POST /early HTTP/1.1\r\n" + expecting)
    assert (await talk.answer()).status == 200


async def test_two_thousand_who_only_hold_a_connection_keep_nobody_out(mirror: Mirror) -> None:
    patient = replace(QUICK, head_seconds=30, connections=3000)
    async with serving(mirror, patient, lifespan="off") as address, contextlib.AsyncExitStack() as crowd:
        for number in range(2000):
            holder = await crowd.enter_async_context(talking(address))
            await holder.say(b"GET / HTTP/1.1\r\nX: " if number % 2 else b"")
        async with talking(address) as talk:
            await talk.say(GET + b"\r\n")
            assert (await talk.answer()).status == 200


async def test_in_a_full_house_whoever_asks_nothing_gives_way(mirror: Mirror) -> None:
    small = replace(QUICK, head_seconds=30, connections=20)
    async with serving(mirror, small, lifespan="off") as address, contextlib.AsyncExitStack() as crowd:
        holders = [await crowd.enter_async_context(talking(address)) for _ in range(20)]
        for holder in holders:
            await holder.say(b"GET / HTTP/1.1\r\nX: ")
        async with talking(address) as talk:
            await talk.say(GET + b"\r\n")
            assert (await talk.answer()).status == 200
        assert await holders[0].rest() == b""
        await holders[-1].say(b"y\r\n" + HOST + b"\r\n")
        assert (await holders[-1].answer()).status == 200


async def test_one_address_has_its_share_of_the_house_and_others_have_theirs(mirror: Mirror) -> None:
    half = replace(QUICK, head_seconds=30, connections=20, share=0.5)
    async with serving(mirror, half, lifespan="off") as address, contextlib.AsyncExitStack() as crowd:
        other = await crowd.enter_async_context(talking(address, source="127.0.0.2"))
        holders = [await crowd.enter_async_context(talking(address)) for _ in range(10)]
        for one in (other, *holders):
            await one.say(GET + b"X: ")
        async with talking(address) as talk:
            await talk.say(GET + b"\r\n")
            assert (await talk.answer()).status == 200
        assert await holders[0].rest() == b""
        await other.say(b"y\r\n\r\n")
        assert (await other.answer()).status == 200, "somebody else gave way"


async def test_an_address_that_has_its_share_at_work_is_told_so_until_it_has_less(mirror: Mirror) -> None:
    half = replace(QUICK, connections=10, share=0.5)
    async with serving(mirror, half, lifespan="off") as address, contextlib.AsyncExitStack() as crowd:
        workers = [await crowd.enter_async_context(talking(address)) for _ in range(5)]
        for worker in workers:
            await worker.say(b"GET /held HTTP/1.1\r\n" + HOST + b"\r\n")
        await until(lambda: len(mirror.asked) == 5)
        async with talking(address) as talk:
            assert (await talk.refused(503, "UNAVAILABLE")).headers["retry-after"] == "1"
        workers[0].writer.close()
        await until(lambda: len(open_lines(address)) == 4)
        async with talking(address) as talk:
            await talk.say(GET + b"\r\n")
            assert (await talk.answer()).status == 200
        mirror.release.set()


async def test_a_proxy_may_have_all_connections(mirror: Mirror) -> None:
    half = replace(QUICK, connections=10, share=0.5, proxies=(ip_network("127.0.0.0/8"),))
    async with serving(mirror, half, lifespan="off") as address, contextlib.AsyncExitStack() as crowd:
        workers = [await crowd.enter_async_context(talking(address)) for _ in range(10)]
        for worker in workers:
            await worker.say(b"GET /held HTTP/1.1\r\n" + HOST + b"\r\n")
        await until(lambda: len(mirror.asked) == 10)
        mirror.release.set()
        assert [(await worker.answer()).status for worker in workers] == [200] * 10


async def test_in_a_house_full_of_work_whoever_comes_is_told_so(mirror: Mirror) -> None:
    small = replace(QUICK, connections=5)
    async with serving(mirror, small, lifespan="off") as address, contextlib.AsyncExitStack() as crowd:
        workers = [await crowd.enter_async_context(talking(address)) for _ in range(5)]
        for worker in workers:
            await worker.say(b"GET /held HTTP/1.1\r\n" + HOST + b"\r\n")
        await until(lambda: len(mirror.asked) == 5)
        async with talking(address) as talk:
            assert (await talk.refused(503, "UNAVAILABLE")).headers["retry-after"] == "1"
        mirror.release.set()
        assert [(await worker.answer()).status for worker in workers] == [200] * 5
