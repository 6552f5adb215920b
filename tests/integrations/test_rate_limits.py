"""Counting what was asked in the last minute: in memory, and in a real Redis, by the same tests."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable

import pytest

from domain.allowance import Counters, Level, Limited, Limits, Taking, levels
from domain.errors import RateLimited
from domain.windows import SECONDS, Window
from integrations.rate_limits import MemoryCounters
from integrations.redis import Redis
from integrations.shared import SharedCounters
from tests.integrations.redis_server import RedisServer, redis_for_all, redis_server  # noqa: F401

pytestmark = pytest.mark.xdist_group("heavy")


class Neither:
    """Stands where a process would count by itself."""

    async def take(self, takings: object) -> None:
        raise AssertionError("Redis was there")


class Told:
    """A clock that is told what time it is."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Counting:
    """Counters, and a way to make time go by for them."""

    def __init__(self, counters: Counters, age: Callable[[float], None]) -> None:
        self.counters, self.age = counters, age

    async def take(self, cost: int, most: int = 100, key: str = "k") -> bool:
        return (await self.counters.take([Taking(key, most, cost)])).all

    async def used(self, key: str = "k") -> float:
        """Taking nothing changes nothing."""
        return (await self.counters.take([Taking(key, 10**9, 0)])).windows[0].used


@pytest.fixture
async def in_memory() -> Counting:
    clock = Told()

    def age(seconds: float) -> None:
        clock.now += seconds

    return Counting(MemoryCounters(clock), age)


@pytest.fixture
async def in_redis(redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Counting]:  # noqa: F811
    for patience in ("_PATIENCE_SECONDS", "_MOST_SECONDS"):
        monkeypatch.setattr(f"integrations.redis.{patience}", 20)  # how busy this machine is is not the question

    def age(seconds: float) -> None:
        """All that is kept began so much earlier."""
        script = "for _, k in ipairs(redis.call('KEYS', 'marquee:rate:*')) do redis.call('HINCRBY', k, 'began', %d) end"
        redis_server.told(f'EVAL "{script % round(-seconds * 1000)}" 0')

    redis = Redis(redis_server.url)
    async with redis.running():
        yield Counting(SharedCounters(redis, Neither()), age)  # type: ignore[arg-type]


@pytest.fixture(params=["in_memory", "in_redis"])
def counting(request: pytest.FixtureRequest) -> Counting:
    found: Counting = request.getfixturevalue(request.param)
    return found


async def test_a_minute_has_so_much_and_no_more(counting: Counting) -> None:
    assert [await counting.take(30) for _ in range(5)] == [True, True, True, False, False]
    assert [await counting.take(10), await counting.take(1)] == [True, False], "what was refused was not counted"


async def test_after_the_border_there_is_no_second_helping(counting: Counting) -> None:
    assert await counting.take(100)
    counting.age(SECONDS + 6)
    assert not await counting.take(15), "a tenth of the minute has gone by, and so a tenth is free"
    assert await counting.take(9)
    counting.age(24)
    assert await counting.take(38)
    assert not await counting.take(8)


async def test_after_two_minutes_of_silence_all_is_there_again(counting: Counting) -> None:
    assert await counting.take(100)
    counting.age(2 * SECONDS)
    assert await counting.take(100)


async def test_of_many_at_once_exactly_the_allowed_number_pass(counting: Counting) -> None:
    assert sum(await asyncio.gather(*(counting.take(1) for _ in range(200)))) == 100


async def test_of_two_limits_both_are_taken_from_or_none(counting: Counting) -> None:
    assert await counting.take(90, key="person")
    taken = await counting.counters.take([Taking("address", 1000, 20), Taking("person", 100, 20)])
    assert not taken.all
    assert await counting.used("address") == 0
    assert (await counting.counters.take([Taking("address", 1000, 10), Taking("person", 100, 10)])).all
    assert await counting.used("address") == pytest.approx(10, abs=0.1)


