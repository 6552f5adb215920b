"""One deadline around a whole operation: O4 of GUARD."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from composition import Marquee
from schema import build
from tests.api.conftest import Api, World
from tests.api.issuer import application, settings_like
from web.deadline import SLOW_FIELDS

RENAME = 'mutation { updateProfile(input: {firstName: "Late"}) { __typename } }'
GENERATE = 'mutation { updateProfile(input: {firstName: "Late"}) { __typename } } # generateImage'


@pytest.fixture
async def hurried(marquee: Marquee, world: World) -> AsyncIterator[Api]:
    async with application(settings_like(marquee, operation_seconds=0.3)) as (_, api):
        yield api


async def test_what_takes_too_long_is_given_up_and_changes_nothing(hurried: Api, world: World) -> None:
    person = await world.person()
    async with world.marquee.database.writing() as transaction:
        await transaction.execute("select from users where id = $1 for update", person.user.id)
        answer = await hurried.ask(RENAME, person)
        assert (answer.response.status_code, answer.codes) == (504, ["UNAVAILABLE"])
        assert "data" not in answer.body
    assert await world.rows("select first_name from users where id = $1", person.user.id) == [(None,)]
    assert (await hurried.data(RENAME, person))["updateProfile"]["__typename"] == "Viewer"


async def test_what_waits_for_strangers_has_longer(hurried: Api, world: World) -> None:
    person = await world.person()
    async with world.marquee.database.writing() as transaction:
        await transaction.execute("select from users where id = $1 for update", person.user.id)
        asked = asyncio.create_task(hurried.ask(GENERATE, person))
        done, _ = await asyncio.wait([asked], timeout=0.6)
        assert not done
    assert (await asked).data["updateProfile"]["__typename"] == "Viewer"


def test_the_slow_fields_are_fields() -> None:
    roots = build()._schema
    assert roots.query_type
    assert roots.mutation_type
    assert set(SLOW_FIELDS) <= roots.query_type.fields.keys() | roots.mutation_type.fields.keys()
