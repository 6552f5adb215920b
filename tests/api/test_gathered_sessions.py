"""Who asks in the same breath is looked for together, and answered as if they had been alone: A7 of GUARD."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from structlog.testing import capture_logs

import domain.authentication
from domain.authentication import Authentication
from domain.errors import Unauthenticated, Unavailable
from domain.metering import Meter, meter
from domain.users import User
from tests.api.conftest import CLIENT, Person, World

Asked = Sequence[tuple[int, int]]


@pytest.fixture
def authentication(world: World) -> Authentication:
    return world.marquee.services.authentication


@pytest.fixture
async def people(world: World) -> list[Person]:
    return [await world.person() for _ in range(40)]


async def answered(authentication: Authentication, people: Sequence[Person]) -> tuple[list[Any], int]:
    """Whom each of the tokens speaks for, or why for nobody; and how many statements that took."""
    meters = [Meter("") for _ in people]

    async def one(person: Person, own: Meter) -> int:
        meter.set(own)
        return (await authentication.by_token(person.token, CLIENT)).user.id

    heard = await asyncio.gather(*map(one, people, meters), return_exceptions=True)
    return heard, sum(own.statements for own in meters)


async def test_many_are_found_by_few_statements(authentication: Authentication, people: list[Person]) -> None:
    heard, statements = await answered(authentication, people)
    assert heard == [person.user.id for person in people]
    assert 3 <= statements <= 4, "forty, sixteen at a time"


async def test_who_may_no_longer_is_told_so_among_those_who_may(
    world: World, authentication: Authentication, people: list[Person]
) -> None:
    await world.rows("update sessions set revoked_at = now() where user_id = $1", people[1].user.id)
    await world.rows("update sessions set expires_at = now() where user_id = $1", people[3].user.id)
    await world.rows("update sessions set user_id = $1 where user_id = $2", people[6].user.id, people[5].user.id)
    await world.rows("delete from users where id = $1", people[8].user.id)
    heard, _ = await answered(authentication, people)
    gone = {1, 3, 5, 8}
    assert {number for number, one in enumerate(heard) if isinstance(one, Unauthenticated)} == gone
    assert all(heard[number] == one.user.id for number, one in enumerate(people) if number not in gone)


async def test_a_session_that_ends_while_others_are_looked_for_is_over_for_who_comes_then(
    world: World, authentication: Authentication, people: list[Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    find, found, told = authentication._store.living_users, asyncio.Event(), asyncio.Event()

    async def finding(asked: Asked) -> list[User | None]:
        users = await find(asked)
        found.set()
        await told.wait()
        return users

    monkeypatch.setattr(authentication._store, "living_users", finding)
    early = asyncio.create_task(answered(authentication, people[:1]))
    async with asyncio.timeout(5):
        await found.wait()
        await world.marquee.services.sessions.revoke_all(world.viewer(people[0]))
        late = asyncio.create_task(answered(authentication, people[:1]))
        while not authentication._living._line:
            await asyncio.sleep(0)  # until the second stands in line behind the first
    told.set()
    assert (await early)[0] == [people[0].user.id]
    assert [type(one) for one in (await late)[0]] == [Unauthenticated]


async def test_where_a_group_fails_each_is_looked_for_alone(
    authentication: Authentication, people: list[Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    find = authentication._store.living_users

    async def finding(asked: Asked) -> list[User | None]:
        if len(asked) > 1:
            raise ConnectionError("lost")
        return await find(asked)

    monkeypatch.setattr(authentication._store, "living_users", finding)
    with capture_logs() as lines:
        heard, _ = await answered(authentication, people)
    assert heard == [person.user.id for person in people]
    failed = [line for line in lines if line["event"] == "group_failed"]
    assert {line["of"] for line in failed} == {"sessions"}
    assert sum(line["calls"] for line in failed) in {39, 40}  # who came first may have been alone


async def test_nobody_waits_for_long(
    authentication: Authentication, people: list[Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    silence = asyncio.Event()

    async def silent(asked: Asked) -> list[User | None]:
        await silence.wait()
        return [None for _ in asked]

    with monkeypatch.context() as patched:
        patched.setattr(authentication._store, "living_users", silent)
        patched.setattr(domain.authentication, "_PATIENCE_SECONDS", 0.05)
        heard, _ = await answered(authentication, people)
        silence.set()
    assert {type(one) for one in heard} == {Unavailable}
    assert (await answered(authentication, people))[0] == [person.user.id for person in people]
