"""What is read goes no further than somebody reads it, and ends when they leave."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime

import pytest

from domain.media import StoredObject
from integrations.s3 import S3Store
from tests.integrations.objects.conftest import everything, s3_store
from tests.integrations.objects.faulty import ETAG, SIZE, FaultyServer, endless, half, silence

HUGE = StoredObject("a.mp4", 10**12, "video/mp4", datetime(2026, 11, 21, 10, tzinfo=UTC), ETAG)
SMALL = StoredObject("a.mp4", SIZE, "video/mp4", datetime(2026, 11, 21, 10, tzinfo=UTC), ETAG)


@pytest.fixture
async def server() -> AsyncIterator[FaultyServer]:
    async with FaultyServer().running() as running:
        yield running


@pytest.fixture
async def objects(server: FaultyServer) -> AsyncIterator[S3Store]:
    async with s3_store(server.url) as store:
        yield store


async def has_left(server: FaultyServer) -> None:
    async with asyncio.timeout(20):
        await server.left.wait()


async def test_who_stops_reading_closes_the_connection_there(server: FaultyServer, objects: S3Store) -> None:
    server.fault = endless
    async with aclosing(objects.read(HUGE, 0, HUGE.size_bytes)) as pieces:
        assert len(await anext(pieces)) <= 256 * 1024
        assert not server.left.is_set()
    await has_left(server)


@pytest.mark.parametrize("fault", [silence, half, endless])
async def test_who_is_cancelled_closes_it_too(server: FaultyServer, objects: S3Store, fault: object) -> None:
    server.fault = fault  # type: ignore[assignment]
    length = SIZE if fault is half else HUGE.size_bytes
    begun = asyncio.Event()

    async def reading() -> None:
        async for _ in objects.read(HUGE, 0, length):
            begun.set()

    task = asyncio.create_task(reading())
    async with asyncio.timeout(20):
        while not server.asked if fault is silence else not begun.is_set():
            await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await has_left(server)


async def test_who_reads_to_the_end_leaves_the_connection_for_the_next(server: FaultyServer, objects: S3Store) -> None:
    for _ in range(5):
        assert len(await everything(objects, SMALL)) == SIZE
        assert await objects.head("a.mp4")
    assert server.connections == 1


async def test_nothing_is_asked_for_before_the_first_piece_is_wanted(server: FaultyServer, objects: S3Store) -> None:
    pieces = objects.read(SMALL, 0, SIZE)
    await pieces.aclose()
    assert [piece async for piece in objects.read(SMALL, 5, 0)] == []
    assert server.asked == []


async def test_many_can_be_read_at_the_same_time(server: FaultyServer, objects: S3Store) -> None:
    server.fault = endless
    streams = [objects.read(HUGE, 0, HUGE.size_bytes) for _ in range(200)]
    async with asyncio.timeout(60):
        assert all(await asyncio.gather(*(anext(stream) for stream in streams)))
    assert server.connections - server.ended >= 200  # one that was slow to begin is asked for on another connection
    for stream in streams:
        await stream.aclose()
    async with asyncio.timeout(20):
        await server.empty.wait()
