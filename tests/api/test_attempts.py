"""How often one may be wrong: A5 of GUARD."""

import asyncio
import ipaddress
from collections.abc import AsyncIterator
from typing import Any

import pytest

from domain.attempts import network_of
from tests.api.conftest import PASSWORD, Api, World
from tests.api.issuer import application, settings_like

LOGIN = """mutation ($email: String!, $password: String!) {
    login(input: {email: $email, password: $password}) { ... on SignedIn { viewer { email } } ... on Refusal { code } }
}"""
ADA, LIMIT, PER_ADDRESS = "ada@example.com", 3, 8


@pytest.fixture
async def strict(world: World) -> AsyncIterator[Api]:
    """The same server with little patience, behind a proxy that it believes."""
    changes: dict[str, Any] = {"sign_in_tries_per_account": LIMIT, "sign_in_tries_per_address": PER_ADDRESS}
    changes["operation_seconds"] = 60
    changes["trusted_proxies"] = [ipaddress.ip_network("127.0.0.1")]
    await world.person(email=ADA)
    async with application(settings_like(world.marquee, **changes)) as (_, api):
        yield api


async def login(api: Api, email: str, password: str, address: str = "192.0.2.1") -> str:
    """SIGNED_IN, or the code of the refusal or error."""
    body = {"query": LOGIN, "variables": {"email": email, "password": password}}
    response = await api.client.post(f"{api.base_url}/graphql", json=body, headers={"x-forwarded-for": address})
    answer = response.json()
    if "errors" in answer:
        (told,) = answer["errors"][0]["extensions"]["details"]
        assert told == f"Try again in {response.headers['retry-after']} seconds."
        return str(answer["errors"][0]["extensions"]["code"])
    return str(answer["data"]["login"].get("code", "SIGNED_IN"))


async def tokens_of_ada(api: Api) -> Any:
    """Ada's, by the way for tests, which counts nothing."""
    query = """mutation ($email: String!) {
        issueTestToken(input: {email: $email}) { ... on SignedIn { tokens { accessToken } } }
    }"""
    return (await api.data(query, email=ADA))["issueTestToken"]["tokens"]


async def test_an_account_may_be_tried_so_often_and_then_not_even_rightly(strict: Api, world: World) -> None:
    assert [await login(strict, ADA, "wrong") for _ in range(LIMIT + 2)] == ["BAD_CREDENTIALS"] * LIMIT + [
        "RATE_LIMITED"
    ] * 2
    assert await login(strict, ADA.upper(), PASSWORD, "192.0.2.2") == "RATE_LIMITED", "from elsewhere, in capitals"
    await world.rows("update attempts set forgotten_at = now()")
    assert await login(strict, ADA, PASSWORD) == "SIGNED_IN"


async def test_nobodys_account_is_counted_like_anybodys(strict: Api) -> None:
    for email in (ADA, "nobody@example.com", "no address"):
        codes = [await login(strict, email, "wrong", f"192.0.2.{len(email)}") for _ in range(LIMIT + 1)]
        assert codes == ["BAD_CREDENTIALS"] * LIMIT + ["RATE_LIMITED"], email


async def test_whoever_signs_in_has_all_attempts_again(strict: Api, world: World) -> None:
    for _ in range(4):
        for _ in range(LIMIT - 1):
            assert await login(strict, ADA, "wrong") == "BAD_CREDENTIALS"
        assert await login(strict, ADA, PASSWORD) == "SIGNED_IN"
        await world.rows("update attempts set wrong = 0")


async def test_aliases_are_counted_one_by_one(strict: Api) -> None:
    fields = "\n".join(
        f'a{number}: login(input: {{email: "{ADA}", password: "wrong"}}) {{ ... on Refusal {{ code }} }}'
        for number in range(LIMIT)
    )
    last = f'last: login(input: {{email: "{ADA}", password: "{PASSWORD}"}}) {{ ... on SignedIn {{ csrfToken }} }}'
    answer = await strict.ask(f"mutation {{ {fields} {last} }}")
    assert answer.codes == ["RATE_LIMITED"]


