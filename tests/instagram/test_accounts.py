"""The accounts behind a persona's token, and the one that it is linked with."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest
from starlette.responses import Response

from domain.errors import Refusal, RefusalCode
from domain.instagram import InstagramAccount, InstagramLink
from domain.users import Viewer
from tests.instagram.conftest import LENT, Studio
from tests.instagram.test_authorization import refused
from tests.integrations.meta_server import error, page

CATS = InstagramAccount("17841400000000001", "cats.of.seoul", "101500000000001", "Page 1")


async def linked(studio: Studio, persona_id: int) -> InstagramLink | None:
    (link,) = await studio.instagram.links.links([persona_id])
    return link


async def test_the_accounts_are_those_of_the_personas_own_token(studio: Studio) -> None:
    viewer = await studio.viewer()
    first, second = await studio.signed_in(viewer, 1), await studio.signed_in(viewer, 2)
    studio.meta.pages.append(page())
    studio.meta.asked.clear()
    for persona_id in (first, second):
        assert (await studio.instagram.service.accounts(viewer, persona_id)).accounts == [CATS]
    asked = [request.query_params["access_token"] for request in studio.meta.asked]
    assert asked == [await studio.token(first), await studio.token(second)]
    assert asked[0] != asked[1]


async def test_what_is_not_ones_own_is_not_there(studio: Studio) -> None:
    viewer, other = await studio.viewer(), await studio.viewer()
    theirs = await studio.signed_in(other)
    studio.meta.asked.clear()
    service = studio.instagram.service
    for persona_id in (theirs, 10**9):
        calls: list[Awaitable[object]] = [
            service.accounts(viewer, persona_id),
            service.link(viewer, persona_id, CATS.instagram_user_id, CATS.facebook_page_id),
            service.unlink(viewer, persona_id),
        ]
        for call in calls:
            assert await refused(call, RefusalCode.NOT_FOUND) == "There is no such persona of yours."
    assert studio.meta.asked == []
    assert await studio.token(theirs)


async def test_without_a_token_the_persona_has_to_sign_in(studio: Studio) -> None:
    viewer = await studio.viewer()
    persona_id = await studio.persona(viewer)
    for instagram in (studio.instagram, studio.set(environment="production", ig_long_lived_user_token=LENT)):
        await refused(instagram.service.accounts(viewer, persona_id), RefusalCode.PERSONA_OAUTH_REQUIRED)
    nothing = studio.set(meta_app_id=None, meta_app_secret=None)
    await refused(nothing.service.accounts(viewer, persona_id), RefusalCode.NOT_CONFIGURED)
    await studio.keep(viewer, persona_id, days=-1)
    await refused(studio.instagram.service.accounts(viewer, persona_id), RefusalCode.PERSONA_OAUTH_REQUIRED)
    assert studio.meta.asked == []


async def test_in_development_a_token_is_lent_to_personas_without_one(studio: Studio) -> None:
    viewer = await studio.viewer()
    persona_id = await studio.persona(viewer)
    studio.meta.tokens[LENT] = None
    studio.meta.pages.append(page())
    for app in ({}, {"meta_app_id": None, "meta_app_secret": None}):
        service = studio.set(ig_long_lived_user_token=LENT, **app).service
        assert (await service.accounts(viewer, persona_id)).accounts == [CATS]
    await service.link(viewer, persona_id, CATS.instagram_user_id, CATS.facebook_page_id)
    assert await linked(studio, persona_id)
    studio.meta.tokens[LENT] = error(190, 463)
    await refused(service.accounts(viewer, persona_id), RefusalCode.UPSTREAM_FAILED)
    token = await studio.keep(viewer, persona_id)
    await service.accounts(viewer, persona_id)
    assert studio.meta.asked[-1].query_params["access_token"] == token, "its own comes first"


async def test_a_dead_token_is_forgotten_and_the_link_stays(studio: Studio) -> None:
    viewer = await studio.viewer()
    persona_id = await studio.signed_in(viewer)
    studio.meta.pages.append(page())
    await studio.instagram.service.link(viewer, persona_id, CATS.instagram_user_id, CATS.facebook_page_id)
    token = await studio.token(persona_id)
    assert token
    studio.meta.tokens[token] = error(190, 460)
    await refused(studio.instagram.service.accounts(viewer, persona_id), RefusalCode.PERSONA_OAUTH_REQUIRED)
    assert await studio.world.rows("select 1 from instagram_tokens") == []
    assert await linked(studio, persona_id)


async def test_a_token_that_came_in_the_meantime_is_not_forgotten(studio: Studio) -> None:
    viewer = await studio.viewer()
    persona_id = await studio.signed_in(viewer)
    dead = await studio.token(persona_id)
    assert dead

    class Meanwhile(Response):
        """The persona signs in anew while Meta tells that its token is dead."""

        async def __call__(self, *asgi: Any) -> None:
            self.after = await studio.keep(viewer, persona_id)
            await error(190, 463)(*asgi)

    studio.meta.tokens[dead] = meanwhile = Meanwhile()
    await refused(studio.instagram.service.accounts(viewer, persona_id), RefusalCode.PERSONA_OAUTH_REQUIRED)
    assert await studio.token(persona_id) == meanwhile.after


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (error(10, status=403), RefusalCode.PERSONA_OAUTH_REQUIRED),
        (error(200, status=403), RefusalCode.PERSONA_OAUTH_REQUIRED),
        (error(4, status=403), RefusalCode.UPSTREAM_FAILED),
        (error(2, status=503), RefusalCode.UPSTREAM_FAILED),
    ],
)
async def test_no_other_failure_costs_the_token(studio: Studio, answer: Response, code: RefusalCode) -> None:
    viewer = await studio.viewer()
    persona_id = await studio.signed_in(viewer)
    token = await studio.token(persona_id)
    assert token
    studio.meta.tokens[token] = answer
    await refused(studio.instagram.service.accounts(viewer, persona_id), code)
    assert await studio.token(persona_id) == token


async def test_a_persona_is_linked_with_one_account_at_a_time(studio: Studio) -> None:
    viewer = await studio.viewer()
    persona_id = await studio.signed_in(viewer)
    studio.meta.pages += [page(), page(2, "dogs.of.busan")]
    service = studio.instagram.service
    persona = await service.link(viewer, persona_id, CATS.instagram_user_id, CATS.facebook_page_id)
    assert persona.id == persona_id
    found = await linked(studio, persona_id)
    assert found
    assert found == InstagramLink(persona_id, "17841400000000001", "cats.of.seoul", "101500000000001", found.linked_at)
    await service.link(viewer, persona_id, "17841400000000002", "101500000000002")
    after = await linked(studio, persona_id)
    assert after
    assert after.username == "dogs.of.busan"
    assert after.linked_at > found.linked_at


@pytest.mark.parametrize(
    ("user", "page_id"),
    [
        ("17841400000000001", "101500000000002"),
        ("17841400000000009", "101500000000001"),
        ("", ""),
        ("17841400000000001\0", "101500000000001"),
    ],
)
async def test_only_an_account_behind_the_token_is_linked(studio: Studio, user: str, page_id: str) -> None:
    viewer = await studio.viewer()
    persona_id = await studio.signed_in(viewer)
    studio.meta.pages += [page(), page(2, "dogs.of.busan")]
    await refused(studio.instagram.service.link(viewer, persona_id, user, page_id), RefusalCode.NOT_FOUND)
    assert await linked(studio, persona_id) is None


async def test_unlinking_forgets_the_link_and_the_token(studio: Studio) -> None:
    viewer = await studio.viewer()
    persona_id, other = await studio.signed_in(viewer, 1), await studio.signed_in(viewer, 2)
    studio.meta.pages.append(page())
    service = studio.instagram.service
    for one in (persona_id, other):
        await service.link(viewer, one, CATS.instagram_user_id, CATS.facebook_page_id)
    for _ in range(2):
        assert (await service.unlink(viewer, persona_id)).id == persona_id
        assert await linked(studio, persona_id) is None
        assert await studio.token(persona_id) is None
    await refused(service.accounts(viewer, persona_id), RefusalCode.PERSONA_OAUTH_REQUIRED)
    assert await linked(studio, other)
    assert await studio.token(other)


async def link_and_unlink(studio: Studio, viewer: Viewer, persona_id: int) -> None:
    store = studio.instagram.links
    await asyncio.gather(
        store.link(persona_id, CATS, by_own_token=True),
        store.unlink(persona_id),
        store.link(persona_id, CATS, by_own_token=True),
    )
    assert await linked(studio, persona_id) is None, "unlinking was the last that could have had the token"
    assert not await store.link(persona_id, CATS, by_own_token=True)
    await studio.keep(viewer, persona_id)


async def test_who_links_while_another_unlinks_leaves_no_link_without_a_token(studio: Studio) -> None:
    viewer = await studio.viewer()
    persona_id = await studio.signed_in(viewer)
    for _ in range(20):
        await link_and_unlink(studio, viewer, persona_id)


async def test_an_unlinking_that_overtakes_a_link_is_told_to_who_links(studio: Studio) -> None:
    viewer = await studio.viewer()
    persona_id = await studio.signed_in(viewer)
    service = studio.instagram.service
    studio.meta.pages.append(page())

    class Meanwhile(Response):
        """Meta answers once the persona is unlinked."""

        async def __call__(self, *asgi: Any) -> None:
            await service.unlink(viewer, persona_id)
            await (await studio.meta._accounts(studio.meta.asked[-1]))(*asgi)

    studio.meta.failing.append(Meanwhile())
    call = service.link(viewer, persona_id, CATS.instagram_user_id, CATS.facebook_page_id)
    await refused(call, RefusalCode.PERSONA_OAUTH_REQUIRED)
    assert await linked(studio, persona_id) is None


async def test_a_persona_that_goes_takes_its_link_and_token_along(studio: Studio) -> None:
    viewer = await studio.viewer()
    persona_id = await studio.signed_in(viewer)
    store = studio.instagram.links
    results = await asyncio.gather(
        *(store.link(persona_id, CATS, by_own_token=True) for _ in range(3)),
        studio.world.rows("delete from personas where id = $1", persona_id),
        *(store.unlink(persona_id) for _ in range(3)),
        return_exceptions=True,
    )
    assert [result for result in results if isinstance(result, Exception)] == []
    for table in ("instagram_links", "instagram_tokens"):
        assert await studio.world.rows(f"select 1 from {table}") == []
    assert not await store.link(persona_id, CATS, by_own_token=False)


async def test_links_and_tokens_of_many_personas_are_read_at_once(studio: Studio) -> None:
    viewer = await studio.viewer()
    first, second, third = [await studio.persona(viewer, number) for number in (1, 2, 3)]
    await studio.keep(viewer, first)
    await studio.keep(viewer, second, days=-1)
    await studio.instagram.links.link(first, CATS, by_own_token=True)
    links = await studio.instagram.links.links([third, first, 10**9])
    assert [link.username if link else None for link in links] == [None, "cats.of.seoul", None]
    good, over, none = await studio.instagram.token_store.until([first, second, third])
    ((ends,),) = await studio.world.rows("select expires_at from instagram_tokens where persona_id = $1", first)
    assert (good, over, none) == (ends, None, None)


async def test_a_token_that_no_key_opens_counts_as_none(studio: Studio, lines: list[Any]) -> None:
    viewer = await studio.viewer()
    persona_id = await studio.signed_in(viewer)
    await studio.world.rows("update instagram_tokens set sealed = 'gAAAAAB nonsense'")
    with pytest.raises(Refusal) as caught:
        await studio.instagram.service.accounts(viewer, persona_id)
    assert caught.value.refused.code is RefusalCode.PERSONA_OAUTH_REQUIRED
    assert [(line["event"], line["log_level"]) for line in lines] == [("not_opened", "warning")]
    assert "gAAAAAB" not in repr(lines)