async def test_whoever_waits_as_long_as_they_are_told_is_let_in_and_not_before(counting: Counting) -> None:
    chance = random.Random(8)
    for number in range(30):
        key, most, cost = f"k{number}", 100, chance.randint(1, 100)
        for _ in range(chance.randint(1, 20)):
            await counting.take(chance.randint(1, 40), key=key)
            counting.age(chance.random() * 30)
        taken = await counting.counters.take([Taking(key, most, cost)])
        wait = taken.windows[0].wait(most, cost)
        if taken.all:
            continue
        assert 0 < wait <= 2 * SECONDS
        if wait > 3:
            counting.age(wait - 3)
            assert not await counting.take(cost, key=key)
        counting.age(min(wait, 3) + 0.002)  # Redis counts milliseconds
        assert await counting.take(cost, key=key), (number, wait)


async def test_what_counts_no_more_is_forgotten() -> None:
    clock = Told()
    counters = MemoryCounters(clock, most_keys=50)
    for number in range(200):
        await counters.take([Taking(f"address{number}", 5, 1), Taking(f"person{number}", 5, 1)])
        assert len(counters) <= 50
    clock.now += 2 * SECONDS
    for _ in range(50):
        await counters.take([Taking("one", 1000, 1)])
    assert len(counters) == 1


async def test_redis_forgets_by_itself(in_redis: Counting, redis_server: RedisServer) -> None:  # noqa: F811
    await in_redis.take(1, key="address:192.0.2.1")
    remaining = int(redis_server.told("PTTL marquee:rate:address:192.0.2.1").strip(b":\r\n"))
    assert 100_000 < remaining <= 120_000


def test_a_window_that_went_by_counts_for_what_is_left_of_the_next() -> None:
    now = Window(elapsed=15, previous=40, current=10)
    assert now.used == 40
    assert now.left(100) == 60
    assert now.later(15).used == 30
    assert now.later(45) == Window(0, 10, 0)
    assert now.later(105) == Window(0, 0, 0)


async def limits(most: dict[Limited, int]) -> Limits:
    return Limits(MemoryCounters(Told()), most)


async def test_a_cost_that_never_fits_is_refused_with_the_reason_and_locks_nobody_out() -> None:
    found = await limits({Limited.ADDRESS: 100, Limited.PERSON: 50})
    with pytest.raises(RateLimited, match="This costs 51, and no more than 50 may be asked in a minute"):
        await found.spend("192.0.2.1", 7, 51)
    await found.spend("192.0.2.1", 7, 50)


async def test_a_person_takes_their_limit_along_and_an_address_is_everybodys() -> None:
    found = await limits({Limited.ADDRESS: 100, Limited.PERSON: 40})
    for user_id in (1, 2):
        await found.spend("192.0.2.1", user_id, 40)
    with pytest.raises(RateLimited):
        await found.spend("192.0.2.2", 1, 1)
    with pytest.raises(RateLimited):
        await found.spend("192.0.2.1", 3, 21)
    await found.spend("192.0.2.1", None, 20)


async def test_a_network_of_ipv6_is_one_address() -> None:
    found = await limits({Limited.ADDRESS: 2})
    await found.spend("2001:db8:1:2::1", None, 1)
    await found.spend("2001:db8:1:2:ffff::9", None, 1)
    with pytest.raises(RateLimited):
        await found.spend("2001:db8:1:2:3:4:5:6", None, 1)
    await found.spend("2001:db8:1:3::1", None, 1)


async def test_what_is_told_is_what_is_left() -> None:
    told: dict[Limited, Level] = {}
    before = levels.set(told)
    found = await limits({Limited.ADDRESS: 100, Limited.SIGN_IN: 1})
    await found.spend("192.0.2.1", None, 30)
    await found.count(Limited.SIGN_IN, "192.0.2.1")
    with pytest.raises(RateLimited) as refused:
        await found.count(Limited.SIGN_IN, "192.0.2.1")
    levels.reset(before)
    shown = {what: (level.most, level.left, level.seconds) for what, level in told.items()}
    assert shown == {Limited.ADDRESS: (100, 70, 60), Limited.SIGN_IN: (1, 0, 120)}
    assert refused.value.retry_after == 120
