"""Tokens at the doors, ours and those of another issuer: A3 to A5 of FEATURES, A1 to A3 of GUARD."""

import asyncio
import time
from typing import Any

from composition import Marquee
from domain import ids
from tests.api.conftest import CLIENT, Answer, Api, Person, World
from tests.api.issuer import NAME, Issuer, trusting
from tests.integrations.hostile_tokens import Forge

VIEWER = "{ viewer { email user { id } } }"
IDENTITIES = "select issuer, subject, user_id from identities"


async def ask(api: Api, *authorization: str | bytes) -> Answer:
    headers = [("authorization", value) for value in authorization]
    response = await api.client.post(f"{api.base_url}/graphql", json={"query": VIEWER}, headers=headers)  # type: ignore[arg-type]
    return Answer(response, response.json())


def assert_unauthenticated(answer: Answer, why: object) -> None:
    """401 as RFC 6750 says it, and GraphQL's errors as JSON."""
    assert answer.response.status_code == 401, why
    assert answer.response.headers["www-authenticate"] == "Bearer", why
    assert answer.response.headers["content-type"] == "application/json; charset=utf-8", why
    assert answer.codes == ["UNAUTHENTICATED"], why
    assert "data" not in answer.body, why


def own_forge(marquee: Marquee, person: Person) -> Forge:
    assert marquee.signing_keys._newest
    kid, key = marquee.signing_keys._newest
    now = int(time.time())
    claims = {"iss": "marquee", "aud": "marquee", "sub": str(person.user.id), "sid": 1}
    claims |= {"iat": now, "nbf": now, "exp": now + 600}
    return Forge(key, {"alg": "RS256", "kid": kid, "typ": "at+jwt"}, claims)


async def test_a_token_that_we_signed_is_good(api: Api, world: World, marquee: Marquee) -> None:
    person = await world.person()
    for token in (person.token, own_forge(marquee, person).token()):
        for scheme in ("Bearer", "bearer", "BEARER"):
            answer = await ask(api, f"{scheme} {token}")
            assert answer.data["viewer"]["user"] == {"id": person.id}


async def test_a_verified_address_finds_the_person_once_and_then_the_subject_does(world: World) -> None:
    ada, _ = await world.person(email="ada@example.com"), await world.person(email="eve@example.com")
    issuer = Issuer()
    async with trusting(world.marquee, issuer) as (_, api):
        for email in ("Ada@Example.COM", "eve@example.com", "nobody@example.com"):
            answer = await ask(api, f"Bearer {issuer.token(email=email)}")
            assert answer.data["viewer"] == {"email": "ada@example.com", "user": {"id": ada.id}}, email
            assert await world.rows(IDENTITIES) == [(NAME, "ada-1", ada.user.id)]


async def test_first_sights_at_once_pin_one_identity(world: World) -> None:
    await world.person(email="ada@example.com")
    issuer = Issuer()
    async with trusting(world.marquee, issuer) as (_, api):
        same = await asyncio.gather(*(ask(api, f"Bearer {issuer.token()}") for _ in range(20)))
        assert {answer.response.status_code for answer in same} == {200}
        await world.rows("delete from identities")
        rivals = await asyncio.gather(*(ask(api, f"Bearer {issuer.token(sub=f'ada-{n}')}") for n in range(20)))
        assert sum(answer.response.status_code == 200 for answer in rivals) == 1
    assert await world.rows("select count(*) from identities") == [(1,)]


async def test_an_address_that_is_not_verified_lets_nobody_in_known_or_not(world: World) -> None:
    await world.person(email="ada@example.com")
    issuer = Issuer()
    async with trusting(world.marquee, issuer) as (_, api):
        for known in (False, True):
            for verified in (False, None, "true", 1):
                answer = await ask(api, f"Bearer {issuer.token(email_verified=verified)}")
                assert_unauthenticated(answer, verified)
                message = answer.body["errors"][0]["message"]
                assert message == "The e-mail address of this token is not verified."
            assert len(await world.rows(IDENTITIES)) == known
            assert (await ask(api, f"Bearer {issuer.token()}")).data["viewer"]


async def test_another_subject_with_that_address_is_refused(world: World) -> None:
    await world.person(email="ada@example.com")
    issuer = Issuer()
    async with trusting(world.marquee, issuer) as (_, api):
        assert (await ask(api, f"Bearer {issuer.token()}")).data["viewer"]
        pinned = await world.rows(IDENTITIES)
        answer = await ask(api, f"Bearer {issuer.token(sub='eve-1')}")
        assert (answer.response.status_code, answer.codes) == (401, ["USER_NOT_FOUND"])
        assert await world.rows(IDENTITIES) == pinned


STRANGERS: list[dict[str, Any]] = [
    {"email": "nobody@example.com"},
    {"email": "x" * 5000},
    {"email": "%@example.com"},
]


async def test_a_stranger_is_nobody_here(world: World) -> None:
    await world.person(email="ada@example.com")
    issuer = Issuer()
    async with trusting(world.marquee, issuer) as (_, api):
        for claims in STRANGERS:
            answer = await ask(api, f"Bearer {issuer.token(**claims)}")
            assert (answer.response.status_code, answer.codes) == (401, ["USER_NOT_FOUND"]), claims
            assert answer.body["errors"][0]["message"] == "User not found in database"
            assert answer.response.headers["www-authenticate"] == "Bearer"
    assert await world.rows(IDENTITIES) == []
    assert await world.rows("select count(*) from users") == [(1,)]


