"""Tokens that end soon are exchanged for others, each once a day at most, by whichever process comes first."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from starlette.responses import Response

from domain.users import Viewer
from jobs.clock import Job
from jobs.instagram import RenewInstagramTokens
from tests.instagram.conftest import Studio
from tests.integrations.meta_server import APP_SECRET, error


def job(studio: Studio, **settings: Any) -> Job:
    (job,) = studio.set(**settings).jobs()
    assert isinstance(job.run, RenewInstagramTokens)
    return job


async def ends_in(studio: Studio, persona_id: int) -> int:
    """In whole days."""
    ((days,),) = await studio.world.rows(
        "select round(extract(epoch from expires_at - now()) / 86400) from instagram_tokens where persona_id = $1",
        persona_id,
    )
    return int(days)


async def personas(studio: Studio, viewer: Viewer, *days: float) -> dict[int, str]:
    """Personas whose tokens end in so many days; their tokens."""
    made = [await studio.persona(viewer, number) for number in range(1, len(days) + 1)]
    return {persona: await studio.keep(viewer, persona, end) for persona, end in zip(made, days, strict=True)}


async def test_a_token_that_ends_within_twenty_days_is_exchanged(studio: Studio) -> None:
    viewer = await studio.viewer()
    soon, later = await personas(studio, viewer, 19.9, 20.1)
    await job(studio).run()
    assert [await ends_in(studio, soon), await ends_in(studio, later)] == [60, 20]
    (asked,) = studio.meta.asked
    assert asked.query_params["grant_type"] == "fb_exchange_token"
    assert asked.query_params["client_secret"] == APP_SECRET
    assert await studio.token(soon) == list(studio.meta.tokens)[-1]


async def test_what_fails_waits_for_the_next_day_and_is_told(studio: Studio, lines: list[Any]) -> None:
    viewer = await studio.viewer()
    tokens = await personas(studio, viewer, 5, 10)
    (bad, token), (good, _) = tokens.items()
    studio.meta.tokens[token] = error(4, status=403)
    for _ in range(3):
        await job(studio).run()
    assert len(studio.meta.asked) == 2
    assert [await ends_in(studio, bad), await ends_in(studio, good)] == [5, 60]
    assert await studio.token(bad) == token
    told = [line for line in lines if line["event"] == "token_not_renewed"]
    assert [(line["persona"], line["log_level"]) for line in told] == [(bad, "warning")]
    await studio.world.rows("update instagram_tokens set renewed_at = renewed_at - interval '25 hours'")
    studio.meta.tokens[token] = None
    await job(studio).run()
    assert await ends_in(studio, bad) == 60


async def test_a_dead_token_is_forgotten(studio: Studio) -> None:
    viewer = await studio.viewer()
    tokens = await personas(studio, viewer, 5, 10)
    (dead, token), (alive, _) = tokens.items()
    studio.meta.tokens[token] = error(190, 460)
    await job(studio).run()
    assert await studio.world.rows("select persona_id from instagram_tokens") == [(alive,)]
    assert dead != alive


async def test_many_processes_ask_once_for_each(studio: Studio) -> None:
    viewer = await studio.viewer()
    await personas(studio, viewer, *range(1, 11))
    await asyncio.gather(*(job(studio).run() for _ in range(5)))
    assert len(studio.meta.asked) == 10
    assert {asked.query_params["fb_exchange_token"] for asked in studio.meta.asked} == set(
        list(studio.meta.tokens)[:10]
    )


async def test_who_comes_while_another_claims_takes_the_rest_and_waits_for_nobody(studio: Studio) -> None:
    viewer = await studio.viewer()
    first, second = await personas(studio, viewer, 1, 2)
    async with studio.world.marquee.database.writing() as transaction:
        await transaction.execute("update instagram_tokens set renewed_at = now() where persona_id = $1", first)
        claimed = await studio.instagram.tokens.claim(5)
    assert [kept.persona_id for kept in claimed] == [second]
    assert await studio.instagram.tokens.claim(5) == []


@pytest.mark.parametrize("answer", [None, error(190, 463)])
async def test_who_signs_in_while_meta_is_asked_keeps_what_they_got(studio: Studio, answer: Response | None) -> None:
    viewer = await studio.viewer()
    ((persona_id, token),) = (await personas(studio, viewer, 5)).items()
    kept: list[str] = []

    class Meanwhile(Response):
        async def __call__(self, *asgi: Any) -> None:
            kept.append(await studio.keep(viewer, persona_id, 59))
            studio.meta.tokens[token] = None
            await (answer or await studio.meta._access_token(studio.meta.asked[-1]))(*asgi)

    studio.meta.tokens[token] = Meanwhile()
    await job(studio).run()
    assert [await studio.token(persona_id)] == kept
    assert await ends_in(studio, persona_id) == 59


async def test_while_meta_is_away_the_rest_are_not_put_off(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.instagram._AT_ONCE", 2)
    viewer = await studio.viewer()
    tokens = await personas(studio, viewer, 1, 2, 3, 4)
    for token in tokens.values():
        studio.meta.tokens[token] = error(4, status=403)
    await job(studio).run()
    assert len(studio.meta.asked) == 2
    for token in tokens.values():
        studio.meta.tokens[token] = None
    await job(studio).run()
    assert len(studio.meta.asked) == 4
    assert [await ends_in(studio, persona) for persona in tokens] == [1, 2, 60, 60]


async def test_a_token_that_no_key_opens_ends_no_run(studio: Studio) -> None:
    viewer = await studio.viewer()
    tokens = await personas(studio, viewer, 1, 2)
    unreadable, other = tokens
    await studio.world.rows("update instagram_tokens set sealed = 'nonsense' where persona_id = $1", unreadable)
    await job(studio).run()
    assert await ends_in(studio, other) == 60
    assert len(studio.meta.asked) == 1


async def test_without_an_app_nothing_is_asked_and_what_is_over_goes_all_the_same(studio: Studio) -> None:
    viewer = await studio.viewer()
    soon, over, long_over = await personas(studio, viewer, 5, -29, -31)
    await job(studio, meta_app_id=None, meta_app_secret=None).run()
    assert studio.meta.asked == []
    left = await studio.world.rows("select persona_id from instagram_tokens order by 1")
    assert left == [(soon,), (over,)]
    assert long_over not in {persona for (persona,) in left}
    (claimed,) = await studio.instagram.token_store.claim(5, timedelta(days=20), timedelta(days=1))
    assert claimed.persona_id == soon, "it has been put off by nobody"
