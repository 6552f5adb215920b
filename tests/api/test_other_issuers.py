"""Another issuer's tokens have sessions here too, which end like all others: A3 and D3 of FEATURES, A7 of GUARD."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from domain import ids
from tests.api.conftest import PASSWORD, Api, Person, World
from tests.api.issuer import Issuer, trusting
from tests.integrations.hostile_claims import GONE

SESSIONS = "{ viewer { sessions { id userAgent lastUsedAt current } } }"
LOGOUT = "mutation { logout }"
PLAY = "mutation ($id: ID!) { startStream(input: {contentId: $id}) { ... on StreamStarted { url } } }"


@pytest.fixture
async def ada(world: World) -> Person:
    return await world.person(email="ada@example.com")


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
async def here(world: World, issuer: Issuer) -> AsyncIterator[Api]:
    async with trusting(world.marquee, issuer) as (_, api):
        yield api


def token(issuer: Issuer, sid: str = "over there", age: float = 60, **claims: Any) -> str:
    """Issued so many seconds ago, in the session of that name."""
    return issuer.token(sid=sid, iat=int(time.time() - age), **claims)


async def sessions(api: Api, who: Person | str) -> Any:
    return (await api.data(SESSIONS, who))["viewer"]["sessions"]


async def test_a_stay_over_there_is_one_session_here(here: Api, ada: Person, issuer: Issuer) -> None:
    for stay in ("one", "one", "two"):
        await here.ask(SESSIONS, token(issuer, stay))
    listed = await sessions(here, ada)
    assert len(listed) == 3, "the own one among them"
    assert [one["current"] for one in await sessions(here, token(issuer, "one"))].count(True) == 1


async def test_many_first_sights_at_once_are_one_session(here: Api, ada: Person, issuer: Issuer, world: World) -> None:
    same = token(issuer)
    answers = await asyncio.gather(*(here.ask(SESSIONS, same) for _ in range(20)))
    assert {answer.response.status_code for answer in answers} == {200}
    assert await world.rows("select count(*) from sessions where issuer is not null") == [(1,)]


async def test_logging_out_ends_every_token_of_the_stay(here: Api, ada: Person, issuer: Issuer) -> None:
    older, same, other = token(issuer, age=90), token(issuer), token(issuer, "another")
    for one in (older, same, other):
        assert (await here.data(SESSIONS, one))["viewer"]
    assert await here.data(LOGOUT, same) == {"logout": True}
    for one in (older, same):
        answer = await here.ask(SESSIONS, one)
        assert (answer.response.status_code, answer.codes) == (401, ["UNAUTHENTICATED"])
    assert (await here.data(SESSIONS, other))["viewer"]
    assert len(await sessions(here, ada)) == 2


async def test_whoever_signs_in_again_over_there_is_in_again(
    here: Api, ada: Person, issuer: Issuer, world: World
) -> None:
    await here.data(LOGOUT, token(issuer))
    await world.rows("update sessions set revoked_at = now() - interval '10 seconds' where issuer is not null")
    assert (await here.ask(SESSIONS, token(issuer, age=11))).codes == ["UNAUTHENTICATED"]
    assert (await here.data(SESSIONS, token(issuer, age=5)))["viewer"], "issued after the sign-out"


@pytest.mark.parametrize("mutation", ["revokeAllSessions", "changePassword"])
async def test_what_ends_all_holds_for_tokens_that_were_never_seen_here(
    here: Api, ada: Person, issuer: Issuer, mutation: str
) -> None:
    given = f'(input: {{currentPassword: "{PASSWORD}", newPassword: "another one"}}) {{ __typename }}'
    await here.data(f"mutation {{ {mutation} {given if mutation == 'changePassword' else ''} }}", ada)
    assert (await here.ask(SESSIONS, token(issuer, "kept in a drawer"))).codes == ["UNAUTHENTICATED"]
    assert (await here.data(SESSIONS, token(issuer, "made since", age=0)))["viewer"]


async def test_an_issuer_whose_clock_is_ahead_is_signed_out_of_all_the_same(
    here: Api, ada: Person, issuer: Issuer
) -> None:
    ahead = token(issuer, age=-4)
    assert await here.data(LOGOUT, ahead) == {"logout": True}
    assert (await here.ask(SESSIONS, ahead)).codes == ["UNAUTHENTICATED"]


async def test_a_session_of_theirs_lives_as_long_as_a_token_of_it(
    here: Api, ada: Person, issuer: Issuer, world: World
) -> None:
    for number in range(3):
        await here.data(SESSIONS, issuer.token(jti=str(number), exp=int(time.time()) + 60))
    alive = "select count(*) from sessions where issuer is not null and expires_at > now() + interval '61 seconds'"
    assert await world.rows(alive) == [(0,)]


async def test_a_token_that_does_not_say_its_age_opens_nothing_that_was_ended(
    here: Api, ada: Person, issuer: Issuer, world: World
) -> None:
    ageless = issuer.token(sid="over there", iat=GONE)
    for _ in range(2):
        assert (await here.data(SESSIONS, ageless))["viewer"]
    assert await here.data(LOGOUT, ageless) == {"logout": True}
    await world.rows("update sessions set revoked_at = revoked_at - interval '10 years' where issuer is not null")
    assert (await here.ask(SESSIONS, ageless)).codes == ["UNAUTHENTICATED"]


async def test_a_token_that_is_newer_has_used_the_session(here: Api, ada: Person, issuer: Issuer, world: World) -> None:
    await here.data(SESSIONS, token(issuer))
    await world.rows("update sessions set last_used_at = now() - interval '1 hour' where issuer is not null")
    await here.data(SESSIONS, token(issuer))
    kept = (
        "select last_used_at > now() - interval '1 minute', count(*) from sessions where issuer is not null group by 1"
    )
    assert await world.rows(kept) == [(True, 1)]


@pytest.mark.parametrize(
    "mutation",
    ["mutation { revokeAllSessions }", "mutation ($id: ID!) { deleteUser(input: {id: $id}) { __typename } }"],
    ids=["all revoked", "the person deleted"],
)
async def test_what_ends_everything_ends_these_tokens_and_their_streams(
    here: Api, ada: Person, issuer: Issuer, world: World, mutation: str
) -> None:
    content = await world.content()
    same = token(issuer)
    url = (await here.data(PLAY, same, id=ids.encode("Content", content.id)))["startStream"]["url"]
    assert (await here.client.get(url)).status_code == 200
    await here.data(mutation, ada, **({"id": ada.id} if "$id" in mutation else {}))
    assert (await here.ask(SESSIONS, same)).response.status_code == 401
    assert (await here.client.get(url)).status_code == 404
