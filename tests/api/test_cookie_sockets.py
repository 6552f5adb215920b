"""WebSockets that a cookie signs in: C4 of FEATURES, W2 of GUARD."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from websockets.exceptions import InvalidStatus

from domain.sessions import Client
from tests.api.conftest import Api, Person, World
from tests.api.test_cookies import NAME
from tests.api.test_subscriptions import Socket, opened

CONSENT = "mutation { giveConsent { ... on Viewer { needsConsent } } }"
WHO = "{ viewer { email csrfToken } }"


@pytest.fixture
async def ada(world: World) -> Person:
    return await world.person(email="ada@example.com")


@pytest.fixture
async def cookie(world: World, ada: Person) -> str:
    async with world.marquee.database.writing() as transaction:
        wants = Client("a browser", "127.0.0.1", wants_cookie=True)
        signed_in = await world.marquee.services.sessions.begin(transaction, ada.user, wants)
    assert signed_in.cookie
    return f"{NAME}={signed_in.cookie.value}"


@asynccontextmanager
async def greeted(api: Api, cookie: str, origin: str | None = None, **said: str) -> AsyncIterator[Socket]:
    async with opened(api.base_url, origin=origin or api.base_url, cookie=cookie) as socket:
        await socket.send(type="connection_init", payload=said)
        yield socket


async def test_a_page_of_ours_is_signed_in_by_its_cookie(api: Api, ada: Person, cookie: str) -> None:
    async with greeted(api, cookie) as socket:
        assert await socket.hear() == {"type": "connection_ack"}
        assert (await socket.answer(WHO))["viewer"]["email"] == "ada@example.com"


async def test_a_cookie_without_an_origin_is_refused(api: Api, cookie: str) -> None:
    async with opened(api.base_url, cookie=cookie) as socket:
        await socket.send(type="connection_init")
        assert await socket.closed() == 4403


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1.evil.example"])
async def test_a_cookie_from_a_page_elsewhere_is_refused(api: Api, cookie: str, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with greeted(api, cookie, origin):
            pass
    assert refused.value.response.status_code == 403


async def test_a_cookie_that_opens_nothing_is_refused(api: Api, world: World, cookie: str) -> None:
    await world.rows("update sessions set revoked_at = now()")
    for dead in (cookie, f"{NAME}=x"):
        async with greeted(api, dead) as socket:
            assert await socket.closed() == 4403


async def test_a_mutation_needs_the_csrf_token_that_the_socket_was_greeted_with(
    api: Api, world: World, cookie: str
) -> None:
    async with greeted(api, cookie) as socket:
        assert await socket.hear() == {"type": "connection_ack"}
        csrf = (await socket.answer(WHO))["viewer"]["csrfToken"]
        await socket.subscribe(CONSENT)
        assert await socket.codes() == ["CSRF_TOKEN_REQUIRED"]
    assert await world.rows("select consented_at from users") == [(None,)]
    async with greeted(api, cookie, **{"x-csrf-token": csrf}) as socket:
        assert await socket.hear() == {"type": "connection_ack"}
        assert await socket.answer(CONSENT) == {"giveConsent": {"needsConsent": False}}


async def test_what_is_said_counts_more_than_the_cookie(api: Api, world: World, cookie: str) -> None:
    eve = await world.person(email="eve@example.com")
    async with greeted(api, cookie, authorization=f"Bearer {eve.token}") as socket:
        assert await socket.hear() == {"type": "connection_ack"}
        assert await socket.answer(WHO) == {"viewer": {"email": "eve@example.com", "csrfToken": None}}
        assert await socket.answer(CONSENT) == {"giveConsent": {"needsConsent": False}}