async def test_attempts_at_once_are_as_many_as_one_after_the_other(strict: Api) -> None:
    codes = await asyncio.gather(*(login(strict, ADA, "wrong", f"192.0.2.{n}") for n in range(20)))
    assert sorted(codes) == ["BAD_CREDENTIALS"] * LIMIT + ["RATE_LIMITED"] * (20 - LIMIT)


async def test_many_right_ones_at_once_are_no_wrong_one(strict: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("domain.attempts._PATIENCE_SECONDS", 60)  # how fast passwords are hashed is not the question
    assert {*await asyncio.gather(*(login(strict, ADA, PASSWORD) for _ in range(3 * PER_ADDRESS)))} == {"SIGNED_IN"}


async def test_an_address_may_be_wrong_so_often_whomever_it_tries(strict: Api, world: World) -> None:
    codes = [await login(strict, f"person{number}@example.com", "wrong") for number in range(PER_ADDRESS + 1)]
    assert codes == ["BAD_CREDENTIALS"] * PER_ADDRESS + ["RATE_LIMITED"]
    assert await login(strict, ADA, PASSWORD) == "RATE_LIMITED"
    assert await login(strict, ADA, PASSWORD, "192.0.2.2") == "SIGNED_IN", "others are not kept out"
    assert [await login(strict, ADA, "wrong") for _ in range(LIMIT + 1)] == ["RATE_LIMITED"] * (LIMIT + 1)
    assert await login(strict, ADA, PASSWORD, "192.0.2.2") == "SIGNED_IN", "nor is the account used up from there"


async def test_an_address_that_signs_in_often_is_no_attacker(strict: Api) -> None:
    assert {await login(strict, ADA, PASSWORD) for _ in range(PER_ADDRESS + 2)} == {"SIGNED_IN"}


async def test_an_address_that_a_stranger_claims_is_not_believed(world: World) -> None:
    await world.person(email=ADA)
    async with application(settings_like(world.marquee, sign_in_tries_per_address=2)) as (_, api):
        codes = [await login(api, f"person{n}@example.com", "wrong", f"192.0.2.{n}") for n in range(4)]
    assert codes == ["BAD_CREDENTIALS"] * 2 + ["RATE_LIMITED"] * 2


async def test_guessing_the_current_password_is_counted_too(strict: Api, world: World) -> None:
    person = await world.person(email="eve@example.com")
    change = """mutation { changePassword(input: {currentPassword: "wrong", newPassword: "long enough"}) {
        ... on Refusal { code }
    } }"""
    answers = [await strict.ask(change, person) for _ in range(LIMIT + 1)]
    assert [answer.data["changePassword"]["code"] for answer in answers[:LIMIT]] == ["BAD_CREDENTIALS"] * LIMIT
    assert answers[-1].codes == ["RATE_LIMITED"]
    assert await login(strict, "eve@example.com", PASSWORD) == "SIGNED_IN", "at the door there were none"
    for _ in range(LIMIT):
        await login(strict, ADA, "wrong", "192.0.2.9")
    ada = (await tokens_of_ada(strict))["accessToken"]
    right = change.replace('"wrong"', f'"{PASSWORD}"')
    assert (await strict.ask(right, ada)).data["changePassword"] == {}, (
        "strangers at the door do not keep the owner out"
    )


async def test_what_is_kept_of_an_attempt_names_nobody(strict: Api, world: World) -> None:
    await login(strict, ADA, "wrong")
    kept = await world.rows("select hash, wrong, pending from attempts")
    assert [(len(key), *counts) for key, *counts in kept] == [(32, 1, 0), (32, 1, 0)]


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("unknown", "unknown"),
    ],
)
def test_one_address_of_ipv6_is_a_network(address: str, network: str) -> None:
    assert network_of(address) == network


async def test_an_attempt_that_nobody_ended_is_not_pending_for_ever(strict: Api, world: World) -> None:
    """Whoever looked at its password was killed in the middle: O5 of GUARD."""
    assert await login(strict, ADA, PASSWORD) == "SIGNED_IN"
    left = "update attempts set pending = 100, forgotten_at = now() + interval '1 minute', pending_until = now()"
    await world.rows(f"{left} + interval '1 minute'")
    assert await login(strict, ADA, PASSWORD) == "RATE_LIMITED"
    await world.rows(left)
    assert await login(strict, ADA, PASSWORD) == "SIGNED_IN"
