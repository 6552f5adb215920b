"""Signing up, in and out, and the devices that are signed in: A1, A2, A6, B6, D3, D4 and F4 of FEATURES."""

import asyncio
from typing import Any

import bcrypt
import pytest

from composition import Marquee
from domain import ids
from tests.api.conftest import PASSWORD, Api, World

PARTS = """{
  ... on SignedIn {
    tokens { accessToken tokenType expiresIn refreshToken refreshExpiresIn }
    viewer { email firstName lastName regionCode subscriptionStatus role points user { id displayName } }
  }
  ... on Refusal { code message problems { field message } }
}"""
REGISTER = f"mutation ($input: RegisterInput!) {{ register(input: $input) {PARTS} }}"
LOGIN = f"mutation ($input: LoginInput!) {{ login(input: $input) {PARTS} }}"
VIEWER = "{ viewer { email } }"
SESSIONS = "{ viewer { sessions { id userAgent createdAt lastUsedAt expiresAt current } } }"
REVOKE = """mutation ($id: ID!) {
  revokeSession(input: {id: $id}) { ... on Session { id current } ... on Refusal { code message } }
}"""


async def register(api: Api, **given: Any) -> Any:
    given = {"email": "ada@example.com", "password": PASSWORD, **given}
    return (await api.data(REGISTER, input=given))["register"]


async def login(api: Api, email: str, password: str = PASSWORD, agent: str = "tests") -> Any:
    body = {"query": LOGIN, "variables": {"input": {"email": email, "password": password}}}
    response = await api.client.post(f"{api.base_url}/graphql", json=body, headers={"user-agent": agent})
    return response.json()["data"]["login"]


async def assert_refused(api: Api, token: str) -> None:
    answer = await api.ask(VIEWER, token)
    assert (answer.response.status_code, answer.codes, "data" in answer.body) == (401, ["UNAUTHENTICATED"], False)


async def test_whoever_registers_is_signed_in(api: Api, world: World) -> None:
    made = await register(
        api,
        email="  Ada.Lovelace@Example.COM ",
        firstName=" Ada ",
        lastName="Lovelace",
        regionCode="GB",
        subscriptionStatus="ACTIVE",
    )
    tokens, viewer = made["tokens"], made["viewer"]
    assert (tokens["tokenType"], tokens["expiresIn"], tokens["refreshExpiresIn"]) == ("bearer", 1800, 7 * 86400)
    assert viewer.pop("user")["displayName"] == "Ada Lovelace"
    assert viewer == {
        "email": "ada.lovelace@example.com",
        "firstName": "Ada",
        "lastName": "Lovelace",
        "regionCode": "GB",
        "subscriptionStatus": "ACTIVE",
        "role": "MEMBER",
        "points": 0,
    }
    assert await api.data(VIEWER, tokens["accessToken"]) == {"viewer": {"email": "ada.lovelace@example.com"}}
    ((email, password_hash),) = await world.rows("select email, password_hash from users")
    assert email == "ada.lovelace@example.com"
    assert password_hash.startswith("$argon2id$")
    ((kept,),) = await world.rows("select refresh_hash from sessions")
    assert kept not in tokens["refreshToken"].encode()


async def test_who_gives_no_name_is_shown_by_the_first_half_of_the_address(api: Api, world: World) -> None:
    made = await register(api, firstName="  ", lastName=None)
    assert made["viewer"]["user"]["displayName"] == "ada"
    assert made["viewer"]["firstName"] is None


@pytest.mark.parametrize("again", ["ada@example.com", "ADA@EXAMPLE.COM", " Ada@Example.Com\n"])
async def test_an_address_in_any_case_is_one_person(api: Api, world: World, again: str) -> None:
    await world.person(email="ada@example.com")
    assert (await register(api, email=again, firstName="Eve"))["code"] == "ALREADY_EXISTS"
    assert await world.rows("select email, first_name from users") == [("ada@example.com", None)]
    assert await world.rows("select count(*) from sessions") == [(1,)]


