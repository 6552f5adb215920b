"""Accounts at a real Keycloak, through our adapter; what became of them is asked of Keycloak itself."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import jwt
import pytest

from domain.accounts import Accounts, NewAccount
from domain.errors import Refusal, RefusalCode
from tests.keycloak.conftest import PASSWORD, RunningKeycloak

PASSWORDS = {
    "form": "a+b&c=d%41;?#/ e",
    "quotes": "\"'\\`${PATH}{{}}<b>",
    "every script": "пароль 비밀번호 🦊 e\u0301",
    "spaces around": "  a password  ",
    "controls": "NUL\0 tab\t line\r\n end",
    "long": "0123456789" * 20,
}
EMAILS = [
    "person+films@example.com",
    "o'neill.a_b-c@example.com",
    "a!#$%&*/=?^`{|}~b@example.com",
    "사람@example.com",
    "jörg@bücher.example",
    "x" * 64 + "@example.com",
]


def new(
    email: str, password: str = PASSWORD, first_name: str | None = None, last_name: str | None = None
) -> NewAccount:
    return NewAccount(email, password, first_name, last_name)


async def made(accounts: Accounts, email: str) -> str:
    subject = await accounts.create(new(email))
    assert subject
    return subject


async def refused(call: Awaitable[Any]) -> tuple[RefusalCode, dict[tuple[str, ...], str]]:
    """The refusal's code, and its problems by field."""
    with pytest.raises(Refusal) as caught:
        await call
    refused = caught.value.refused
    return refused.code, {problem.field: problem.message for problem in refused.problems}


async def found(admin: httpx2.AsyncClient, email: str) -> list[dict[str, Any]]:
    """Who has this address there."""
    answer: list[dict[str, Any]] = (await admin.get("users", params={"email": email, "exact": "true"})).json()
    return answer


async def sessions(admin: httpx2.AsyncClient, subject: str) -> list[Any]:
    answer: list[Any] = (await admin.get(f"users/{subject}/sessions")).raise_for_status().json()
    return answer


@asynccontextmanager
async def changed(admin: httpx2.AsyncClient, path: str, **changes: Any) -> AsyncIterator[None]:
    """Something at Keycloak is otherwise, for a while."""
    before = (await admin.get(path)).raise_for_status().json()
    (await admin.put(path, json=before | changes)).raise_for_status()
    try:
        yield
    finally:
        # What was not set before stays as it is, unless it is named.
        back = before | {name: before.get(name, "") for name in changes}
        (await admin.put(path, json=back)).raise_for_status()


def issued(tokens: dict[str, Any]) -> int:
    """When, in whole seconds."""
    return int(jwt.decode(tokens["refresh_token"], options={"verify_signature": False})["iat"])


async def test_a_new_account_signs_in_at_once(accounts: Accounts, admin: httpx2.AsyncClient, email: str) -> None:
    subject = await accounts.create(new(email, first_name="Ünal", last_name="<O'Neill> & 김"))
    token = await accounts.sign_in(email, PASSWORD)
    assert token
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["sub"], claims["email"], claims["email_verified"]) == (subject, email, True)
    (there,) = await found(admin, email)
    assert (there["id"], there["username"], there["enabled"]) == (subject, email, True)
    assert (there["firstName"], there["lastName"]) == ("Ünal", "<O'Neill> & 김")


async def test_names_are_sent_where_there_are_some(accounts: Accounts, admin: httpx2.AsyncClient, email: str) -> None:
    assert await accounts.create(new(email, first_name="Only"))
    (there,) = await found(admin, email)
    assert there["firstName"] == "Only"
    assert "lastName" not in there


async def test_an_address_that_is_taken_stays_with_who_has_it(accounts: Accounts, email: str) -> None:
    await made(accounts, email)
    assert await accounts.create(new(email, "another password")) is None
    assert await accounts.sign_in(email, "another password") is None
    assert await accounts.sign_in(email, PASSWORD)


async def test_of_twenty_at_once_one_gets_the_address(
    accounts: Accounts, admin: httpx2.AsyncClient, email: str
) -> None:
    subjects = await asyncio.gather(*(accounts.create(new(email)) for _ in range(20)))
    (subject,) = filter(None, subjects)
    assert [there["id"] for there in await found(admin, email)] == [subject]


