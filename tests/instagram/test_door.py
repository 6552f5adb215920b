"""The door by which a browser comes back from Meta, over HTTP."""

import traceback
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.routing import Route

from domain.errors import CodedError, Refusal, Unavailable
from domain.sessions import Client
from domain.users import Viewer
from integrations.unseen import UnseenQuery
from resolvers.instagram import CALLBACK
from tests.instagram.conftest import Studio
from tests.integrations.meta_server import APP_SECRET, error, page
from tests.secrecy import all_logs
from tests.serving import serving
from web.cookies import Cookies
from web.errors import on_coded_error, on_http_exception
from web.instagram import InstagramDoor

FRONTEND = "https://app.marquee.test"


@dataclass
class Doorway:
    """Where the door is, what may be changed about it, and a browser that follows nothing."""

    url: str
    browser: httpx2.AsyncClient
    door: InstagramDoor
    frontend: str | None = FRONTEND

    async def come(self, method: str = "GET", *, cookie: str | None = None, **asked: str) -> httpx2.Response:
        headers = {"cookie": f"marquee_session={cookie}"} if cookie else {}
        request = httpx2.Request(method, self.url, headers=headers)
        # A browser does not write into our log where it goes.
        request.url = UnseenQuery(self.url + CALLBACK, params=asked)
        return await self.browser.send(request)


@pytest.fixture
async def doorway(studio: Studio) -> AsyncIterator[Doorway]:
    way = Doorway("", studio.http, None)  # type: ignore[arg-type]

    def frontend(_connection: HTTPConnection) -> str | None:
        return way.frontend

    way.door = InstagramDoor(
        studio.instagram.authorization,
        studio.world.marquee.ways_in.authentication,
        Cookies("marquee_session", secure=False),
        lambda _connection: way.url,
        frontend,
    )
    handlers: dict[Any, Any] = {CodedError: on_coded_error, HTTPException: on_http_exception}
    app = Starlette(routes=[Route(CALLBACK, way.door.callback)], exception_handlers=handlers)
    async with serving(app, lifespan="off") as way.url:
        yield way


async def begun(studio: Studio, doorway: Doorway, viewer: Viewer) -> tuple[int, dict[str, str]]:
    """A persona, and what Meta sends back with who allowed all."""
    persona_id = await studio.persona(viewer)
    started = await studio.instagram.authorization.start(viewer, persona_id, doorway.url + CALLBACK)
    asked = parse_qs(urlsplit(studio.meta.consent(started.url)).query)
    return persona_id, {name: value for name, (value,) in asked.items()}


async def cookie_of(studio: Studio, viewer: Viewer) -> str:
    marquee = studio.world.marquee
    async with marquee.database.writing() as transaction:
        signed_in = await marquee.services.sessions.begin(transaction, viewer.user, Client("tests", "", True))
    assert signed_in.cookie
    return signed_in.cookie.value


def said(response: httpx2.Response) -> dict[str, str]:
    """What the front end is told."""
    assert response.status_code == 303
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["referrer-policy"] == "no-referrer"
    address = urlsplit(response.headers["location"])
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{FRONTEND}/mypage"
    return {name: value for name, (value,) in parse_qs(address.query).items()}


async def test_who_allows_all_comes_back_connected(studio: Studio, doorway: Doorway) -> None:
    viewer = await studio.viewer()
    persona_id, asked = await begun(studio, doorway, viewer)
    response = await doorway.come(**asked)
    assert response.headers["location"] == f"{FRONTEND}/mypage?ig=connected"
    assert said(response) == {"ig": "connected"}
    assert await studio.token(persona_id)
    again = said(await doorway.come(**asked))
    assert (again["ig"], again["error"]) == ("failed", "session_expired")


async def test_who_says_no_comes_back_refused(studio: Studio, doorway: Doorway) -> None:
    _persona_id, asked = await begun(studio, doorway, await studio.viewer())
    denied = {"error": "access_denied", "error_code": "200", "error_reason": "user_denied", "state": asked["state"]}
    told = said(await doorway.come(**denied))
    assert told == {"ig": "failed", "error": "bad_credentials", "error_description": "Meta did not sign you in."}


@pytest.mark.parametrize("state", [{}, {"state": ""}, {"state": "made.up.state"}, {"state": "\0\n%ß"}])
async def test_a_state_that_is_none_ends_at_the_front_end_too(doorway: Doorway, state: dict[str, str]) -> None:
    assert said(await doorway.come(code="AQcode", **state))["error"] == "session_expired"


