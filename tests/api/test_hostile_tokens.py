"""Nobody is let in by a hostile token, whichever door it is shown at: A1 of GUARD."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from composition import Marquee
from settings import IssuerSetting
from tests.api.conftest import Answer, Api, World
from tests.api.issuer import NAME, Issuer, settings_like
from tests.api.test_subscriptions import PROTOCOL
from tests.api.test_tokens import VIEWER, ask, assert_unauthenticated, own_forge
from tests.integrations.hostile_tokens import Forge, hostile
from tests.serving import serving

Door = Callable[[Api, str], Coroutine[Any, Any, str]]


def others_forge(issuer: Issuer) -> Forge:
    forge = issuer.forge()
    forge.claims["azp"] = "spa"
    return forge


@pytest.fixture(scope="module")
async def issuer() -> AsyncIterator[Issuer]:
    async with Issuer().serving() as serving:
        yield serving


@pytest.fixture(scope="module")
async def trusting(marquee: Marquee, issuer: Issuer, client: httpx2.AsyncClient) -> AsyncIterator[Api]:
    """A server that trusts another issuer, whose tokens must be for "spa"."""
    trusted = [IssuerSetting(issuer=NAME, jwks_url=issuer.jwks_url, audience="spa")]
    settings = settings_like(marquee, trusted_issuers=trusted)
    second = Marquee(settings, settings.dsn() or "")
    async with serving(second.application()) as address:
        yield Api(address, client)


@pytest.fixture(params=["own", "other"])
async def forge(request: pytest.FixtureRequest, world: World, issuer: Issuer) -> Forge:
    person = await world.person(email="ada@example.com")
    return own_forge(world.marquee, person) if request.param == "own" else others_forge(issuer)


async def by_query(api: Api, token: str) -> str:
    answer = await ask(api, f"Bearer {token}".encode())
    return f"{answer.response.status_code} {','.join(answer.codes)}"


async def by_events(api: Api, token: str) -> str:
    headers = [(b"authorization", f"Bearer {token}".encode()), (b"accept", b"text/event-stream")]
    response = await api.client.post(f"{api.base_url}/graphql", json={"query": VIEWER}, headers=headers)
    if response.status_code == 200:
        return response.text
    return f"{response.status_code} {','.join(Answer(response, response.json()).codes)}"


async def by_ticket(api: Api, token: str) -> str:
    address = f"{api.base_url}/stream/{quote(token, safe='')}"
    response = await api.client.get(address, follow_redirects=True)  # from a slash at the end
    if response.url.path == "/":
        return "404 NOT_FOUND"  # of "..", the client asks above the door, where in development there is a page
    return f"{response.status_code} {response.json()['code']}"


async def by_greeting(api: Api, token: str) -> str:
    return await _greeted(api, {}, {"authorization": f"Bearer {token}"})


async def by_handshake(api: Api, token: str) -> str:
    return await _greeted(api, {"authorization": f"Bearer {token}"}, {})


async def _greeted(api: Api, headers: dict[str, str], payload: dict[str, str]) -> str:
    address, protocols = f"{api.base_url.replace('http', 'ws', 1)}/graphql", [Subprotocol(PROTOCOL)]
    try:
        async with connect(address, subprotocols=protocols, additional_headers=headers, close_timeout=2) as socket:
            await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
            return str(await socket.recv())
    except ConnectionClosed as closed:
        return str(closed.rcvd and closed.rcvd.code)
    except InvalidStatus as refused:
        return str(refused.response.status_code)


# Each door, and what it says to whom it lets in and to whom it does not. A ticket is no token, so no token opens there.
DOORS: list[tuple[Door, str, str]] = [
    (by_query, "200 ", "401 UNAUTHENTICATED"),
    (by_events, '"email":"ada@example.com"', "401 UNAUTHENTICATED"),
    (by_ticket, "404 NOT_FOUND", "404 NOT_FOUND"),
    (by_greeting, '{"type":"connection_ack"}', "4403"),
    (by_handshake, '{"type":"connection_ack"}', "4403"),
]


def sendable(door: Door, token: str) -> bool:
    """What HTTP takes away, or refuses by itself, never arrives as it was."""
    if door is by_ticket:
        return len(quote(token, safe="")) < 16_000
    if door is by_greeting:
        return True
    fits = token != "" and token.isprintable() and token.strip(" \t") == token
    return fits and (door is not by_handshake or (token.isascii() and len(token) < 8000))


@pytest.mark.parametrize(("door", "welcome", "refusal"), DOORS, ids=[door.__name__ for door, *_ in DOORS])
async def test_hostile_tokens_are_refused_at_every_door(
    trusting: Api, forge: Forge, door: Door, welcome: str, refusal: str
) -> None:
    tokens = {name: token for name, token in hostile(forge).items() if sendable(door, token)}
    assert len(set(tokens.values())) > 200
    few = asyncio.Semaphore(50)

    async def shown(token: str) -> str:
        async with few:
            return await door(trusting, token)

    answers = await asyncio.gather(*map(shown, tokens.values()))
    assert {name: said for name, said in zip(tokens, answers, strict=True) if said != refusal} == {}
    assert welcome in await shown(forge.token())


async def test_a_session_that_is_not_this_persons_is_refused(api: Api, world: World, marquee: Marquee) -> None:
    forge, other = own_forge(marquee, await world.person()), await world.person()
    for claims in ({"sid": 2}, {"sid": 999_999}, {"sub": str(other.user.id)}, {"sub": "0"}, {"sub": "999999"}):
        assert_unauthenticated(await ask(api, f"Bearer {forge.token(**claims)}"), claims)


async def test_an_authorization_header_written_oddly_is_refused(api: Api, world: World) -> None:
    token = (await world.person()).token
    odd: list[str | bytes] = [
        "",
        "Bearer",
        token,
        f"Bearer  {token}",
        f"Bearer\t{token}",
        f"Bearer{token}",
    ]
    odd += [f"Basic {token}", f"Bearer {token} x", f"Bearer x {token}", f"Bearer,{token}", f"Bearer: {token}"]
    odd += [
        f"Token {token}",
        f"Bearer Bearer {token}",
        f'Bearer "{token}"',
        f"Bearer <{token}>",
        f"Bearer token={token}",
    ]
    odd += [
        f"Bearer {token}, Bearer {token}",
        f"Bearer {token};x",
        b"Bearer \xc3\xa9",
        b"Bearer \xff",
        "null",
        "Bearer null",
    ]
    odd += ["Bearer undefined", "Negotiate", f"DPoP {token}", f"BEARER {token[:-9]}", "Bearer " + "x" * 9000]
    for header in odd:
        assert_unauthenticated(await ask(api, header), header)
    assert_unauthenticated(await ask(api, f"Bearer {token}", f"Bearer {token}"), "two headers")
    assert_unauthenticated(await ask(api, f"Bearer {token}", "Basic eA=="), "a second header that is another's")
    assert_unauthenticated(await ask(api, f"Bearer {token}", ""), "a second header that is empty")
    assert (await ask(api, f"Bearer {token}")).data["viewer"], "and without all that it is good"


async def test_a_refused_token_runs_nothing(api: Api, world: World) -> None:
    register = """mutation { register(input: {email: "eve@example.com", password: "long enough"}) { __typename } }"""
    for token in ("x", "x.y.z", "null"):
        answer = await api.ask(register, token)
        assert_unauthenticated(answer, token)
    assert await world.rows("select count(*) from users") == [(0,)]