async def test_an_account_is_gone_however_often_it_is_deleted(
    accounts: Accounts, admin: httpx2.AsyncClient, email: str
) -> None:
    subject = await made(accounts, email)
    await asyncio.gather(*(accounts.delete(subject) for _ in range(5)))
    await accounts.delete(subject)
    await accounts.delete("../../nobody?x=ü")
    assert await found(admin, email) == []
    assert await accounts.sign_in(email, PASSWORD) is None
    assert await accounts.create(new(email)) not in {None, subject}


async def test_who_is_not_let_in_is_none(accounts: Accounts, admin: httpx2.AsyncClient, email: str) -> None:
    subject = await made(accounts, email)
    assert await accounts.sign_in(email, "another password") is None
    assert await accounts.sign_in(f"un{email}", PASSWORD) is None
    assert await accounts.sign_in(email, "") is None
    assert await accounts.sign_in(email, "\ud800") is None
    for state in ({"enabled": False}, {"requiredActions": ["UPDATE_PASSWORD"]}):
        async with changed(admin, f"users/{subject}", **state):
            assert await accounts.sign_in(email, PASSWORD) is None, state
    assert await accounts.sign_in(email, PASSWORD)


async def test_signing_in_leaves_no_session_behind(
    accounts: Accounts, admin: httpx2.AsyncClient, keycloak: RunningKeycloak, email: str
) -> None:
    subject = await made(accounts, email)
    await keycloak.tokens(email, PASSWORD)
    (before,) = await sessions(admin, subject)
    assert all(await asyncio.gather(*(accounts.sign_in(email, PASSWORD) for _ in range(5))))
    assert [session["id"] for session in await sessions(admin, subject)] == [before["id"]], "its own, and only those"