async def test_looking_uses_up_no_state(studio: Studio, doorway: Doorway) -> None:
    _persona_id, asked = await begun(studio, doorway, await studio.viewer())
    for method in ("HEAD", "POST"):
        response = await doorway.come(method, **asked)
        assert (response.status_code, "GET" in response.headers["allow"]) == (405, True)
    assert said(await doorway.come(**asked)) == {"ig": "connected"}


async def test_without_a_front_end_nothing_is_used_up(studio: Studio, doorway: Doorway) -> None:
    _persona_id, asked = await begun(studio, doorway, await studio.viewer())
    doorway.frontend = None
    response = await doorway.come(**asked)
    assert response.status_code == 404
    assert "FRONTEND_URL" in response.text
    doorway.frontend = FRONTEND
    assert said(await doorway.come(**asked)) == {"ig": "connected"}


async def test_a_cookie_of_somebody_else_refuses_what_was_begun_for_another(studio: Studio, doorway: Doorway) -> None:
    attacker, victim = await studio.viewer(), await studio.viewer()
    persona_id, asked = await begun(studio, doorway, attacker)
    cookie = await cookie_of(studio, victim)
    assert said(await doorway.come(cookie=cookie, **asked))["error"] == "session_expired"
    assert said(await doorway.come(**asked))["error"] == "session_expired", "nor can it be tried again"
    assert await studio.token(persona_id) is None
    assert studio.meta.asked == []


async def test_ones_own_cookie_does_no_harm_nor_does_a_dead_one(studio: Studio, doorway: Doorway) -> None:
    viewer, other = await studio.viewer(), await studio.viewer()
    _persona_id, asked = await begun(studio, doorway, viewer)
    assert said(await doorway.come(cookie=await cookie_of(studio, viewer), **asked)) == {"ig": "connected"}
    dead = await cookie_of(studio, other)
    await studio.world.marquee.services.sessions.revoke_all(other)
    third = await studio.viewer()
    _persona_id, asked = await begun(studio, doorway, third)
    assert said(await doorway.come(cookie=dead, **asked)) == {"ig": "connected"}


async def test_a_part_that_is_down_ends_at_the_front_end(
    studio: Studio, doorway: Doorway, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def down(*_: object) -> None:
        raise Unavailable("The database cannot be reached just now. Please try again.")

    _persona_id, asked = await begun(studio, doorway, await studio.viewer())
    monkeypatch.setattr(studio.instagram.authorization, "complete", down)
    assert said(await doorway.come(**asked))["error"] == "unavailable"


async def test_nothing_secret_is_told_to_anybody_through_a_whole_flow(studio: Studio, doorway: Doorway) -> None:
    answers, viewer, service = list[str](), await studio.viewer(), studio.instagram.service
    studio.meta.pages.append(page())
    with all_logs() as (lines, text):
        persona_id, asked = await begun(studio, doorway, viewer)
        state = asked["state"]
        studio.meta.failing.extend([None, error(2, status=503), error(4, status=503), error(1)])
        response = await doorway.come(**asked)
        answers.append(f"{response.headers} {response.text}")
        token = await studio.keep(viewer, persona_id, 5)
        for fault in (error(190), error(10), error(4), error(2, status=500), error(100, status=500)):
            studio.meta.tokens[token] = fault
            for call in (service.accounts(viewer, persona_id), service.link(viewer, persona_id, "1", "2")):
                with pytest.raises(Refusal) as caught:
                    await call
                answers.append("".join(traceback.format_exception(caught.value)))
            await studio.instagram.jobs()[0].run()
        for url in ("http://127.0.0.1:1", studio.meta.graph.replace("127.0.0.1", "localhost.invalid")):
            nowhere = studio.set(meta_graph=url)
            await studio.keep(viewer, persona_id, 5)
            with pytest.raises(Refusal) as caught:
                await nowhere.service.accounts(viewer, persona_id)
            answers.append("".join(traceback.format_exception(caught.value)))
            await nowhere.jobs()[0].run()
    told = f"{lines} {text.getvalue()} {answers}"
    assert "HTTP Request" in text.getvalue()
    assert "stamina.retry_scheduled" in told
    assert "token_not_renewed" in told
    keys = [studio.world.marquee.settings.secret(), APP_SECRET, state]
    assert [secret for secret in [*studio.meta.secrets, *keys] if secret in told] == []
