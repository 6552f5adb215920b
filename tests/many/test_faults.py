"""PgBouncer, Redis, the replica and a server fall or fall silent: O1, O2 and O4 of GUARD."""

import asyncio
import time

import asyncpg
import pytest

from deploy.many.layout import Many
from deploy.many.link import Link
from deploy.many.postgres import dsn
from tests.api.conftest import Api, World

CONTENTS = "{ contents { nodes { title } } }"
ANSWERED_SECONDS, BACK_SECONDS = 5.0, 10.0


async def back(api: Api) -> None:
    """Until it answers again, as long as is promised."""
    async with asyncio.timeout(BACK_SECONDS):
        while "errors" in (await api.ask(CONTENTS)).body:
            await asyncio.sleep(0.1)


async def test_a_statement_through_pgbouncer_ends_after_its_time_though_nobody_asks(many: Many, world: World) -> None:
    connection = await asyncpg.connect(dsn(many.kept, "pgbouncer"), statement_cache_size=0)
    begun = time.monotonic()
    with pytest.raises(asyncpg.QueryCanceledError):
        await connection.execute("select pg_sleep(20)")
    assert time.monotonic() - begun < 5
    limits = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    said = [await connection.fetchval(f"select current_setting('{name}')") for name in limits]
    assert said == ["4s", "3500ms", "5s"]
    await connection.close()


async def test_pgbouncer_that_fell_is_told_in_time_and_its_return_is_noticed(
    many: Many, api: Api, world: World
) -> None:
    person = await world.person()
    pgbouncer = many.parts["pgbouncer"]
    await pgbouncer.kill()
    begun = time.monotonic()
    assert (await api.ask("{ viewer { points } }", person)).codes == ["UNAVAILABLE"]
    assert time.monotonic() - begun < ANSWERED_SECONDS
    assert (await api.client.get(f"{api.base_url}/health")).status_code == 200
    ready = await api.client.get(f"{api.base_url}/ready")
    assert ready.status_code == 503
    assert ready.json()["parts"]["database"] == "down"
    await pgbouncer.start()
    async with asyncio.timeout(BACK_SECONDS):
        while "errors" in (await api.ask("{ viewer { points } }", person)).body:
            await asyncio.sleep(0.1)


async def test_a_silent_pgbouncer_is_told_in_time(many: Many, api: Api, world: World) -> None:
    person = await world.person()
    many.parts["pgbouncer"].pause()
    begun = time.monotonic()
    answer = await api.ask("{ viewer { points } }", person)
    assert time.monotonic() - begun < ANSWERED_SECONDS
    assert answer.codes == ["UNAVAILABLE"]
    many.parts["pgbouncer"].resume()
    await back(api)


@pytest.mark.parametrize("name", ["redis", "replica"])
async def test_what_servers_can_do_without_is_missed_by_nobody(
    many: Many, api: Api, links: dict[str, Link], world: World, name: str
) -> None:
    await world.content(title="River")
    person = await world.person()
    for fault in (links[name].cut, links[name].silence):
        fault()
        for who in (person, None) * 5:
            begun = time.monotonic()
            nodes = (await api.data(CONTENTS, who))["contents"]["nodes"]
            assert nodes == [{"title": "River"}]
            assert time.monotonic() - begun < ANSWERED_SECONDS
        links[name].heal()
        async with asyncio.timeout(BACK_SECONDS):
            while (await api.client.get(f"{api.base_url}/ready")).json()["parts"][name] != "up":
                await asyncio.sleep(0.1)


async def test_a_server_that_fell_is_missed_by_nobody(many: Many, api: Api, world: World) -> None:
    await many.servers[0].kill()
    for _ in range(20):
        assert "errors" not in (await api.ask(CONTENTS)).body


async def test_without_any_server_nginx_says_so_in_our_own_form(many: Many, api: Api, world: World) -> None:
    for server in many.servers:
        await server.kill()
    answer = await api.ask(CONTENTS)
    assert (answer.response.status_code, answer.codes) == (502, ["UNAVAILABLE"])
    plain = await api.client.get(f"{api.base_url}/health")
    assert (plain.status_code, plain.json()["code"]) == (502, "UNAVAILABLE")
    for server in many.servers:
        await server.start()
    await back(api)
