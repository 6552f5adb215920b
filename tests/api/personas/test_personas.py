"""Whom a person appears as: C11 of FEATURES."""

import asyncio
from typing import Any

import pytest

from domain import ids
from tests.api.conftest import Api, Person, World

PERSONA = "id number name gender feature options imageUrl createdAt"
REFUSED = "... on Refusal { code message problems { field message } }"
CREATE = f"""mutation ($name: String!, $gender: Gender, $feature: String, $options: [String!]! = []) {{
  createPersona(input: {{name: $name, gender: $gender, feature: $feature, options: $options}}) {{
    ... on Persona {{ {PERSONA} }} {REFUSED} }} }}"""
UPDATE = f"""mutation ($input: UpdatePersonaInput!) {{
  updatePersona(input: $input) {{ ... on Persona {{ {PERSONA} }} {REFUSED} }} }}"""
DELETE = f"mutation ($id: ID!) {{ deletePersona(input: {{id: $id}}) {{ ... on Deleted {{ id }} {REFUSED} }} }}"
MINE = f"{{ viewer {{ personas {{ {PERSONA} }} }} }}"
STATE = "select id, user_id, number, name, gender, feature, options from personas order by id"


async def created(api: Api, who: Person, name: str = "Mina", **rest: Any) -> Any:
    return (await api.data(CREATE, who, name=name, **rest))["createPersona"]


async def updated(api: Api, who: Person, id: str, **changes: Any) -> Any:
    return (await api.data(UPDATE, who, input={"id": id, **changes}))["updatePersona"]


async def deleted(api: Api, who: Person, id: str) -> Any:
    return (await api.data(DELETE, who, id=id))["deletePersona"]


async def numbers(api: Api, who: Person) -> list[int]:
    return [persona["number"] for persona in (await api.data(MINE, who))["viewer"]["personas"]]


async def test_a_persona_is_made_changed_and_deleted(api: Api, world: World) -> None:
    person = await world.person()
    made = await created(
        api, person, "  미나  ", gender="FEMALE", feature="웃는 얼굴", options=["안경", "모자", "안경"]
    )
    assert (made["number"], made["name"], made["gender"], made["feature"]) == (1, "미나", "FEMALE", "웃는 얼굴")
    assert (made["options"], made["imageUrl"]) == (["안경", "모자"], None)
    changed = await updated(api, person, made["id"], name="Mina", feature=None, options=[])
    assert changed == {**made, "name": "Mina", "feature": None, "options": []}
    assert await updated(api, person, made["id"]) == changed, "what names nothing changes nothing"
    assert (await updated(api, person, made["id"], gender=None))["gender"] is None
    assert (await api.data(MINE, person))["viewer"]["personas"] == [{**changed, "gender": None}]
    assert await deleted(api, person, made["id"]) == {"id": made["id"]}
    assert (await deleted(api, person, made["id"]))["code"] == "NOT_FOUND"
    assert await world.rows(STATE) == []


async def test_numbers_have_no_gaps_and_there_are_ten_at_most_however_many_are_made_at_once(
    api: Api, world: World
) -> None:
    person, other = await world.person(), await world.person()
    everybody = [created(api, who, f"No. {n}") for n in range(16) for who in (person, other)]
    answers = await asyncio.gather(*everybody)
    assert sorted(answer["number"] for answer in answers if "number" in answer) == sorted([*range(1, 11)] * 2)
    refused = [answer for answer in answers if "code" in answer]
    assert [answer["code"] for answer in refused] == ["CONFLICT"] * 12
    assert "at most 10" in refused[0]["message"]
    assert await numbers(api, person) == await numbers(api, other) == [*range(1, 11)]


async def test_the_number_of_a_deleted_one_is_given_again_and_the_others_keep_theirs(api: Api, world: World) -> None:
    person = await world.person()
    made = [await created(api, person) for _ in range(4)]
    for persona in (made[1], made[2]):
        await deleted(api, person, persona["id"])
    assert await numbers(api, person) == [1, 4]
    again = await asyncio.gather(*(created(api, person) for _ in range(3)))
    assert sorted(persona["number"] for persona in again) == [2, 3, 5]


async def test_making_and_deleting_at_once_leaves_no_gap_that_is_not_filled(api: Api, world: World) -> None:
    person = await world.person()
    made = [await created(api, person) for _ in range(6)]
    works = [deleted(api, person, persona["id"]) for persona in made[:4]] + [created(api, person) for _ in range(4)]
    answers = await asyncio.gather(*works)
    assert not [answer for answer in answers if "code" in answer]
    held = await numbers(api, person)
    assert len(held) == len(set(held)) == 6
    assert max(held) <= 10


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"name": "  "}, [["input", "name"]]),
        ({"name": "x" * 101}, [["input", "name"]]),
        ({"name": "a\0b"}, [["input", "name"]]),
        ({"feature": "x" * 2001}, [["input", "feature"]]),
        ({"options": ["a"] * 21}, [["input", "options"]]),
        ({"options": ["good", " "]}, [["input", "options", "1"]]),
        ({"options": ["x" * 101]}, [["input", "options", "0"]]),
        (
            {"name": "", "feature": "\x1b", "options": ["a\0"]},
            [["input", "name"], ["input", "feature"], ["input", "options", "0"]],
        ),
    ],
)
async def test_what_cannot_be_a_persona_is_refused_field_by_field(
    api: Api, world: World, given: dict[str, Any], fields: list[Any]
) -> None:
    person = await world.person()
    whole = await created(api, person, "Whole")
    before = await world.rows(STATE)
    refused = await created(api, person, **{"name": "Mina", **given})
    assert refused["code"] == "VALIDATION_FAILED"
    assert [problem["field"] for problem in refused["problems"]] == fields
    assert (await updated(api, person, whole["id"], **given))["code"] == "VALIDATION_FAILED"
    assert await world.rows(STATE) == before


async def test_a_name_can_be_changed_but_not_taken_away(api: Api, world: World) -> None:
    person = await world.person()
    made = await created(api, person)
    assert (await updated(api, person, made["id"], name=None))["problems"][0]["field"] == ["input", "name"]


async def test_nobody_sees_or_touches_anothers(api: Api, world: World) -> None:
    person, other = await world.person(), await world.person()
    made = await created(api, person)
    before = await world.rows(STATE)
    for id in (made["id"], ids.encode("Persona", 999_999), ids.encode("User", 1), "nonsense"):
        assert (await updated(api, other, id, name="Mine now"))["code"] == "NOT_FOUND"
        assert (await deleted(api, other, id))["code"] == "NOT_FOUND"
    node = "query ($id: ID!) { node(id: $id) { __typename ... on Persona { name } } }"
    assert (await api.data(node, person, id=made["id"]))["node"] == {"__typename": "Persona", "name": "Mina"}
    assert (await api.data(node, other, id=made["id"]))["node"] is None
    assert (await api.data(node, None, id=made["id"]))["node"] is None
    assert (await api.ask(CREATE, None, name="Nobody")).codes == ["UNAUTHENTICATED"]
    assert await world.rows(STATE) == before


async def test_personas_go_with_their_person(api: Api, world: World) -> None:
    person = await world.person()
    await created(api, person)
    await api.data("mutation ($id: ID!) { deleteUser(input: {id: $id}) { __typename } }", person, id=person.id)
    assert await world.rows(STATE) == []
