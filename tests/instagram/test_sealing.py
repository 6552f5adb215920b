"""Tokens under keys that change."""

import asyncio
from datetime import timedelta

import pytest

from domain.instagram_tokens import MetaToken, OpenToken, Resealed, SealedToken, Tokens
from integrations.encryption import Sealing
from tests.instagram.conftest import Studio

OLD, NEW = "an old key, and at least so many characters", "a new key, and at least as many characters"
SESSION = "for tests only, and as long as it has to be"


def sealing(*secrets: str) -> Sealing:
    return Sealing(secrets, "tokens of strangers")


def test_the_first_key_seals_and_all_open() -> None:
    sealed = sealing(OLD, SESSION).seal("EAAtoken")
    assert b"EAAtoken" not in sealed
    assert sealing(NEW, OLD, SESSION).open(sealed) == "EAAtoken"
    assert sealing(NEW, SESSION).open(sealed) is None
    assert sealing(OLD).seal("EAAtoken") != sealed, "the same twice looks like two"


def test_what_was_sealed_for_one_purpose_is_opened_for_no_other() -> None:
    assert Sealing([OLD], "signing keys").open(sealing(OLD).seal("EAAtoken")) is None


@pytest.mark.parametrize("hostile", [b"", b"nonsense", b"gAAAAA", "ü".encode(), b"\0" * 100])
def test_what_nobody_sealed_opens_with_no_key(hostile: bytes) -> None:
    assert sealing(NEW, OLD).open(hostile) is None
    assert sealing(NEW, OLD).reseal(hostile) is None


def test_one_bit_changed_is_not_opened() -> None:
    sealed = bytearray(sealing(OLD).seal("EAAtoken"))
    sealed[30] ^= 1
    assert sealing(OLD).open(bytes(sealed)) is None


def test_nothing_that_is_written_of_a_token_says_it() -> None:
    kept = SealedToken(1, b"sealed bytes")
    for shown in (repr(kept), repr(OpenToken("EAAtoken", kept)), f"{sealing(OLD)!r} {Tokens!r}"):
        assert "EAAtoken" not in shown
        assert "sealed bytes" not in shown
        assert OLD not in shown


async def test_keys_that_are_set_later_leave_old_tokens_readable_and_take_them_over(studio: Studio) -> None:
    viewer = await studio.viewer()
    tokens = {number: await studio.persona(viewer, number) for number in (1, 2, 3)}
    kept = [await studio.keep(viewer, persona) for persona in tokens.values()]
    later = studio.set(encryption_keys=[NEW]).tokens
    for persona, text in zip(tokens.values(), kept, strict=True):
        opened = await later.of_persona(persona)
        assert opened
        assert opened.text == text
    moments = "select persona_id, expires_at, renewed_at from instagram_tokens order by 1"
    before = await studio.world.rows(moments)
    assert [await later.reseal(), await later.reseal()] == [Resealed(3, 0), Resealed(0, 0)]
    assert before == await studio.world.rows(moments)
    sealed = [row[0] for row in await studio.world.rows("select sealed from instagram_tokens order by persona_id")]
    assert [sealing(NEW).open(one) for one in sealed] == kept
    assert [sealing(SESSION).open(one) for one in sealed] == [None] * 3


async def test_all_are_sealed_anew_in_however_many_batches(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("domain.instagram_tokens._AT_ONCE", 2)
    viewer = await studio.viewer()
    for number in range(1, 6):
        await studio.keep(viewer, await studio.persona(viewer, number))
    await studio.world.rows("update instagram_tokens set sealed = 'nonsense' where persona_id = 2")
    changed = await asyncio.gather(*(studio.set(encryption_keys=[NEW]).tokens.reseal() for _ in range(2)))
    assert sum(one.changed for one in changed) == 4, "each by one of the two"
    assert [one.closed for one in changed] == [1, 1], "and none that no key opens"
    assert await studio.world.rows("select persona_id from instagram_tokens where sealed = 'nonsense'") == [(2,)]


async def test_a_token_that_is_renewed_while_all_are_sealed_anew_stays_as_it_then_is(studio: Studio) -> None:
    viewer = await studio.viewer()
    persona_id = await studio.persona(viewer)
    await studio.keep(viewer, persona_id, 5)
    (before,) = await studio.instagram.token_store.after(0, 10)
    opened = studio.instagram.tokens.opened(before)
    assert opened
    renewed = MetaToken(studio.meta.give_token(), timedelta(days=60))
    await studio.instagram.tokens.renew(opened, renewed)
    assert not await studio.instagram.token_store.reseal(before, b"what it was before")
    assert await studio.token(persona_id) == renewed.text
    await studio.instagram.tokens.forget(opened)
    assert await studio.token(persona_id) == renewed.text
