"""One deadline around a whole operation: O4 of GUARD."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from composition import Marquee
from schema import DRAWING, HASHING, LONG, STRANGER, build
from tests.api.conftest import PASSWORD, Api, World
from tests.api.issuer import application, settings_like
from web.judging.sizes import declared_of

RENAME = 'mutation { updateProfile(input: {firstName: "Late"}) { __typename } }'
MENTIONED = [
    RENAME + " # login",
    RENAME.replace("__typename", "login: __typename"),
    RENAME.replace("mutation", "mutation register"),
    'mutation Rename { updateProfile(input: {firstName: "login"}) { __typename } }',
    'mutation Rename { updateProfile(input: {firstName: "Late"}) { __typename } } '
    'mutation Other { login(input: {email: "x", password: "y"}) { __typename } }',
]
LOGIN = f'login(input: {{email: "ada@example.com", password: "{PASSWORD}"}}) {{ __typename }}'
SLOW = [
    f"mutation {{ done: {LOGIN} }}",
    f"mutation {{ ... on Mutation {{ ...A }} }} fragment A on Mutation {{ ...B }} fragment B on Mutation {{ {LOGIN} }}",
]


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


@pytest.mark.parametrize("query", MENTIONED)
async def test_to_mention_a_field_that_may_be_slow_gives_no_time(hurried: Api, world: World, query: str) -> None:
    person = await world.person()
    name = "Rename" if "Rename" in query else None
    async with world.marquee.database.writing() as transaction:
        await transaction.execute("select from users where id = $1 for update", person.user.id)
        body = {"query": query, "operationName": name}
        headers = {"authorization": f"Bearer {person.token}"}
        response = await hurried.client.post(f"{hurried.base_url}/graphql", json=body, headers=headers)
    assert response.status_code == 504


@pytest.mark.parametrize("query", SLOW)
async def test_what_waits_for_strangers_has_longer(hurried: Api, world: World, query: str) -> None:
    person = await world.person(email="ada@example.com")
    async with world.marquee.database.writing() as transaction:
        await transaction.execute("select from users where id = $1 for update", person.user.id)
        asked = asyncio.create_task(hurried.ask(query))
        done, _ = await asyncio.wait([asked], timeout=0.6)
        assert not done
    assert [signed["__typename"] for signed in (await asked).data.values()] == ["SignedIn"]


def test_whoever_costs_what_a_stranger_does_may_take_as_long() -> None:
    built = build()._schema
    roots = [built.query_type, built.mutation_type]
    declared = {name: declared_of(field) for root in roots if root for name, field in root.fields.items()}
    slow = {name for name, said in declared.items() if said["cost"] in {HASHING, STRANGER, DRAWING}}
    assert {name for name, said in declared.items() if said["patience"]} == slow
    assert {declared[name]["patience"] for name in slow} == {LONG}
    assert "unlinkIdentity" in slow, "some providers are told"
