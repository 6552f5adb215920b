"""Passwords that change, codes that work once, tokens for tests: E1 and E2 of FEATURES, A5 and A7 of GUARD."""

import asyncio
from datetime import timedelta
from typing import Any

import bcrypt
import pytest

from composition import Marquee
from domain.codes import hash_of
from domain.oauth import LOGIN
from tests.api.conftest import PASSWORD, Api, World
from tests.api.issuer import application, settings_like

SIGNED_IN = (
    "{ ... on SignedIn { tokens { accessToken refreshToken } viewer { email } } ... on Refusal { code message } }"
)
CHANGE = f"""mutation ($old: String!, $new: String!) {{
    changePassword(input: {{currentPassword: $old, newPassword: $new}}) {SIGNED_IN}
}}"""
SIGN_IN = f"""mutation ($email: String!, $password: String!) {{
    login(input: {{email: $email, password: $password}}) {SIGNED_IN}
}}"""
EXCHANGE = f"mutation ($code: String!) {{ exchangeLoginCode(input: {{code: $code}}) {SIGNED_IN} }}"
TEST_TOKEN = f"mutation ($email: String!) {{ issueTestToken(input: {{email: $email}}) {SIGNED_IN} }}"
VIEWER = "{ viewer { email sessions { id } } }"
NEW = "another password"


async def code_for(marquee: Marquee, user_id: int, lifetime: timedelta = timedelta(minutes=1)) -> str:
    code = f"code of {user_id}"
    await marquee.ways_in.codes.insert(hash_of(LOGIN, code), lifetime, user_id)
    return code


async def test_a_new_password_ends_every_session_and_begins_one(api: Api, world: World) -> None:
    person = await world.person(email="ada@example.com")
    elsewhere = (await api.data(SIGN_IN, email="ada@example.com", password=PASSWORD))["login"]["tokens"]
    changed = (await api.data(CHANGE, person, old=PASSWORD, new=NEW))["changePassword"]
    for token in (person.token, elsewhere["accessToken"]):
        assert (await api.ask(VIEWER, token)).codes == ["UNAUTHENTICATED"]
    refresh = "mutation ($t: String!) { refreshSession(input: {refreshToken: $t}) { ... on Refusal { code } } }"
    for token in (person.refresh_token, elsewhere["refreshToken"]):
        assert (await api.data(refresh, t=token))["refreshSession"] == {"code": "SESSION_EXPIRED"}
    assert len((await api.data(VIEWER, changed["tokens"]["accessToken"]))["viewer"]["sessions"]) == 1
    assert (await api.data(SIGN_IN, email="ada@example.com", password=PASSWORD))["login"]["code"] == "BAD_CREDENTIALS"
    assert "tokens" in (await api.data(SIGN_IN, email="ada@example.com", password=NEW))["login"]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("wrong", NEW, "BAD_CREDENTIALS"),
        ("", NEW, "BAD_CREDENTIALS"),
        (PASSWORD, "short", "VALIDATION_FAILED"),
        (PASSWORD, "x" * 201, "VALIDATION_FAILED"),
        (PASSWORD, "", "VALIDATION_FAILED"),
    ],
)
async def test_a_password_that_is_not_changed_changes_nothing(
    api: Api, world: World, old: str, new: str, code: str
) -> None:
    person = await world.person()
    before = await world.rows("select password_hash from users")
    assert (await api.data(CHANGE, person, old=old, new=new))["changePassword"]["code"] == code
    assert await world.rows("select password_hash from users") == before
    assert (await api.data(VIEWER, person))["viewer"]


async def test_a_person_without_a_password_has_none_to_change(api: Api, world: World) -> None:
    person = await world.person()
    await world.rows("update users set password_hash = null")
    assert (await api.data(CHANGE, person, old="", new=NEW))["changePassword"]["code"] == "CONFLICT"


async def test_of_two_who_change_a_password_at_once_one_wins(api: Api, world: World) -> None:
    person = await world.person(email="ada@example.com")
    news = [f"password number {number}" for number in range(5)]
    answers = await asyncio.gather(*(api.ask(CHANGE, person, old=PASSWORD, new=new) for new in news))
    won = [
        new
        for new, answer in zip(news, answers, strict=True)
        if answer.body["data"] and "tokens" in answer.body["data"]["changePassword"]
    ]
    assert len(won) == 1
    assert "tokens" in (await api.data(SIGN_IN, email="ada@example.com", password=won[0]))["login"]
    assert await world.rows("select count(*) from sessions where revoked_at is null") == [(2,)]


async def test_a_sign_in_that_races_with_a_new_password_is_over_with_the_others(api: Api, world: World) -> None:
    """The old password was right when it was looked at; its session must not outlive the change."""
    person = await world.person(email="ada@example.com")
    sign_ins: list[Any] = [api.ask(SIGN_IN, email="ada@example.com", password=PASSWORD) for _ in range(6)]
    *answers, changed = await asyncio.gather(*sign_ins, api.ask(CHANGE, person, old=PASSWORD, new=NEW))
    assert "tokens" in changed.data["changePassword"]
    for answer in answers:
        tokens = answer.data["login"].get("tokens")
        assert tokens is None or (await api.ask(VIEWER, tokens["accessToken"])).codes == ["UNAUTHENTICATED"]
    assert await world.rows("select count(*) from sessions where revoked_at is null") == [(1,)]


