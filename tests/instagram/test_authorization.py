"""Signing a persona in at Meta, there and back."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from domain.codes import hash_of
from domain.errors import Refusal, RefusalCode
from domain.instagram_authorization import Authorization
from domain.users import Viewer
from integrations.secrets import InstagramStates
from tests.instagram.conftest import BACK, Studio
from tests.integrations.meta_server import SCOPES, error

SECRET = "for tests only, and as long as it has to be"


async def refused(call: Awaitable[Any], code: RefusalCode) -> str:
    with pytest.raises(Refusal) as caught:
        await call
    assert caught.value.refused.code is code
    return caught.value.refused.message


async def test_a_persona_comes_back_with_a_token_that_is_kept_sealed(studio: Studio) -> None:
    viewer = await studio.viewer()
    persona_id = await studio.signed_in(viewer)
    token = await studio.token(persona_id)
    assert token
    assert token == list(studio.meta.tokens)[-1]
    ((sealed, days),) = await studio.world.rows(
        "select sealed, extract(day from expires_at - now()) from instagram_tokens where persona_id = $1", persona_id
    )
    assert token.encode() not in sealed
    assert days == 59


async def test_another_sign_in_replaces_the_token(studio: Studio) -> None:
    viewer = await studio.viewer()
    persona_id = await studio.signed_in(viewer)
    first = await studio.token(persona_id)
    state, code = await studio.state(viewer, persona_id)
    await studio.instagram.authorization.complete(state, code, BACK, viewer.user.id)
    assert await studio.token(persona_id) not in (None, first)


async def test_the_dialog_is_asked_for_what_settings_say(studio: Studio) -> None:
    viewer = await studio.viewer()
    started = await studio.instagram.authorization.start(viewer, await studio.persona(viewer), BACK)
    asked = parse_qs(urlsplit(started.url).query)
    assert set(asked["scope"][0].split(",")) == SCOPES
    assert asked["redirect_uri"] == [BACK]
    assert " " not in asked["scope"][0]


async def test_only_ones_own_persona_can_sign_in(studio: Studio) -> None:
    viewer, other = await studio.viewer(), await studio.viewer()
    theirs = await studio.persona(other)
    for persona_id in (theirs, 10**9, -1):
        call = studio.instagram.authorization.start(viewer, persona_id, BACK)
        await refused(call, RefusalCode.PERSONA_REQUIRED)
    assert await studio.world.rows("select 1 from one_time_codes") == []


@pytest.mark.parametrize("missing", ["meta_app_id", "meta_app_secret"])
async def test_without_an_app_at_meta_nobody_is_sent_there(studio: Studio, missing: str) -> None:
    viewer = await studio.viewer()
    authorization = studio.set(**{missing: None}).authorization
    call = authorization.start(viewer, await studio.persona(viewer), BACK)
    assert "META_APP_ID" in await refused(call, RefusalCode.NOT_CONFIGURED)


async def test_a_state_works_once_even_for_many_at_once(studio: Studio) -> None:
    viewer = await studio.viewer()
    state, code = await studio.state(viewer, await studio.persona(viewer))
    calls = [studio.instagram.authorization.complete(state, code, BACK, None) for _ in range(5)]
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert [result for result in results if result is None] == [None]
    codes = {result.refused.code for result in results if isinstance(result, Refusal)}
    assert codes == {RefusalCode.SESSION_EXPIRED}


Change = Callable[[Studio, Viewer], Awaitable[object]]
ENDINGS: dict[str, Change] = {
    "ten minutes are over": lambda studio, _viewer: studio.world.rows(
        "update one_time_codes set expires_at = expires_at - interval '601 seconds'"
    ),
    "the session was ended": lambda studio, viewer: studio.world.marquee.services.sessions.revoke(
        viewer, viewer.session_id
    ),
    "all sessions were ended": lambda studio, viewer: studio.world.marquee.services.sessions.revoke_all(viewer),
    "the session is over": lambda studio, _viewer: studio.world.rows("update sessions set expires_at = now()"),
    "the person is gone": lambda studio, viewer: studio.world.rows("delete from users where id = $1", viewer.user.id),
}


@pytest.mark.parametrize("ending", ENDINGS)
async def test_a_state_ends_with_its_time_and_its_session(studio: Studio, ending: str) -> None:
    viewer = await studio.viewer()
    state, code = await studio.state(viewer, await studio.persona(viewer))
    await ENDINGS[ending](studio, viewer)
    call = studio.instagram.authorization.complete(state, code, BACK, None)
    await refused(call, RefusalCode.SESSION_EXPIRED)
    assert studio.meta.asked == []


async def test_a_state_is_good_to_the_end_of_ten_minutes(studio: Studio) -> None:
    viewer = await studio.viewer()
    state, code = await studio.state(viewer, await studio.persona(viewer))
    await studio.world.rows("update one_time_codes set expires_at = expires_at - interval '590 seconds'")
    await studio.instagram.authorization.complete(state, code, BACK, None)


async def test_a_state_that_we_did_not_sign_is_none(studio: Studio) -> None:
    viewer = await studio.viewer()
    persona_id = await studio.persona(viewer)
    good, _code = await studio.state(viewer, persona_id)
    header, claims, signature = good.split(".")
    made_up = InstagramStates("somebody else's secret, long enough for a key").sign(
        Authorization(viewer.user.id, viewer.session_id, persona_id)
    )
    none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0"
    hostile = ["", ".", "a.b.c", "ß" * 20, "[" * 5000, f"{header}.{claims}.", f"{none}.{claims}.", made_up, good + "A"]
    for state in [*hostile, f"{header}.{claims[:-2]}AA.{signature}"]:
        call = studio.instagram.authorization.complete(state, "AQcode", BACK, None)
        await refused(call, RefusalCode.SESSION_EXPIRED)
    assert studio.meta.asked == []


async def test_a_state_needs_its_persona(studio: Studio) -> None:
    viewer = await studio.viewer()
    state = InstagramStates(SECRET).sign(Authorization(viewer.user.id, viewer.session_id, None))
    call = studio.instagram.authorization.complete(state, "AQcode", BACK, None)
    await refused(call, RefusalCode.PERSONA_REQUIRED)
    state, code = await studio.state(viewer, await studio.persona(viewer))
    await studio.world.rows("delete from personas")
    call = studio.instagram.authorization.complete(state, code, BACK, None)
    await refused(call, RefusalCode.PERSONA_REQUIRED)
    assert studio.meta.asked == []


async def test_a_persona_that_goes_while_meta_is_asked_gets_no_token(studio: Studio) -> None:
    viewer = await studio.viewer()
    persona_id = await studio.persona(viewer)
    stranger = await studio.viewer()
    await studio.world.rows("update personas set user_id = $1 where id = $2", stranger.user.id, persona_id)
    assert not await studio.instagram.token_store.keep(viewer.user.id, persona_id, b"sealed", timedelta(days=10))
    assert not await studio.instagram.token_store.keep(viewer.user.id, 10**9, b"sealed", timedelta(days=10))
    assert await studio.world.rows("select 1 from instagram_tokens") == []


async def test_who_says_no_at_meta_is_not_signed_in(studio: Studio) -> None:
    viewer = await studio.viewer()
    for code in (None, ""):
        state, _code = await studio.state(viewer, await studio.persona(viewer, 1 if code is None else 2))
        call = studio.instagram.authorization.complete(state, code, BACK, None)
        await refused(call, RefusalCode.BAD_CREDENTIALS)
    assert studio.meta.asked == []


async def test_a_code_that_meta_does_not_take_leaves_what_was_kept(studio: Studio) -> None:
    viewer = await studio.viewer()
    persona_id = await studio.signed_in(viewer)
    token = await studio.token(persona_id)
    for subcode in (36007, 36009):
        state, code = await studio.state(viewer, persona_id)
        studio.meta.refused_codes[code] = error(100, subcode)
        call = studio.instagram.authorization.complete(state, code, BACK, None)
        await refused(call, RefusalCode.BAD_CREDENTIALS)
    assert await studio.token(persona_id) == token


async def test_who_ends_what_another_began_is_refused_and_the_state_is_used_up(studio: Studio) -> None:
    attacker, victim = await studio.viewer(), await studio.viewer()
    persona_id = await studio.persona(attacker)
    state, code = await studio.state(attacker, persona_id)
    for comer in (victim.user.id, attacker.user.id):
        call = studio.instagram.authorization.complete(state, code, BACK, comer)
        await refused(call, RefusalCode.SESSION_EXPIRED)
    assert await studio.token(persona_id) is None
    assert studio.meta.asked == []


async def test_a_code_of_another_kind_is_no_state(studio: Studio) -> None:
    viewer = await studio.viewer()
    state, code = await studio.state(viewer, await studio.persona(viewer))
    assert not await studio.world.marquee.ways_in.codes.take(hash_of("oauth", state))
    await studio.instagram.authorization.complete(state, code, BACK, None)
