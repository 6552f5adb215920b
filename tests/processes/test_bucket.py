"""Streams out of a real S3 server: B7 of FEATURES, and the numbers of issue 6."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx2
import pytest

from tests.api.conftest import Api, World
from tests.api.test_open_streams import Viewing
from tests.api.test_playback import started
from tests.integrations.objects.servers import BUCKET, KEY_ID, SECRET, rclone
from tests.processes.conftest import Street

pytestmark = pytest.mark.xdist_group("heavy")

MEGABYTE = 1024 * 1024
SIZE = 1024 * MEGABYTE
VIEWERS = 16
MOST_MORE = 60 * 1024  # KiB


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where an S3 server is that has a film of a gigabyte."""
    folder: Path = tmp_path_factory.mktemp("bucket")
    with rclone(folder) as url:
        with (folder / "root" / BUCKET / "film.webm").open("wb") as film:
            film.truncate(SIZE)
        yield url


async def test_sixteen_viewers_of_a_gigabyte_take_little_memory_slow_ones_and_fast_ones(
    street: Street, world: World, client: httpx2.AsyncClient, bucket: str
) -> None:
    known = {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_EC2_METADATA_DISABLED": "true"}
    (server,) = street.servers(1, S3_BUCKET_NAME=BUCKET, S3_ENDPOINT_URL=bucket, **known)
    person, content = await world.person(), await world.content(video=False)
    async with world.marquee.database.writing() as transaction:
        await world.marquee.stores.video_assets.add(transaction, content.id, "film.webm", "video/webm", SIZE)
    url = (await started(Api(server.address, client), person, content))["url"]
    async with asyncio.timeout(30), AsyncExitStack() as leaving:
        viewings = [await Viewing.begin(url)]
        before = server.resident
        viewings += await asyncio.gather(*(Viewing.begin(url) for _ in range(VIEWERS - 1)))
        for viewing in viewings:
            leaving.callback(viewing.leave)
        for _ in range(4):
            await asyncio.gather(*(viewing.read(12 * MEGABYTE) for viewing in viewings[::2]))
            assert server.resident - before < MOST_MORE
    assert [viewing.bytes >= 48 * MEGABYTE for viewing in viewings] == [True, False] * (VIEWERS // 2)
