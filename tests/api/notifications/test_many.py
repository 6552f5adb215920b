"""A hundred thousand people are told of a new content, and hold nothing up: D7 of FEATURES."""

import asyncio
from typing import Any

import pytest

from domain import ids
from domain.users import Role
from tests.api.conftest import Api, World
from tests.api.notifications.conftest import CREATE, REVIEW, kinds

PEOPLE, EVERY = 100_000, 2
LONGEST_BATCH = "select max(n) from (select count(*) as n from notifications group by created_at) batches"


@pytest.fixture
async def crowd(world: World) -> World:
    """People, of whom every second likes a drama, and each of these has a phone."""
    drama, comedy = await world.content(genres=["Drama"]), await world.content(genres=["Comedy"])
    statements: list[tuple[Any, ...]] = [
        (
            "insert into users (display_name, role) select 'Person ' || n, 'MEMBER' from generate_series(1, $1::int) n",
            PEOPLE,
        ),
        (
            "insert into content_likes (user_id, content_id)"
            " select id, case when id % $3 = 0 then $1::bigint else $2::bigint end from users",
            *(drama.id, comedy.id, EVERY),
        ),
        (
            "insert into sessions (user_id, expires_at, absolute_end, refresh_hash)"
            " select id, now() + interval '1 day', now() + interval '1 day', '' from users where id % $1 = 0",
            EVERY,
        ),
        (
            "insert into devices (user_id, session_id, platform, token)"
            " select user_id, id, 'ANDROID', 'phone:' || user_id from sessions",
        ),
        ("analyze",),
    ]
    async with world.marquee.database.writing() as transaction:
        await transaction.execute("set local statement_timeout = '60s'")
        for sql, *values in statements:
            await transaction.execute(sql, *values, timeout=60)
    return world


TOLD = """select count(*), count(distinct user_id), bool_and(user_id % $1 = 0) from notifications
  where kind = 'CONTENT_ADDED'"""


async def told_to_the_end(crowd: World) -> None:
    """The job as its clock runs it: while PostgreSQL rolls back what was killed, there seems to be nothing to do."""
    async with asyncio.timeout(60):
        while await crowd.rows("select 1 from fan_outs"):
            await crowd.run("fan out news")


@pytest.mark.xdist_group("heavy")
async def test_all_are_told_once_and_batch_by_batch_while_others_go_on(api: Api, crowd: World) -> None:
    corporation = await crowd.corporation()
    manager, author = await crowd.person(Role.MANAGER, corporation), await crowd.person()
    contents = [await crowd.content(corporation) for _ in range(20)]
    await api.data(CREATE, manager, title="Tide", genres=["Drama"])
    killed = asyncio.create_task(crowd.run("fan out news"))
    async with asyncio.timeout(20):
        while not await crowd.rows("select 1 from notifications limit 1"):
            await asyncio.sleep(0.01)
    killed.cancel()
    await asyncio.wait([killed])
    assert (await crowd.rows(TOLD, EVERY))[0][0] < PEOPLE // EVERY
    others = [asyncio.create_task(told_to_the_end(crowd)) for _ in range(2)]
    for number, content in enumerate(contents, start=1):
        await api.data(REVIEW, author, contentId=ids.encode("Content", content.id))
        assert await kinds(api, manager) == ["REVIEW_ADDED"] * number, "at once, whoever else is told of something"
    await asyncio.gather(*others)
    assert await crowd.rows(TOLD, EVERY) == [(PEOPLE // EVERY, PEOPLE // EVERY, True)]
    assert (await crowd.rows(LONGEST_BATCH))[0][0] <= 1000
    pushes = "select count(*), count(distinct subject) from outbox where topic = 'push to many'"
    assert await crowd.rows(pushes) == [(PEOPLE // EVERY, PEOPLE // EVERY)]