async def test_twenty_who_race_for_one_address_are_one_person(api: Api, world: World) -> None:
    spellings = ["ada@example.com", "Ada@example.com", "ADA@EXAMPLE.COM", "ada@Example.com"]
    answers = await asyncio.gather(*(register(api, email=spellings[n % 4]) for n in range(20)))
    assert sum("tokens" in answer for answer in answers) == 1
    assert sum(answer.get("code") == "ALREADY_EXISTS" for answer in answers) == 19
    assert await world.rows("select count(*) from users") == [(1,)]
    assert await world.rows("select count(*) from sessions") == [(1,)]


BAD_EMAILS = ["", " ", "a", "@example.com", "a@", "a b@example.com", "a@b@example.com", "a@example..com", "\0"]
BAD_EMAILS += [
    "a\0@example.com",
    "a@example.com\0",
    "a@-example.com",
    "<a@example.com>",
    "a@[127.0.0.1]",
    "a@exa mple.com",
]
BAD_EMAILS += [
    "x" * 300 + "@example.com",
    "x" * 10_000 + "@example.com",
    "a@" + "b" * 300 + ".com",
    "a\u202e@example.com",
]
BAD_INPUTS = [("email", value) for value in BAD_EMAILS]
BAD_INPUTS += [("password", ""), ("password", "1234567"), ("password", "x" * 201), ("password", "x" * 10_000)]
BAD_INPUTS += [("firstName", "x" * 101), ("lastName", "x" * 10_000), ("firstName", "A\0da"), ("lastName", "\x1b[31m")]
BAD_INPUTS += [("regionCode", "x" * 11), ("regionCode", "K\0"), ("subscriptionStatus", "x" * 31)]


@pytest.mark.parametrize(("name", "value"), BAD_INPUTS)
async def test_what_cannot_be_accepted_is_told_by_field_and_not_written(
    api: Api, world: World, name: str, value: str
) -> None:
    refused = await register(api, **{name: value})
    assert refused["code"] == "VALIDATION_FAILED"
    assert [problem["field"] for problem in refused["problems"]] == [["input", name]]
    assert await world.rows("select count(*) from users") == [(0,)]


async def test_all_that_is_wrong_is_told_at_once_without_the_password(api: Api, world: World) -> None:
    given = {"email": "nobody", "password": "s3cret!", "firstName": "x" * 10_000}
    answer = await api.ask(REGISTER, input=given)
    refused = answer.data["register"]
    assert [problem["field"][1] for problem in refused["problems"]] == ["email", "password", "firstName"]
    assert "s3cret!" not in answer.response.text
    assert await world.rows("select count(*) from users") == [(0,)]


@pytest.mark.parametrize("spelling", ["ada@example.com", "ADA@Example.com", " ada@example.com "])
async def test_the_right_password_signs_in_by_any_spelling(api: Api, world: World, spelling: str) -> None:
    person = await world.person(email="ada@example.com")
    signed_in = await login(api, spelling)
    assert signed_in["viewer"]["user"]["id"] == person.id
    assert await api.data(VIEWER, signed_in["tokens"]["accessToken"]) == {"viewer": {"email": "ada@example.com"}}


@pytest.mark.parametrize("written", ["Ada@xn--bcher-kva.example", "ada@BÜCHER.example", "ada@bu\u0308cher.example"])
async def test_whoever_registers_can_sign_in_with_what_they_wrote(api: Api, world: World, written: str) -> None:
    assert "tokens" in await register(api, email=written)
    assert (await login(api, written))["viewer"]["email"] == "ada@bücher.example"


async def test_a_wrong_password_and_an_unknown_person_look_the_same(api: Api, world: World) -> None:
    await world.person(email="ada@example.com")
    wrong = await login(api, "ada@example.com", PASSWORD + "!")
    assert wrong["code"] == "BAD_CREDENTIALS"
    assert await login(api, "nobody@example.com") == wrong
    emails = ["", "\0", "ada\0@example.com", "ada@example.com\0", "x" * 70_000, "a@b@c", "' or 1=1 --"]
    passwords = ["", "\0", PASSWORD.upper(), PASSWORD + " ", PASSWORD + "\0", "x" * 70_000]
    given = [(email, PASSWORD) for email in emails] + [("ada@example.com", password) for password in passwords]
    answers = await asyncio.gather(*(login(api, *pair) for pair in given))
    assert [pair for pair, answer in zip(given, answers, strict=True) if answer != wrong] == []
    assert await world.rows("select count(*) from sessions") == [(1,)]


