"""Profiles and consent: C5 and C6 of FEATURES."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.api.conftest import Answer, Api, Person, World
from tests.api.issuer import application, settings_like

UPDATE = """mutation ($input: UpdateProfileInput!) {
    updateProfile(input: $input) {
        ... on Viewer { email firstName lastName birthday gender regionCode user { displayName } }
        ... on Refusal { code problems { field } }
    }
}"""
CONSENT = "mutation { giveConsent { ... on Viewer { needsConsent } } }"
NEEDS = "{ viewer { needsConsent } }"
ROW = "select display_name, first_name, last_name, birthday, gender, region_code, email from users"
TODAY = datetime.now(UTC).date()


async def update(api: Api, person: Person, **changes: Any) -> Any:
    return (await api.data(UPDATE, person, input=changes))["updateProfile"]


async def test_a_profile_is_what_was_said_last(api: Api, world: World) -> None:
    person = await world.person()
    said = {"firstName": "민준", "lastName": "김", "birthday": "1990-02-28", "gender": "MALE", "regionCode": "KR"}
    changed = await update(api, person, displayName=" 민준 ", **said)
    assert changed == {**said, "email": person.user.email, "user": {"displayName": "민준"}}
    changed = await update(api, person, gender="FEMALE", lastName=None, regionCode="")
    expected = said | {"gender": "FEMALE", "lastName": None, "regionCode": None}
    assert changed == {**expected, "email": person.user.email, "user": {"displayName": "민준"}}
    assert await update(api, person) == changed, "nothing given, nothing changed"


@pytest.mark.parametrize("day", ["1900-01-01", "2000-02-29", TODAY.isoformat()])
async def test_a_birthday_may_be_any_day_from_1900_on(api: Api, world: World, day: str) -> None:
    assert (await update(api, await world.person(), birthday=day, gender="MALE"))["birthday"] == day


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"birthday": "1899-12-31"}, "birthday"),
    ({"birthday": "0001-01-01"}, "birthday"),
    ({"birthday": "9999-12-31"}, "birthday"),
    ({"birthday": (TODAY + timedelta(days=1)).isoformat()}, "birthday"),
    ({"displayName": None}, "displayName"),
    ({"displayName": " "}, "displayName"),
    ({"displayName": "x" * 101}, "displayName"),
    ({"displayName": "\u200b"}, "displayName"),
    ({"firstName": "x" * 101}, "firstName"),
    ({"lastName": "a\0b"}, "lastName"),
    ({"regionCode": "x" * 11}, "regionCode"),
    ({"email": "nobody"}, "email"),
    ({"email": None}, "email"),
]


@pytest.mark.parametrize(("wrong", "field"), WRONG, ids=str)
async def test_one_wrong_field_keeps_all_others_as_they_are(
    api: Api, world: World, wrong: dict[str, Any], field: str
) -> None:
    person = await world.person()
    before = await world.rows(ROW)
    good = {"displayName": "New", "firstName": "New", "birthday": "1990-01-01", "gender": "MALE"}
    refused = await update(api, person, **{**good, **wrong})
    assert refused == {"code": "VALIDATION_FAILED", "problems": [{"field": ["input", field]}]}
    assert await world.rows(ROW) == before


async def test_every_wrong_field_is_told_at_once(api: Api, world: World) -> None:
    refused = await update(api, await world.person(), birthday="1800-01-01", displayName="", regionCode="x" * 99)
    assert len(refused["problems"]) == 3


@pytest.mark.parametrize("value", ['"OTHER"', '"남성"', "1", "OTHER"])
async def test_a_gender_is_one_of_two(api: Api, world: World, value: str) -> None:
    person = await world.person()
    query = f"mutation {{ updateProfile(input: {{gender: {value}}}) {{ __typename }} }}"
    assert (await api.ask(query, person)).codes == ["GRAPHQL_VALIDATION_FAILED"]


@pytest.mark.parametrize("value", ["1990-02-30", "1990-1-1", "yesterday", "1990-01-01T00:00:00Z", "", "99999-01-01"])
async def test_a_birthday_is_a_day_that_exists(api: Api, world: World, value: str) -> None:
    person = await world.person()
    answer = await api.ask(UPDATE, person, input={"birthday": value})
    assert answer.codes == ["GRAPHQL_VALIDATION_FAILED"]
    assert (await world.rows("select birthday from users")) == [(None,)]


async def test_two_tabs_at_once_change_different_fields(api: Api, world: World) -> None:
    person = await world.person()
    changes: list[dict[str, Any]] = [{"firstName": "A"}, {"lastName": "B"}, {"regionCode": "KR"}, {"gender": "MALE"}]
    await asyncio.gather(*(update(api, person, **change) for change in changes * 5))
    assert await world.rows("select first_name, last_name, region_code, gender::text from users") == [
        ("A", "B", "KR", "MALE")
    ]


async def test_whoever_came_without_an_address_can_add_one_that_is_free(api: Api, world: World) -> None:
    taken, person = await world.person(email="taken@example.com"), await world.person(email=None)
    assert (await api.data("{ viewer { email } }", person)) == {"viewer": {"email": None}}
    assert (await update(api, person, email="Taken@Example.com"))["code"] == "ALREADY_EXISTS"
    assert (await update(api, person, email="Mine@Example.com", firstName="A"))["email"] == "mine@example.com"
    assert (await update(api, person, email="mine@example.com"))["email"] == "mine@example.com"
    assert (await update(api, person, email="other@example.com", firstName="B"))["code"] == "CONFLICT"
    assert (await update(api, taken, email=None))["code"] == "VALIDATION_FAILED"
    assert await world.rows("select email, first_name from users order by id") == [
        ("taken@example.com", None),
        ("mine@example.com", "A"),
    ]


async def test_consent_is_needed_until_it_is_given(api: Api, world: World) -> None:
    person = await world.person()
    assert await api.data(NEEDS, person) == {"viewer": {"needsConsent": True}}
    assert await api.data(CONSENT, person) == {"giveConsent": {"needsConsent": False}}
    assert await api.data(NEEDS, person) == {"viewer": {"needsConsent": False}}


async def test_who_consented_before_the_terms_changed_is_asked_again(api: Api, world: World) -> None:
    person = await world.person()
    await api.data(CONSENT, person)
    await world.rows("update users set consented_at = now() - interval '1 day'")
    since = datetime.now(UTC) - timedelta(hours=1)
    async with application(settings_like(world.marquee, consent_since=since)) as (_, later):
        assert await later.data(NEEDS, person) == {"viewer": {"needsConsent": True}}
        assert await later.data(CONSENT, person) == {"giveConsent": {"needsConsent": False}}
        assert await later.data(NEEDS, person) == {"viewer": {"needsConsent": False}}


@pytest.mark.parametrize("mutation", [CONSENT, 'mutation { updateProfile(input: {firstName: "A"}) { __typename } }'])
async def test_a_profile_is_its_owners_alone(api: Api, world: World, mutation: str) -> None:
    await world.person()
    answer: Answer = await api.ask(mutation)
    assert answer.codes == ["UNAUTHENTICATED"]
