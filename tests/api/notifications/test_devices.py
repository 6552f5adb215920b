"""Devices: registered, moved with the phone, forgotten: D7 of FEATURES."""

import asyncio
import random
import string

import pytest

from domain import ids
from domain.devices import MOST_DEVICES
from tests.api.conftest import PASSWORD, Api, World
from tests.api.notifications.conftest import registered

MINE = "{ viewer { devices { id platform registeredAt } } }"
UNREGISTER = """mutation ($id: ID!) { unregisterDevice(input: {id: $id}) {
  ... on Deleted { id } ... on Refusal { code } } }"""
STATE = "select user_id, token from devices order by id"
LOGIN = """mutation ($email: String!, $password: String!) { login(input: {email: $email, password: $password}) {
  ... on SignedIn { tokens { accessToken } } } }"""


async def devices(api: Api, who: object) -> list[str]:
    return [device["id"] for device in (await api.data(MINE, who))["viewer"]["devices"]]  # type: ignore[arg-type]


async def test_a_device_is_registered_listed_and_forgotten(api: Api, world: World) -> None:
    person, other = await world.person(), await world.person()
    phone = await registered(api, person, "phone:1", "IOS")
    browser = await registered(api, person, "browser:1", "WEB")
    assert (phone["platform"], browser["platform"]) == ("IOS", "WEB")
    assert await devices(api, person) == [browser["id"], phone["id"]]
    assert await devices(api, other) == []
    for wrong in (phone["id"], ids.encode("Device", 999), ids.encode("User", 1), ""):
        assert (await api.data(UNREGISTER, other, id=wrong))["unregisterDevice"] == {"code": "NOT_FOUND"}
    assert (await api.data(UNREGISTER, person, id=phone["id"]))["unregisterDevice"] == {"id": phone["id"]}
    assert (await api.data(UNREGISTER, person, id=phone["id"]))["unregisterDevice"] == {"code": "NOT_FOUND"}
    assert await devices(api, person) == [browser["id"]]


async def test_registering_again_is_the_same_device(api: Api, world: World) -> None:
    person = await world.person()
    made = await asyncio.gather(*(registered(api, person, "phone:1") for _ in range(10)))
    assert len({device["id"] for device in made}) == 1
    assert (await registered(api, person, "phone:1", "IOS"))["platform"] == "IOS"
    assert await world.rows(STATE) == [(person.user.id, "phone:1")]


async def test_a_token_moves_with_the_phone_to_its_new_owner(api: Api, world: World) -> None:
    seller, buyer = await world.person(), await world.person()
    phone = await registered(api, seller, "phone:1")
    await registered(api, buyer, "phone:1")
    assert await devices(api, seller) == []
    assert len(await devices(api, buyer)) == 1
    assert (await api.data(UNREGISTER, seller, id=phone["id"]))["unregisterDevice"] == {"code": "NOT_FOUND"}
    assert await world.rows(STATE) == [(buyer.user.id, "phone:1")]


async def test_a_token_that_many_register_at_once_is_one_persons(api: Api, world: World) -> None:
    people = [await world.person() for _ in range(12)]
    await asyncio.gather(*(registered(api, person, "phone:1") for person in people))
    owners = [person for person in people if await devices(api, person)]
    assert await world.rows(STATE) == [(owners[0].user.id, "phone:1")]
    assert len(owners) == 1


async def test_the_longest_token_is_taken_and_is_one_persons(api: Api, world: World) -> None:
    token = "".join(random.choices(string.ascii_letters, k=4096))
    people = [await world.person() for _ in range(2)]
    for person in people:
        assert "id" in await registered(api, person, token)
    assert await world.rows(STATE) == [(people[1].user.id, token)]


async def test_of_too_many_devices_the_oldest_go(api: Api, world: World) -> None:
    person = await world.person()
    made = [(await registered(api, person, f"phone:{number}"))["id"] for number in range(MOST_DEVICES + 3)]
    assert await devices(api, person) == made[: -MOST_DEVICES - 1 : -1]


@pytest.mark.parametrize("token", ["", " ", "a b", "a\nb", "a\0b", "ü", "x" * 4097])
async def test_what_cannot_be_a_token_is_refused(api: Api, world: World, token: str) -> None:
    refused = await registered(api, await world.person(), token)
    assert (refused["code"], refused["problems"]) == ("VALIDATION_FAILED", [{"field": ["input", "token"]}])
    assert await world.rows(STATE) == []


async def test_a_device_is_forgotten_when_its_session_is_ended_by_anybody(api: Api, world: World) -> None:
    person = await world.person()
    login = await api.data(LOGIN, None, email=person.user.email, password=PASSWORD)
    phone = login["login"]["tokens"]["accessToken"]
    browser = await registered(api, person, "browser:1")
    await api.data(
        "mutation ($token: String!) { registerDevice(input: {platform: IOS, token: $token}) { __typename } }",
        phone,
        token="phone:1",
    )
    assert len(await devices(api, person)) == 2
    await api.data("mutation { logout }", phone)
    assert await devices(api, person) == [browser["id"]]


async def test_devices_go_with_their_person(api: Api, world: World) -> None:
    person = await world.person()
    await registered(api, person, "phone:1")
    await api.data("mutation ($id: ID!) { deleteUser(input: {id: $id}) { __typename } }", person, id=person.id)
    assert await world.rows(STATE) == []