async def test_a_new_password_ends_what_the_old_one_began(
    accounts: Accounts, admin: httpx2.AsyncClient, keycloak: RunningKeycloak, email: str
) -> None:
    subject = await made(accounts, email)
    begun = [await keycloak.tokens(email, PASSWORD, scope) for scope in ("openid", "openid offline_access")]
    # Keycloak tells offline tokens from before by their second.
    while issued(await keycloak.tokens(email, PASSWORD)) == issued(begun[-1]):
        pass
    await accounts.set_password(subject, "another password")
    assert await accounts.sign_in(email, PASSWORD) is None
    assert await accounts.sign_in(email, "another password")
    assert await sessions(admin, subject) == []
    for tokens in begun:
        assert (await keycloak.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"


async def test_sessions_end_and_the_account_stays(
    accounts: Accounts, admin: httpx2.AsyncClient, keycloak: RunningKeycloak, email: str
) -> None:
    subject = await made(accounts, email)
    tokens = await keycloak.tokens(email, PASSWORD)
    assert (await keycloak.refresh(tokens["refresh_token"])).is_success
    await accounts.end_sessions(subject)
    await accounts.end_sessions(subject)
    assert (await keycloak.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"
    assert await sessions(admin, subject) == []
    assert await accounts.sign_in(email, PASSWORD)


async def test_an_unknown_account_has_no_sessions_to_end_and_no_password_to_set(accounts: Accounts) -> None:
    await accounts.end_sessions("nobody")
    assert await refused(accounts.set_password("nobody", PASSWORD)) == (RefusalCode.UPSTREAM_FAILED, {})


POLICIES = {
    "length(12)": ("elevenchars", "Invalid password: minimum length 12."),
    "maxLength(15)": ("sixteencharacter", "Invalid password: maximum length 15."),
    "digits(1)": ("no digit here", "Invalid password: must contain at least 1 numerical digits."),
    "regexPattern(^[a-z]+$)": ("No Match", "Invalid password: fails to match regex pattern(s)."),
}


@pytest.mark.parametrize("policy", POLICIES)
async def test_a_password_is_refused_in_the_words_of_keycloak(
    accounts: Accounts, admin: httpx2.AsyncClient, email: str, policy: str
) -> None:
    password, words = POLICIES[policy]
    subject = await made(accounts, email)
    async with changed(admin, "", passwordPolicy=policy):
        answer = await refused(accounts.create(new(f"un{email}", password)))
        assert answer == (RefusalCode.VALIDATION_FAILED, {("input", "password"): words})
        answer = await refused(accounts.set_password(subject, password))
        assert answer == (RefusalCode.VALIDATION_FAILED, {("input", "newPassword"): words})
    assert await found(admin, f"un{email}") == []
    assert await accounts.sign_in(email, PASSWORD), "nothing has changed"


async def test_the_last_password_may_be_refused_as_the_next(
    accounts: Accounts, admin: httpx2.AsyncClient, keycloak: RunningKeycloak, email: str
) -> None:
    async with changed(admin, "", passwordPolicy="passwordHistory(3)"):
        subject = await made(accounts, email)
        tokens = await keycloak.tokens(email, PASSWORD)
        words = "Invalid password: must not be equal to any of last 3 passwords."
        _, problems = await refused(accounts.set_password(subject, PASSWORD))
        assert problems == {("input", "newPassword"): words}
    assert (await keycloak.refresh(tokens["refresh_token"])).is_success, "who changes nothing ends nothing"


async def test_what_no_request_can_carry_is_no_password(accounts: Accounts, admin: httpx2.AsyncClient) -> None:
    words = "This contains characters that cannot be stored."
    for call, field in (
        (accounts.create(new("sur@example.com", "half \ud83e")), "password"),
        (accounts.set_password("x", "\udd8a"), "newPassword"),
    ):
        assert await refused(call) == (RefusalCode.VALIDATION_FAILED, {("input", field): words})
    assert await found(admin, "sur@example.com") == []


async def test_every_field_of_the_profile_that_is_refused_is_named(
    accounts: Accounts, admin: httpx2.AsyncClient, email: str
) -> None:
    too_long = "Keycloak says: invalid length too long."
    code, problems = await refused(accounts.create(new(email, first_name="a" * 256, last_name="b" * 256)))
    assert code is RefusalCode.VALIDATION_FAILED
    assert problems == {("input", "firstName"): too_long, ("input", "lastName"): too_long}
    code, problems = await refused(accounts.create(new("no address", last_name="b" * 256)))
    assert problems[("input", "email")] == "Keycloak says: invalid email."
    assert problems[("input", "lastName")] == too_long
    assert await found(admin, email) == []


async def test_a_realm_may_want_names(accounts: Accounts, admin: httpx2.AsyncClient, email: str) -> None:
    attributes = (await admin.get("users/profile")).json()["attributes"]
    for attribute in attributes:
        if attribute["name"] in {"firstName", "lastName"}:
            attribute["required"] = {"roles": ["admin", "user"]}
    async with changed(admin, "users/profile", attributes=attributes):
        _, problems = await refused(accounts.create(new(email, first_name="Given")))
        assert problems == {("input", "lastName"): "Keycloak says: user attribute required."}
        assert await accounts.create(new(email, first_name="Given", last_name="Family"))


async def test_what_nobody_is_asked_here_is_nobodys_mistake(
    accounts: Accounts, admin: httpx2.AsyncClient, email: str
) -> None:
    attributes = (await admin.get("users/profile")).json()["attributes"]
    phone = {"name": "phone", "required": {}, "permissions": {"view": ["admin"], "edit": ["admin"]}}
    async with changed(admin, "users/profile", attributes=[*attributes, phone]):
        assert await refused(accounts.create(new(email))) == (RefusalCode.UPSTREAM_FAILED, {})
    assert await accounts.create(new(email))


@pytest.mark.parametrize("kind", PASSWORDS)
async def test_a_password_is_any_characters(accounts: Accounts, email: str, kind: str) -> None:
    subject = await accounts.create(new(email, PASSWORDS[kind]))
    assert subject
    assert await accounts.sign_in(email, PASSWORDS[kind])
    assert await accounts.sign_in(email, PASSWORDS[kind].strip() + "x") is None
    await accounts.set_password(subject, PASSWORDS[kind] + "!")
    assert await accounts.sign_in(email, PASSWORDS[kind] + "!")


@pytest.mark.parametrize("address", EMAILS)
async def test_an_address_is_whatever_an_address_may_be(
    accounts: Accounts, keycloak: RunningKeycloak, address: str
) -> None:
    subject = await made(accounts, address)
    assert await accounts.create(new(address)) is None
    token = await accounts.sign_in(address, PASSWORD)
    assert token
    assert jwt.decode(token, options={"verify_signature": False})["email"] == address
    await accounts.delete(subject)
