"""Limits that several processes share through Redis, and keep while it is gone: D8 of FEATURES, O1 and O2 of GUARD."""

import asyncio

import httpx2
import pytest

from tests.integrations.redis_server import RedisServer, redis_for_all, redis_server  # noqa: F401
from tests.processes.conftest import Server, Street

pytestmark = pytest.mark.xdist_group("heavy")

PLAIN = "/.well-known/jwks.json"
LIMIT = 50
BACK_SECONDS = 10


@pytest.fixture(scope="module")
def sharing(street: Street, redis_for_all: RedisServer) -> list[Server]:  # noqa: F811
    """Two servers with one Redis."""
    return street.servers(2, REDIS_URL=redis_for_all.url, RATE_LIMIT_PER_ADDRESS=str(LIMIT))


async def statuses(client: httpx2.AsyncClient, servers: list[Server], count: int) -> list[int]:
    """What is answered to so many requests at once, of each server as many."""
    asked = [client.get(f"{servers[number % len(servers)].address}{PLAIN}") for number in range(count)]
    return sorted(response.status_code for response in await asyncio.gather(*asked))


async def parts(client: httpx2.AsyncClient, server: Server) -> dict[str, str]:
    found: dict[str, str] = (await client.get(f"{server.address}/ready")).json()["parts"]
    return found


async def until_all_see(client: httpx2.AsyncClient, servers: list[Server], state: str) -> None:
    async with asyncio.timeout(BACK_SECONDS):
        while {(await parts(client, server))["redis"] for server in servers} != {state}:
            await asyncio.sleep(0.1)


async def count_as_one(client: httpx2.AsyncClient, servers: list[Server], redis: RedisServer) -> bool:
    """Where the machine is so busy that Redis does not answer in time, they do not for a second; so more than once."""
    for _ in range(5):
        redis.well()
        await until_all_see(client, servers, "up")
        if await statuses(client, servers, 2 * LIMIT) == [200] * LIMIT + [429] * LIMIT:
            return True
    return False


async def test_two_processes_count_as_one(
    sharing: list[Server],
    redis_server: RedisServer,  # noqa: F811
    client: httpx2.AsyncClient,
) -> None:
    assert await count_as_one(client, sharing, redis_server)


@pytest.mark.parametrize("how", ["pause", "kill"])
async def test_without_redis_each_counts_by_itself_and_afterwards_they_count_as_one_again(
    sharing: list[Server],
    redis_server: RedisServer,  # noqa: F811
    client: httpx2.AsyncClient,
    how: str,
) -> None:
    await until_all_see(client, sharing, "up")
    getattr(redis_server, how)()
    answered = await statuses(client, sharing, 50)
    assert set(answered) <= {200, 429}, "nobody is told that something is wrong"
    await until_all_see(client, sharing, "down")
    health = await client.get(f"{sharing[0].address}/health")
    assert health.status_code == 200
    assert await count_as_one(client, sharing, redis_server)