async def test_an_older_hash_is_upgraded_by_one_of_many_and_all_are_signed_in(api: Api, world: World) -> None:
    await world.person(email="ada@example.com")
    old = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    await world.rows("update users set password_hash = $1", old)
    answers = await asyncio.gather(*(api.data(SIGN_IN, email="ada@example.com", password=PASSWORD) for _ in range(6)))
    assert all("tokens" in answer["login"] for answer in answers)
    assert await world.rows("select password_hash like '$argon2id$%' from users") == [(True,)]


async def test_a_sign_in_that_races_with_the_own_deletion_is_refused_or_over(api: Api, world: World) -> None:
    person = await world.person(email="ada@example.com")
    delete = "mutation ($id: ID!) { deleteUser(input: {id: $id}) { ... on Deleted { id } } }"
    sign_ins = [api.ask(SIGN_IN, email="ada@example.com", password=PASSWORD) for _ in range(6)]
    *answers, _ = await asyncio.gather(*sign_ins, api.ask(delete, person, id=person.id))
    assert {tuple(answer.codes) for answer in answers} <= {(), ("CONFLICT",)}
    assert await world.rows("select count(*) from sessions") == [(0,)]


async def test_a_login_code_works_once(api: Api, world: World, marquee: Marquee) -> None:
    person = await world.person(email="ada@example.com")
    code = await code_for(marquee, person.user.id)
    answers = await asyncio.gather(*(api.data(EXCHANGE, code=code) for _ in range(20)))
    signed_in = [answer["exchangeLoginCode"] for answer in answers if "tokens" in answer["exchangeLoginCode"]]
    assert [one["viewer"] for one in signed_in] == [{"email": "ada@example.com"}]
    assert {answer["exchangeLoginCode"].get("code") for answer in answers} == {None, "BAD_CREDENTIALS"}
    assert (await api.data(VIEWER, signed_in[0]["tokens"]["accessToken"]))["viewer"]


@pytest.mark.parametrize("mutation", ["mutation { revokeAllSessions }", CHANGE], ids=["all revoked", "a new password"])
async def test_what_ends_everything_ends_codes_that_are_on_their_way(
    api: Api, world: World, marquee: Marquee, mutation: str
) -> None:
    person = await world.person()
    code = await code_for(marquee, person.user.id)
    await api.data(mutation, person, **({"old": PASSWORD, "new": NEW} if "$old" in mutation else {}))
    assert (await api.data(EXCHANGE, code=code))["exchangeLoginCode"]["code"] == "BAD_CREDENTIALS"


async def test_a_login_code_is_over_after_a_minute(api: Api, world: World, marquee: Marquee) -> None:
    person = await world.person()
    code = await code_for(marquee, person.user.id, timedelta(0))
    assert (await api.data(EXCHANGE, code=code))["exchangeLoginCode"]["code"] == "BAD_CREDENTIALS"
    assert await world.rows("select count(*) from sessions where user_agent <> 'tests'") == [(0,)]


@pytest.mark.parametrize(
    "code", ["", "x", "x" * 10_000, "\0", "\ud800".encode("utf-16", "surrogatepass").decode("latin-1")]
)
async def test_a_code_that_nobody_made_signs_nobody_in(api: Api, world: World, code: str) -> None:
    assert (await api.data(EXCHANGE, code=code))["exchangeLoginCode"]["code"] == "BAD_CREDENTIALS"


async def test_the_code_of_a_person_who_has_gone_opens_nothing(api: Api, world: World, marquee: Marquee) -> None:
    person = await world.person()
    code = await code_for(marquee, person.user.id)
    await world.rows("delete from users")
    assert (await api.data(EXCHANGE, code=code))["exchangeLoginCode"]["code"] == "BAD_CREDENTIALS"


async def test_a_test_signs_in_whomever_it_names(api: Api, world: World) -> None:
    await world.person(email="ada@example.com")
    signed_in = (await api.data(TEST_TOKEN, email="ADA@example.com"))["issueTestToken"]
    assert (await api.data(VIEWER, signed_in["tokens"]["accessToken"]))["viewer"]["email"] == "ada@example.com"
    assert (await api.data(TEST_TOKEN, email="nobody@example.com"))["issueTestToken"]["code"] == "NOT_FOUND"


async def test_production_issues_no_tokens_for_tests_unless_it_is_told_to(world: World) -> None:
    await world.person(email="ada@example.com")
    production = settings_like(world.marquee, environment="production")
    for changes, key in (({}, "code"), ({"test_tokens": True}, "tokens")):
        async with application(production.model_copy(update=changes)) as (_, api):
            assert key in (await api.data(TEST_TOKEN, email="ada@example.com"))["issueTestToken"]
