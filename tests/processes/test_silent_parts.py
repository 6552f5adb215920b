"""A process ends in time where everything behind it has fallen silent: O1 and O3 of GUARD."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from sqlalchemy import make_url

from tests.api.conftest import World
from tests.integrations.redis_server import RedisServer, redis_for_all, redis_server  # noqa: F401
from tests.processes.conftest import Street
from tests.processes.test_shutdown import GET, Process, asking
from tests.processes.wire import Wire
from tests.web.talking import talking

pytestmark = pytest.mark.xdist_group("heavy")


async def test_with_silent_parts_behind_it_a_process_is_gone_within_ten_seconds(
    street: Street, world: World, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    redis: RedisServer = request.getfixturevalue("redis_server")
    dsn, person = make_url(street.dsn), await world.person()
    there = f"{dsn.query['host']}/.s.PGSQL.5432"
    async with Wire(there).standing() as postgres, Wire(None).standing() as collector, AsyncExitStack() as held:
        by_wire = f"postgresql://{dsn.username}@127.0.0.1:{postgres.port}/{dsn.database}"
        settings = {
            "DATABASE_URL": by_wire,
            "DATABASE_REPLICA_URL": by_wire,
            "REDIS_URL": redis.url,
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.port}",
        }
        server = await asyncio.to_thread(Process, street, tmp_path / "log", **settings)
        body, *askers = [await held.enter_async_context(talking(server.address)) for _ in range(9)]
        for asker in askers:
            await asker.say(asking(person, "{ viewer { points } }"))
            assert (await asker.answer()).status == 200
        postgres.fall_silent()
        redis.pause()
        await body.say(asking(person, "{ viewer { points } }")[:-5])
        for asker in askers[1:]:
            await asker.say(asking(person, "{ viewer { points } }"))
        await askers[0].say(GET + b"\r\n")
        assert (await askers[0].answer()).status == 200
        server.terminate()
        for asker in askers[1:]:
            assert (await asker.answer(within=9)).json["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
        assert await server.gone() < 10