async def test_a_hash_is_computed_for_an_unknown_person_too(
    api: Api, world: World, marquee: Marquee, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed: list[str] = []
    verify = marquee.passwords._hashes.verify_and_update

    def spy(password: Any, password_hash: Any) -> Any:
        computed.append(password_hash)
        return verify(password, password_hash)

    monkeypatch.setattr(marquee.passwords._hashes, "verify_and_update", spy)
    assert (await login(api, "nobody@example.com"))["code"] == "BAD_CREDENTIALS"
    assert [one.partition("$v=")[0] for one in computed] == ["$argon2id"]


@pytest.mark.parametrize("password", [PASSWORD, "пароль из старой системы", "a long one, " * 10])
async def test_a_hash_of_an_older_system_verifies_and_is_upgraded(api: Api, world: World, password: str) -> None:
    await world.person(email="old@example.com")
    # As bcrypt did then: what is beyond 72 bytes was silently left out.
    old = bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(4)).decode()
    await world.rows("update users set password_hash = $1", old)
    assert (await login(api, "old@example.com", "wrong" * 30))["code"] == "BAD_CREDENTIALS"
    assert await world.rows("select password_hash from users") == [(old,)]
    for _ in range(2):
        assert "tokens" in await login(api, "old@example.com", password)
        ((upgraded,),) = await world.rows("select password_hash from users")
        assert upgraded.startswith("$argon2id$")


async def test_a_person_without_a_password_cannot_sign_in_with_one(api: Api, world: World) -> None:
    await world.person(email="ada@example.com")
    await world.rows("update users set password_hash = null")
    assert (await login(api, "ada@example.com"))["code"] == "BAD_CREDENTIALS"


async def test_neither_password_nor_hash_is_ever_answered(api: Api, world: World) -> None:
    answers = [await api.ask(REGISTER, input={"email": "ada@example.com", "password": PASSWORD})]
    answers.append(await api.ask(LOGIN, input={"email": "ada@example.com", "password": PASSWORD}))
    answers.append(await api.ask(LOGIN, input={"email": "ada@example.com", "password": PASSWORD + "!"}))
    answers.append(await api.ask(LOGIN, input={"email": 5, "password": PASSWORD + "!"}))
    for answer in answers:
        assert PASSWORD not in answer.response.text
        assert "argon2" not in answer.response.text
    for hidden in ("password", "passwordHash", "password_hash"):
        asked = await api.ask(f"{{ viewer {{ user {{ {hidden} }} }} }}")
        assert asked.codes == ["GRAPHQL_VALIDATION_FAILED"]


async def test_nobody_is_no_viewer(api: Api, world: World) -> None:
    assert await api.data(VIEWER) == {"viewer": None}


async def test_logging_out_ends_tokens_at_once(api: Api, world: World) -> None:
    person = await world.person()
    other = (await login(api, str(person.user.email)))["tokens"]["accessToken"]
    assert await api.data("mutation { logout }", person) == {"logout": True}
    await assert_refused(api, person.token)
    refresh = "mutation ($t: String!) { refreshSession(input: {refreshToken: $t}) { ... on Refusal { code } } }"
    assert (await api.data(refresh, t=person.refresh_token))["refreshSession"] == {"code": "SESSION_EXPIRED"}
    assert (await api.ask("mutation { logout }", person)).codes == ["UNAUTHENTICATED"]
    assert (await api.ask("mutation { logout }")).codes == ["UNAUTHENTICATED"]
    assert (await api.data(VIEWER, other))["viewer"], "the other device stays signed in"