async def test_tokens_of_another_issuer_that_are_not_for_us_are_refused(world: World) -> None:
    await world.person(email="ada@example.com")
    issuer = Issuer()
    async with trusting(world.marquee, issuer, audience="spa") as (_, api):
        goods: list[dict[str, Any]] = [{"aud": "spa"}, {"aud": ["account", "spa"]}, {"aud": "account", "azp": "spa"}]
        for good in goods:
            assert (await ask(api, f"Bearer {issuer.token(**good)}")).data["viewer"], good
        bad: list[dict[str, Any]] = [
            {},
            {"aud": "account"},
            {"aud": "spa", "typ": "ID"},
            {"aud": "spa", "typ": "Refresh"},
        ]
        for claims in [*bad, {"aud": "spa", "email": None}]:
            assert_unauthenticated(await ask(api, f"Bearer {issuer.token(**claims)}"), claims)
        assert (await api.ask(VIEWER, (await world.person()).token)).data["viewer"], (
            "our own tokens have our own audience"
        )


async def test_fifty_who_ask_at_once_fetch_the_keys_once(world: World) -> None:
    await world.person(email="ada@example.com")
    issuer = Issuer()
    async with trusting(world.marquee, issuer) as (_, api):
        answers = await asyncio.gather(*(ask(api, f"Bearer {issuer.token()}") for _ in range(50)))
        assert all(answer.data["viewer"] for answer in answers)
        assert issuer.asked == 1


async def test_a_rotation_at_the_issuer_is_seen_at_once_and_invented_kids_ask_seldom(world: World) -> None:
    await world.person(email="ada@example.com")
    issuer = Issuer()
    async with trusting(world.marquee, issuer) as (_, api):
        assert (await ask(api, f"Bearer {issuer.token()}")).data["viewer"]
        issuer.kids = ["second", "first"]
        assert (await ask(api, f"Bearer {issuer.token('second')}")).data["viewer"]
        assert (await ask(api, f"Bearer {issuer.token()}")).data["viewer"]
        assert issuer.asked == 2
        invented = [issuer.forge().token({"kid": f"invented {n}"}) for n in range(30)]
        for answer in await asyncio.gather(*(ask(api, f"Bearer {token}") for token in invented)):
            assert_unauthenticated(answer, "an invented kid")
        assert issuer.asked == 3


async def test_an_issuer_that_is_down_ends_nobody_it_has_introduced(world: World) -> None:
    await world.person(email="ada@example.com")
    issuer = Issuer()
    async with trusting(world.marquee, issuer) as (_, api):
        assert (await ask(api, f"Bearer {issuer.token()}")).data["viewer"]
        for trouble in ("nothing", "rubbish"):
            issuer.answers = trouble
            unknown = await ask(api, f"Bearer {issuer.token('second')}")
            assert (unknown.response.status_code, unknown.codes) == (503, ["UNAVAILABLE"])
            assert (await ask(api, f"Bearer {issuer.token()}")).data["viewer"], "known keys hold"
        issuer.answers, issuer.kids = "keys", ["first", "second"]
        assert (await ask(api, f"Bearer {issuer.token('second')}")).data["viewer"], "back as soon as the issuer is"


async def test_a_slow_issuer_delays_nobody_else(world: World) -> None:
    person, _ = await world.person(), await world.person(email="ada@example.com")
    issuer = Issuer()
    async with trusting(world.marquee, issuer) as (_, api):
        issuer.awake.clear()
        waiting = asyncio.create_task(ask(api, f"Bearer {issuer.token()}"))
        async with asyncio.timeout(5):
            while not issuer.asked:
                await asyncio.sleep(0)
        assert (await ask(api, f"Bearer {person.token}")).data["viewer"]
        assert not waiting.done()
        issuer.awake.set()
        assert (await waiting).data["viewer"]


async def test_our_own_rotation_leaves_old_tokens_good(world: World) -> None:
    person = await world.person()
    async with trusting(world.marquee, Issuer()) as (second, api):
        await second.signing_keys.rotate()
        await second.own_keys.warm()
        jwks = (await api.client.get(f"{api.base_url}/.well-known/jwks.json")).json()
        new, _ = second.services.sessions._access_tokens.issue(person.user.id, 1, second.settings.access_lifetime)
        for token in (person.token, new):
            assert (await ask(api, f"Bearer {token}")).data["viewer"]["user"] == {"id": person.id}
    old = world.marquee.signing_keys.published["keys"]
    assert [entry in jwks["keys"] for entry in old] == [True] * len(old)
    assert len(jwks["keys"]) == len(old) + 1
    for entry in jwks["keys"]:
        assert set(entry) == {"kty", "kid", "use", "alg", "n", "e"}, "nothing private, and nothing else"
        assert (entry["kty"], entry["use"], entry["alg"]) == ("RSA", "sig", "RS256")
    # The first process has not heard of the new key, and finds it when it meets it.
    first_process = await world.marquee.services.authentication.by_token(new, CLIENT)
    assert ids.encode("User", first_process.user.id) == person.id
