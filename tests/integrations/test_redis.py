"""Redis that is down, slow, full or forgetful: O1 and O2 of GUARD. What it shares is missed by nobody meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from unittest.mock import AsyncMock

import pytest
from structlog.testing import capture_logs

from domain.allowance import Taking
from domain.errors import Unavailable
from domain.persisted import sha256
from integrations.persisted_queries import MemoryQueries
from integrations.rate_limits import MemoryCounters
from integrations.redis import Lost, Redis
from integrations.shared import SharedCounters, SharedQueries, SharedWriters
from tests.integrations.redis_server import RedisServer, redis_for_all, redis_server  # noqa: F401

pytestmark = pytest.mark.xdist_group("heavy")

BACK_SECONDS = 10
DOCUMENT = "{ viewer { email } }"


@pytest.fixture
async def redis(redis_server: RedisServer) -> AsyncIterator[Redis]:  # noqa: F811
    made = Redis(redis_server.url)
    async with made.running():
        yield made


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(BACK_SECONDS):
        while not await holds():
            await asyncio.sleep(0.05)


async def is_there(redis: Redis) -> bool:
    try:
        await redis.check()
    except Unavailable:
        return False
    return True


def events(lines: list[Any]) -> list[str]:
    return [line["event"] for line in lines]


@pytest.mark.parametrize("how", ["pause", "kill"])
async def test_while_it_is_lost_each_process_counts_by_itself_and_nobody_waits_for_it(
    redis: Redis,
    redis_server: RedisServer,  # noqa: F811
    how: str,
) -> None:
    own = MemoryCounters()
    counters = SharedCounters(redis, own)
    taking = [Taking("address:192.0.2.1", 100, 1)]
    assert (await counters.take(taking)).all
    with capture_logs() as lines:
        getattr(redis_server, how)()
        async with asyncio.timeout(8):  # a quarter of a second for all of them together; twelve if each waited
            taken = await asyncio.gather(*(counters.take(taking) for _ in range(150)))
            for _ in range(50):
                assert not (await counters.take(taking)).all
        assert sum(one.all for one in taken) == 100, "as many as ever, and no more"
        assert not await is_there(redis)
        redis_server.well()
        await until(lambda: is_there(redis))
    assert events(lines) == ["redis_lost", "redis_back"]
    assert (await counters.take(taking)).windows[0].current == 1, "Redis was empty when it came back"
    assert (await own.take([Taking("address:192.0.2.1", 100, 0)])).windows[0].current == 100


async def test_nobody_asks_what_is_lost(redis: Redis, redis_server: RedisServer) -> None:  # noqa: F811
    asked: list[int] = []

    async def question(client: Any) -> Any:
        asked.append(1)
        return await client.get("something")

    redis_server.pause()
    for _ in range(3):
        with pytest.raises(Lost):
            await redis.ask(question)
    assert len(asked) == 1


async def test_one_that_is_full_is_lost_until_it_is_not(redis: Redis, redis_server: RedisServer) -> None:  # noqa: F811
    counters = SharedCounters(redis, MemoryCounters())
    with capture_logs() as lines:
        redis_server.told("CONFIG SET maxmemory 1")
        try:
            for _ in range(20):
                assert (await counters.take([Taking("k", 100, 1)])).all
                await asyncio.sleep(0.1)  # longer than it takes to look for it again
            assert events(lines) == ["redis_lost"]
        finally:
            redis_server.told("CONFIG SET maxmemory 0")
        await until(lambda: is_there(redis))
    assert events(lines) == ["redis_lost", "redis_back"]


async def test_one_that_is_not_there_at_the_start_is_found_when_it_comes(redis_server: RedisServer) -> None:  # noqa: F811
    redis_server.kill()
    with capture_logs() as lines:
        redis = Redis(redis_server.url)
        async with redis.running():
            assert events(lines) == ["redis_lost"], "before anybody asked"
            redis_server.start()
            await until(lambda: is_there(redis))


async def test_an_asker_who_goes_away_is_no_loss_and_leaves_no_answer_for_the_next(
    redis: Redis,
    redis_server: RedisServer,  # noqa: F811
) -> None:
    redis_server.told("MSET theirs theirs ours ours")
    redis_server.pause()
    asking = [asyncio.create_task(redis.ask(lambda client: client.get("theirs"))) for _ in range(20)]
    await asyncio.wait(asking, timeout=0.05)  # sent, and not answered
    for one in asking:
        one.cancel()
    assert all(isinstance(one, asyncio.CancelledError) for one in await asyncio.gather(*asking, return_exceptions=True))
    redis_server.resume()
    with capture_logs() as lines:
        answers = await asyncio.gather(*(redis.ask(lambda client: client.get("ours")) for _ in range(20)))
    assert (set(answers), lines) == ({"ours"}, [])


async def test_a_document_that_one_process_was_sent_is_known_to_the_next(redis: Redis) -> None:
    one, other = SharedQueries(redis, MemoryQueries()), SharedQueries(redis, MemoryQueries())
    assert await other.get(sha256(DOCUMENT)) is None
    await one.keep(sha256(DOCUMENT), DOCUMENT)
    assert await other.get(sha256(DOCUMENT)) == DOCUMENT


async def test_a_document_that_is_not_what_its_hash_says_is_none(redis: Redis, redis_server: RedisServer) -> None:  # noqa: F811
    redis_server.told(f"SET marquee:query:{sha256(DOCUMENT)} another")
    assert await SharedQueries(redis, MemoryQueries()).get(sha256(DOCUMENT)) is None


async def test_documents_at_hand_outlive_redis(redis: Redis, redis_server: RedisServer) -> None:  # noqa: F811
    queries = SharedQueries(redis, MemoryQueries())
    await queries.keep(sha256(DOCUMENT), DOCUMENT)
    redis_server.kill()
    assert await queries.get(sha256(DOCUMENT)) == DOCUMENT
    assert await queries.get(sha256("{ another }")) is None
    await queries.keep(sha256("{ another }"), "{ another }")
    assert await queries.get(sha256("{ another }")) == "{ another }"


async def test_memory_keeps_the_documents_that_were_used_last() -> None:
    queries = MemoryQueries(most_documents=3, most_bytes=100)
    for name in "abc":
        await queries.keep(name, name * 10)
    assert await queries.get("a") == "a" * 10
    await queries.keep("d", "d" * 10)
    assert [await queries.get(name) is None for name in "abcd"] == [False, True, False, False]
    await queries.keep("e", "é" * 41)
    assert [await queries.get(name) is None for name in "acde"] == [True, True, False, False]
    await queries.keep("f", "f" * 101)
    assert [await queries.get(name) is None for name in "def"] == [False, False, True], "too large for all of it"
    await queries.keep("g", "g" * 100)
    assert [await queries.get(name) is None for name in "deg"] == [True, True, False]


async def nothing_to_miss() -> None:
    return


async def test_a_writer_is_remembered_by_all_for_ten_seconds(redis: Redis, redis_server: RedisServer) -> None:  # noqa: F811
    one, other = SharedWriters(redis, nothing_to_miss), SharedWriters(redis, nothing_to_miss)
    assert await other.has_written(7), "a server that has just come knows nobody"
    redis.connected_at -= BACK_SECONDS
    assert not await other.has_written(7)
    await one.wrote(7)
    assert [await other.has_written(7), await other.has_written(8)] == [True, False]
    assert 9000 < int(redis_server.told("PTTL marquee:wrote:7").strip(b":\r\n")) <= 10_000


@pytest.mark.parametrize("how", ["pause", "kill"])
async def test_where_redis_cannot_be_asked_or_may_have_forgotten_everybody_may_be_a_writer(
    redis: Redis,
    redis_server: RedisServer,  # noqa: F811
    how: str,
) -> None:
    caught_up = AsyncMock()
    writers = SharedWriters(redis, caught_up)
    redis.connected_at -= BACK_SECONDS
    await writers.wrote(6)
    assert not await writers.has_written(7)
    caught_up.assert_not_awaited()
    getattr(redis_server, how)()
    await writers.wrote(7)
    caught_up.assert_awaited_once()  # other servers, which may reach Redis, were not told
    assert await writers.has_written(8)
    redis_server.well()
    await until(lambda: is_there(redis))
    assert await writers.has_written(7)


async def test_one_that_was_started_anew_between_two_questions_is_not_believed(
    redis: Redis,
    redis_server: RedisServer,  # noqa: F811
) -> None:
    writers = SharedWriters(redis, nothing_to_miss)
    redis.connected_at -= BACK_SECONDS
    await writers.wrote(7)
    redis_server.kill()
    redis_server.start()
    assert await writers.has_written(7)
    await until(lambda: is_there(redis))
    assert await writers.has_written(7), "it was found again, and knows nobody"
    redis.connected_at -= BACK_SECONDS
    assert not await writers.has_written(7)
