"""A small data set of the speed benchmark, and who may ask of it."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from benchmarks.data import Size, fill
from benchmarks.ground import address
from benchmarks.stage import settings, signed_in
from composition import Marquee
from tests.conftest import database_from_template

SIZE = Size.of(0.02)


def filled(name: str) -> str:
    """The address of a new database with the data set."""
    dsn = database_from_template(name)

    async def run() -> None:
        connection = await asyncpg.connect(dsn)
        await fill(connection, SIZE)
        await connection.close()

    asyncio.run(run())
    return dsn


@pytest.fixture(scope="package")
def small(worker_id: str) -> str:
    return filled(f"bench_{worker_id}")


@pytest.fixture(scope="package")
def tokens(small: str, tmp_path_factory: pytest.TempPathFactory) -> dict[int, str]:
    """Good on every copy of the small data set that is made behind this."""

    async def run() -> dict[int, str]:
        marquee = Marquee(settings(small, folder), small)
        async with marquee.running(listening=False):
            return await signed_in(marquee, SIZE)

    folder: Path = tmp_path_factory.mktemp("tokens")
    return asyncio.run(run())


@pytest.fixture(scope="package")
def copy(small: str, tokens: dict[int, str], worker_id: str) -> Callable[[str], str]:
    """A copy of the small data set under a name."""

    async def run(name: str) -> None:
        connection = await asyncpg.connect(address(small, "postgres"))
        await connection.execute(f'drop database if exists "{name}" with (force)')
        await connection.execute(f'create database "{name}" template "bench_{worker_id}"')
        await connection.close()

    def make(name: str) -> str:
        asyncio.run(run(f"bench_{worker_id}_{name}"))
        return address(small, f"bench_{worker_id}_{name}")

    return make
