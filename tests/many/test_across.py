"""What crosses from one server to the other: events, revocations, and what one has just written."""

import asyncio
import itertools
from typing import cast

import asyncpg

from deploy.many.layout import Many
from deploy.many.link import Link
from deploy.many.postgres import Primary, Replica, dsn
from tests.api.conftest import Api, World
from tests.api.test_playback import started
from tests.api.test_subscriptions import WATCH, connected, report, sse

POINTS = "{ viewer { points } }"
PAIRS = 200


async def stand_still(many: Many) -> None:
    """The replica has everything until now, and then nothing new."""
    primary, replica = cast(Primary, many.parts["primary"]), cast(Replica, many.parts["replica"])
    await replica.ask("select pg_wal_replay_resume()")
    reached = await primary.ask("select pg_current_wal_flush_lsn()::text")
    async with asyncio.timeout(10):
        while not await replica.ask(f"select pg_last_wal_replay_lsn() >= '{reached}'"):
            await asyncio.sleep(0.01)
    await replica.ask("select pg_wal_replay_pause()")


async def test_an_event_on_one_server_reaches_sockets_and_streams_of_the_other(apis: list[Api], world: World) -> None:
    here, there = apis
    person, content = await world.person(), await world.content()
    events = sse(there, person, WATCH)
    async with connected(there.base_url, person) as socket:
        await socket.subscribe(WATCH)
        await report(here, person, content, 7)
        assert await socket.position() == 7
        event = await anext(events)
        assert event
        assert event["data"]["watchProgress"]["progress"]["positionSeconds"] == 7
    await events.aclose()  # type: ignore[attr-defined]


async def test_sockets_and_streams_of_events_go_through_nginx(api: Api, world: World) -> None:
    person, content = await world.person(), await world.content()
    async with connected(api.base_url, person) as one, connected(api.base_url, person) as other:
        for socket in (one, other):
            await socket.subscribe(WATCH)
        for position in (1, 2, 3):
            await report(api, person, content, position)
            assert [await one.position(), await other.position()] == [position] * 2
    events = sse(api, person, WATCH)
    first = await anext(events)
    assert first
    assert first["data"]["watchProgress"]["progress"]["positionSeconds"] == 3, (
        "as it comes, and not when a buffer is full"
    )
    await events.aclose()  # type: ignore[attr-defined]


async def test_a_logout_on_one_server_closes_the_sockets_of_the_other_within_two_seconds(
    apis: list[Api], world: World
) -> None:
    here, there = apis
    person = await world.person()
    async with connected(there.base_url, person) as socket:
        assert await here.data("mutation { logout }", person) == {"logout": True}
        assert await socket.closed(within=2) == 4403
    assert (await there.ask(POINTS, person)).codes == ["UNAUTHENTICATED"]


async def test_what_was_missed_while_the_listeners_line_was_cut_is_made_good(
    apis: list[Api], links: dict[str, Link], world: World
) -> None:
    here, there = apis
    person, content = await world.person(), await world.content()
    async with connected(there.base_url, person) as socket:
        await socket.subscribe(WATCH)
        await report(here, person, content, 1)
        assert await socket.position() == 1
        links["primary"].cut()
        await report(here, person, content, 2)
        links["primary"].heal()
        assert await socket.position() == 2


async def test_who_has_written_reads_it_on_either_server_while_the_replica_stands_still(
    many: Many, apis: list[Api], world: World
) -> None:
    person, corporation = await world.person(), await world.corporation()
    contents = [await world.content(corporation) for _ in range(PAIRS)]
    for number, content in enumerate(contents):
        if number % 20 == 0:
            await stand_still(many)
        writer, reader = (apis[number % 2], apis[1 - number % 2])
        assert (await started(writer, person, content))["firstView"]
        points = (await reader.data(POINTS, person))["viewer"]["points"]
        assert points == 10 * (number + 1), f"pair {number} is stale"


async def test_nobody_in_particular_reads_from_the_replica_until_it_is_too_far_behind(
    many: Many, api: Api, world: World
) -> None:
    content, numbers = await world.content(), itertools.count()
    async with asyncio.timeout(20):  # what stood still before must be found well first
        while True:
            await stand_still(many)
            written = f"New {next(numbers)}"
            await unwaited(many, f"update contents set title = '{written}' where id = {content.id}")
            if await titles(api) != [written]:
                break
    async with asyncio.timeout(10):
        while await titles(api) != [written]:
            await asyncio.sleep(0.1)


async def titles(api: Api) -> list[str]:
    nodes = (await api.data("{ contents { nodes { title } } }"))["contents"]["nodes"]
    return [node["title"] for node in nodes]


async def unwaited(many: Many, sql: str) -> None:
    connection = await asyncpg.connect(dsn(many.kept, "primary"))
    await connection.execute(sql)
    await connection.close()
