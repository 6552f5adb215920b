"""Connections that came back lie at hand for the next who needs one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import asyncpg
import pytest

from domain.ports import PoolState
from persistence import pool as module
from persistence.pool import Pool
from tests.conftest import database_from_template


@pytest.fixture(scope="module")
async def pool_dsn(worker_id: str) -> str:
    return await asyncio.to_thread(database_from_template, f"at_hand_{worker_id}")


@pytest.fixture
async def pool(pool_dsn: str) -> AsyncIterator[Pool]:
    pool = Pool(pool_dsn, 3, shared=False)
    await pool.open()
    yield pool
    await pool.close()


class Minutes:
    """asyncio, but that whoever sleeps for a minute sleeps until the next one is told to begin."""

    def __init__(self) -> None:
        self._next = asyncio.Event()
        self.asleep = asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    async def sleep(self, seconds: float) -> None:
        assert seconds == module._TIDY_SECONDS
        self.asleep.set()
        await self._next.wait()
        self._next.clear()

    async def one_later(self) -> None:
        """When the next minute has begun, and what there was to do at its beginning is done."""
        self.asleep.clear()
        self._next.set()
        async with asyncio.timeout(5):
            await self.asleep.wait()


async def pid(connection: Any) -> int:
    return await connection.fetchval("select pg_backend_pid()")  # type: ignore[no-any-return]


async def lent_at_once(pool: Pool, number: int) -> list[int]:
    """Lends so many at the same time, and takes them back."""
    async with AsyncExitStack() as loans:
        connections = [await loans.enter_async_context(pool.lend()) for _ in range(number)]
        return [await pid(connection) for connection in connections]


async def test_what_came_back_goes_out_again(pool: Pool) -> None:
    pids = await lent_at_once(pool, 3)
    assert len({*pids}) == 3
    assert {*await lent_at_once(pool, 3)} == {*pids}
    assert await lent_at_once(pool, 1) == await lent_at_once(pool, 1)


async def test_a_connection_that_was_lost_meanwhile_is_not_lent(pool: Pool) -> None:
    pids = await lent_at_once(pool, 2)
    lost = [*pool._at_hand]
    stranger = await asyncpg.connect(pool.dsn)
    for one in pids:
        await stranger.execute("select pg_terminate_backend($1)", one)
    await stranger.close()
    async with asyncio.timeout(5):
        while not all(map(module._is_lost, lost)):
            await asyncio.sleep(0.01)
    assert not {*await lent_at_once(pool, 3)} & {*pids}
    assert pool.state() == PoolState(3, 3, 0)


async def test_a_connection_that_is_lost_while_it_is_lent_does_not_lie_at_hand(pool: Pool) -> None:
    async with pool.lend() as connection:
        connection.terminate()
    assert not pool._at_hand
    async with pool.lend() as connection:
        assert await connection.fetchval("select 1") == 1


async def test_what_failed_does_not_lie_at_hand_before_it_is_fit_again(pool: Pool) -> None:
    async def fail() -> None:
        async with pool.lend(transaction=True):
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    assert not pool._at_hand
    async with pool.lend() as connection:
        assert not connection.is_in_transaction()
    async with asyncio.timeout(5):
        while pool._ending:
            await asyncio.sleep(0.01)
    assert pool.state().idle == pool.state().size


async def test_who_waits_is_not_passed_by_those_who_come_again_and_again(pool_dsn: str) -> None:
    pool = Pool(pool_dsn, 1, shared=False)
    await pool.open()
    seen: list[str] = []
    first_is_in = asyncio.Event()

    async def again_and_again() -> None:
        for _ in range(5):
            async with pool.lend() as connection:
                seen.append("again")
                first_is_in.set()
                await connection.fetchval("select 1")
                while len(seen) == 1 and not pool.state().waiting:
                    await asyncio.sleep(0)

    async def once() -> None:
        await first_is_in.wait()
        async with pool.lend():
            seen.append("once")

    async with asyncio.timeout(10):
        await asyncio.gather(again_and_again(), once())
    assert seen == ["again", "once", "again", "again", "again", "again"]
    await pool.close()


async def test_a_state_counts_what_lies_at_hand_as_idle(pool_dsn: str) -> None:
    pool = Pool(pool_dsn, 2, shared=False)
    assert pool.state() == PoolState(0, 0, 0)
    await pool.open()
    async with pool.lend():
        assert pool.state() == PoolState(1, 0, 0)
        async with pool.lend():
            assert pool.state() == PoolState(2, 0, 0)
            waiting = asyncio.create_task(lent_at_once(pool, 1))
            async with asyncio.timeout(5):
                while not pool.state().waiting:
                    await asyncio.sleep(0)
            assert pool.state() == PoolState(2, 0, 1)
        await waiting
        assert pool.state() == PoolState(2, 1, 0)
    assert pool.state() == PoolState(2, 2, 0)
    await pool.close()


async def test_what_nobody_wanted_for_a_minute_is_given_back(pool_dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that went out meanwhile stay."""
    minutes = Minutes()
    monkeypatch.setattr(module, "asyncio", minutes)
    pool = Pool(pool_dsn, 3, shared=False)
    await pool.open()
    await minutes.asleep.wait()
    await lent_at_once(pool, 3)
    await minutes.one_later()
    assert len(pool._at_hand) == 3  # they had just come
    await lent_at_once(pool, 1)
    await minutes.one_later()
    assert len(pool._at_hand) == 1
    async with pool.lend():
        await minutes.one_later()
    assert len(pool._at_hand) == 1
    await minutes.one_later()
    await minutes.one_later()
    assert not pool._at_hand
    assert pool.state() == PoolState(3, 3, 0)
    assert len(await lent_at_once(pool, 3)) == 3
    await pool.close()


async def test_nothing_is_left_of_a_pool_that_was_closed(pool_dsn: str) -> None:
    pool = Pool(pool_dsn, 3, shared=False)
    await pool.close()  # it never was open
    await pool.open()
    pids = await lent_at_once(pool, 3)
    await pool.close()
    assert not pool._at_hand
    stranger = await asyncpg.connect(pool_dsn)
    async with asyncio.timeout(5):
        while await stranger.fetchval("select count(*) from pg_stat_activity where pid = any($1)", pids):
            await asyncio.sleep(0.01)
    await stranger.close()
