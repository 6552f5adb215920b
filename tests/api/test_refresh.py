"""Refresh tokens work once, and what comes back later ends the session: D1 and D2 of FEATURES, A4 of GUARD."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from composition import Marquee
from domain.sessions import SessionRules
from tests.api.conftest import CLIENT, Api, Person, World

REFRESH = """mutation ($token: String!) {
  refreshSession(input: {refreshToken: $token}) {
    ... on SignedIn { tokens { accessToken expiresIn refreshToken refreshExpiresIn } viewer { email } }
    ... on Refusal { code message problems { field } }
  }
}"""
VIEWER = "{ viewer { email } }"
ENDED = {"code": "SESSION_EXPIRED", "message": "This session has ended. Please sign in again.", "problems": []}


async def refresh(api: Api, token: str) -> Any:
    return (await api.data(REFRESH, token=token))["refreshSession"]


async def assert_lives(api: Api, person: Person, *tokens: str) -> None:
    for token in tokens:
        assert await api.data(VIEWER, token) == {"viewer": {"email": person.user.email}}


async def assert_ended(api: Api, world: World, *tokens: str) -> None:
    assert await world.rows("select count(*) from sessions where revoked_at is null") == [(0,)]
    for token in tokens:
        answer = await api.ask(VIEWER, token)
        assert (answer.response.status_code, answer.codes) == (401, ["UNAUTHENTICATED"])


async def test_refreshing_replaces_both_tokens(api: Api, world: World) -> None:
    person = await world.person()
    new = await refresh(api, person.refresh_token)
    assert new["viewer"] == {"email": person.user.email}
    assert new["tokens"]["accessToken"] != person.token
    assert new["tokens"]["refreshToken"] != person.refresh_token
    assert (new["tokens"]["expiresIn"], new["tokens"]["refreshExpiresIn"]) == (1800, 7 * 86400)
    await assert_lives(api, person, person.token, new["tokens"]["accessToken"])
    following = await refresh(api, new["tokens"]["refreshToken"])
    assert following["tokens"]["refreshToken"] not in (new["tokens"]["refreshToken"], person.refresh_token)
    assert await world.rows("select count(*) from sessions") == [(1,)]


async def test_two_tabs_get_the_same_successor(api: Api, world: World) -> None:
    person = await world.person()
    tabs = [await refresh(api, person.refresh_token) for _ in range(2)]
    assert tabs[0]["tokens"]["refreshToken"] == tabs[1]["tokens"]["refreshToken"]
    await assert_lives(api, person, *(tab["tokens"]["accessToken"] for tab in tabs))
    assert "tokens" in await refresh(api, tabs[0]["tokens"]["refreshToken"])


async def test_thirty_two_at_once_leave_one_living_chain(api: Api, world: World) -> None:
    person = await world.person()
    token = person.refresh_token
    for _ in range(2):
        answers = await asyncio.gather(*(refresh(api, token) for _ in range(32)))
        successors = {answer["tokens"]["refreshToken"] for answer in answers}
        assert len(successors) == 1
        assert await world.rows("select count(*), count(revoked_at) from sessions") == [(1, 0)]
        await assert_lives(api, person, *(answer["tokens"]["accessToken"] for answer in answers))
        (token,) = successors
    assert "tokens" in await refresh(api, token)


async def test_a_grandparent_that_comes_back_ends_the_session(api: Api, world: World) -> None:
    person = await world.person()
    parent = (await refresh(api, person.refresh_token))["tokens"]
    newest = (await refresh(api, parent["refreshToken"]))["tokens"]
    assert await refresh(api, person.refresh_token) == ENDED
    await assert_ended(api, world, person.token, parent["accessToken"], newest["accessToken"])
    for token in (newest["refreshToken"], parent["refreshToken"]):
        assert await refresh(api, token) == ENDED


async def test_a_predecessor_that_comes_back_after_the_grace_ends_the_session(api: Api, world: World) -> None:
    person = await world.person()
    newest = (await refresh(api, person.refresh_token))["tokens"]
    await world.rows("update sessions set rotated_at = now() - interval '9 seconds'")
    assert "tokens" in await refresh(api, person.refresh_token)
    await world.rows("update sessions set rotated_at = now() - interval '11 seconds'")
    assert await refresh(api, person.refresh_token) == ENDED
    await assert_ended(api, world, person.token, newest["accessToken"])
    assert await refresh(api, newest["refreshToken"]) == ENDED


async def test_a_replay_ends_that_session_only(api: Api, world: World) -> None:
    person, other = await world.person(), await world.person()
    await refresh(api, person.refresh_token)
    await world.rows("update sessions set rotated_at = now() - interval '1 hour'")
    assert await refresh(api, person.refresh_token) == ENDED
    await assert_lives(api, other, other.token)
    assert "tokens" in await refresh(api, other.refresh_token)


GARBAGE = ["", " ", "x", ".", "1", "1.", ".1", "0.x", "-1.x", "+1.x", " 1.x", "1 .x", "1_0.x", "1.0.x", "1e0.x", "\0"]
GARBAGE += [
    "1.\0",
    "1\0.x",
    "１.x",
    "١.x",
    "².x",
    "9" * 19 + ".x",
    "9" * 20 + ".x",
    "9" * 5000 + ".x",
    "null",
    "한글.한글",
]
GARBAGE += [f"{2**63 - 1}.x", f"{2**63}.x", "1." + "x" * 70_000, "1.x.y.z", "true.true", "' or 1=1 --", "Bearer 1.x"]


@pytest.mark.parametrize("token", GARBAGE, ids=lambda token: repr(token[:20]))
async def test_what_was_never_a_token_refreshes_nothing_and_ends_nothing(api: Api, world: World, token: str) -> None:
    person = await world.person()
    assert await refresh(api, token) == ENDED
    await assert_lives(api, person, person.token)
    assert "tokens" in await refresh(api, person.refresh_token)


async def test_nobody_ends_a_session_by_guessing_its_number(api: Api, world: World) -> None:
    """Session ids count up: if any made-up secret counted as a replay, a stranger could sign out everybody."""
    person, attacker = await world.person(), await world.person()
    number, _, rest = person.refresh_token.partition(".")
    own = attacker.refresh_token.partition(".")[2]
    last = "A" if rest[-2] != "A" else "B"
    forged = [f"{number}.{own}", f"{number}.{rest[:-2]}{last}{rest[-1]}", f"0{number}.{rest}", f"{number}.{rest[:-1]}"]
    forged += [f"{number}.{rest[:43]}", f"{number}.{rest}.", f"{number}.{rest}A", f" {number}.{rest}", f"{number}."]
    for token in forged:
        assert await refresh(api, token) == ENDED, token
    await assert_lives(api, person, person.token)
    assert "tokens" in await refresh(api, person.refresh_token)
    assert "tokens" in await refresh(api, attacker.refresh_token)


async def test_an_access_token_refreshes_nothing(api: Api, world: World) -> None:
    person = await world.person()
    assert await refresh(api, person.token) == ENDED
    answer = await api.ask(VIEWER, person.refresh_token)
    assert (answer.response.status_code, answer.codes) == (401, ["UNAUTHENTICATED"])
    await assert_lives(api, person, person.token)


async def test_a_session_has_an_end_however_often_it_is_refreshed(api: Api, world: World) -> None:
    person = await world.person()
    await world.rows("update sessions set absolute_end = now() + interval '1 hour'")
    new = await refresh(api, person.refresh_token)
    assert 3500 < new["tokens"]["refreshExpiresIn"] <= 3600
    assert await world.rows("select expires_at = absolute_end from sessions") == [(True,)]
    await world.rows("update sessions set absolute_end = now(), expires_at = now()")
    assert await refresh(api, new["tokens"]["refreshToken"]) == ENDED
    answer = await api.ask(VIEWER, new["tokens"]["accessToken"])
    assert (answer.response.status_code, answer.codes) == (401, ["UNAUTHENTICATED"])


async def test_a_session_does_not_begin_with_more_than_its_whole_life(world: World, marquee: Marquee) -> None:
    """Where SESSION_DAYS is less than REFRESH_TOKEN_DAYS."""
    person = await world.person()
    day = timedelta(days=1)
    rules = SessionRules(access=day, refresh=7 * day, absolute=day, grace=timedelta(0))
    async with marquee.database.writing() as transaction:
        session = await marquee.ways_in.session_store.insert(transaction, person.user.id, None, b"hash", rules)
    assert session.expires_at - session.created_at == day


async def test_an_unused_refresh_token_dies_after_a_week(api: Api, world: World) -> None:
    person = await world.person()
    assert await world.rows("select expires_at - created_at from sessions") == [(timedelta(days=7),)]
    await world.rows("update sessions set expires_at = now()")
    assert await refresh(api, person.refresh_token) == ENDED


async def test_an_ended_session_is_not_refreshed(api: Api, world: World) -> None:
    person = await world.person()
    await api.data("mutation { logout }", person)
    assert await refresh(api, person.refresh_token) == ENDED
    await assert_ended(api, world, person.token)


async def test_refreshing_races_logging_out_and_loses(api: Api, world: World) -> None:
    person = await world.person()
    logout = api.ask("mutation { logout }", person)
    answers = await asyncio.gather(logout, *(api.ask(REFRESH, token=person.refresh_token) for _ in range(8)))
    assert answers[0].data == {"logout": True}
    given = [answer.data["refreshSession"].get("tokens") for answer in answers[1:]]
    await assert_ended(api, world, person.token, *(tokens["accessToken"] for tokens in given if tokens))


async def test_sessions_of_one_person_are_independent(api: Api, world: World) -> None:
    person = await world.person()
    async with world.marquee.database.writing() as transaction:
        second = await world.marquee.services.sessions.begin(transaction, person.user, CLIENT)
    await refresh(api, person.refresh_token)
    await api.data("mutation { logout }", person)
    await assert_lives(api, person, second.tokens.access_token)
    assert "tokens" in await refresh(api, second.tokens.refresh_token or "")