async def test_sessions_are_listed_last_used_first(api: Api, world: World) -> None:
    await world.person(email="eve@example.com")
    person = await world.person(email="ada@example.com")
    phone = await login(api, "ada@example.com", agent="Phone")
    tablet = await login(api, "ada@example.com", agent="T" * 5000)
    listed = (await api.data(SESSIONS, phone["tokens"]["accessToken"]))["viewer"]["sessions"]
    assert [one["userAgent"] for one in listed] == ["T" * 300, "Phone", "tests"]
    assert [one["current"] for one in listed] == [False, True, False]
    refresh = "mutation ($t: String!) { refreshSession(input: {refreshToken: $t}) { ... on SignedIn { __typename } } }"
    await api.data(refresh, t=person.refresh_token)
    listed = (await api.data(SESSIONS, tablet["tokens"]["accessToken"]))["viewer"]["sessions"]
    assert [one["userAgent"] for one in listed] == ["tests", "T" * 300, "Phone"]
    assert [one["current"] for one in listed] == [False, True, False]
    assert all(one["createdAt"] <= one["lastUsedAt"] < one["expiresAt"] for one in listed)


async def test_one_session_is_revoked_and_the_others_go_on(api: Api, world: World) -> None:
    person = await world.person(email="ada@example.com")
    other = (await login(api, "ada@example.com"))["tokens"]["accessToken"]
    listed = (await api.data(SESSIONS, other))["viewer"]["sessions"]
    (first,) = [one["id"] for one in listed if not one["current"]]
    assert (await api.data(REVOKE, other, id=first))["revokeSession"] == {"id": first, "current": False}
    await assert_refused(api, person.token)
    assert [one["current"] for one in (await api.data(SESSIONS, other))["viewer"]["sessions"]] == [True]
    refused = (await api.data(REVOKE, other, id=first))["revokeSession"]
    assert refused["code"] == "NOT_FOUND", "it has ended already"
    (own,) = [one["id"] for one in listed if one["current"]]
    assert (await api.data(REVOKE, other, id=own))["revokeSession"] == {"id": own, "current": True}
    await assert_refused(api, other)


async def test_sessions_of_others_cannot_be_told_from_none(api: Api, world: World) -> None:
    person, stranger = await world.person(), await world.person()
    (theirs,) = (await api.data(SESSIONS, stranger))["viewer"]["sessions"]
    number = ids.split(theirs["id"])
    assert number
    wrong = [theirs["id"], ids.encode("Session", 999_999), ids.encode("User", number[1]), person.id, str(number[1])]
    wrong += [ids.encode("Session", 2**63 - 1), "", "\0", "한글", "A" * 10_000, theirs["id"] + "=", " " + theirs["id"]]
    answers = [(await api.data(REVOKE, person, id=session_id))["revokeSession"] for session_id in wrong]
    assert all(answer == {"code": "NOT_FOUND", "message": "There is no such session."} for answer in answers)
    assert (await api.ask(REVOKE, id=theirs["id"])).codes == ["UNAUTHENTICATED"]
    assert await world.rows("select count(*) from sessions where revoked_at is null") == [(2,)]
    assert (await api.data(VIEWER, stranger))["viewer"]
    assert (await api.data("query ($id: ID!) { node(id: $id) { id } }", person, id=theirs["id"])) == {"node": None}


async def test_all_sessions_are_revoked_and_counted(api: Api, world: World) -> None:
    stranger = await world.person()
    person = await world.person(email="ada@example.com")
    others = [(await login(api, "ada@example.com"))["tokens"]["accessToken"] for _ in range(2)]
    assert await api.data("mutation { logout }", others[0]) == {"logout": True}
    revoke_all = "mutation { revokeAllSessions }"
    assert await api.data(revoke_all, others[1]) == {"revokeAllSessions": 2}
    for token in (person.token, *others):
        await assert_refused(api, token)
    assert (await api.ask(revoke_all)).codes == ["UNAUTHENTICATED"]
    assert (await api.data(VIEWER, stranger))["viewer"]
