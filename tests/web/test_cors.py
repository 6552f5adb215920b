"""Which pages of other origins may ask, and read what is answered: C7 of FEATURES, C1 and C2 of GUARD."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from structlog.testing import capture_logs

import web.graphql
from composition import Marquee
from tests.api.conftest import CLIP, Api, World
from tests.api.issuer import settings_like
from tests.serving import serving
from tests.web.test_errors import assert_plain, lines_of

FRONT = "https://front.example"
VIEWER = {"query": "{ viewer { email } }"}
# Each is one that a careless comparison takes for the front end.
OTHERS = [
    "null",
    "https://evil.example",
    "http://front.example",
    "https://front.example:8443",
    "https://front.example.evil.com",
    "https://evilfront.example",
    "https://sub.front.example",
    "https://front.exampl",
    "https://front.example/",
    "https://front.example https://evil.example",
    "https://front.example@evil.example",
    "https://FRONT.example",
    "file://",
    "*",
    "",
]
ASKED_WITH = ["Authorization", "Content-Type", "X-CSRF-Token", "X-Request-Id", "Range", "If-None-Match", "If-Range"]
ASKED_WITH += ["If-Modified-Since", "Last-Event-ID", "Accept", "Apollo-Require-Preflight"]
ASKED_WITH += ["apollographql-client-name", "apollographql-client-version"]
TOLD = {"X-Request-Id", "Server-Timing", "Retry-After", "Content-Range", "Accept-Ranges", "Content-Length", "ETag"}
TOLD |= {"RateLimit", "RateLimit-Policy"}


@asynccontextmanager
async def serving_with(marquee: Marquee, client: httpx2.AsyncClient, **changes: Any) -> AsyncIterator[Api]:
    second = Marquee(settings_like(marquee, **changes), marquee.settings.dsn() or "")
    async with serving(second.application()) as address:
        yield Api(address, client)


@pytest.fixture(scope="module")
async def open_house(marquee: Marquee, base_url: str, client: httpx2.AsyncClient) -> AsyncIterator[Api]:
    async with serving_with(marquee, client, frontend_url=FRONT) as api:
        yield api


@pytest.fixture(scope="module", params=[{"strict_cors": True}, {"environment": "production"}], ids=str)
async def strict_house(
    request: pytest.FixtureRequest, marquee: Marquee, base_url: str, client: httpx2.AsyncClient
) -> AsyncIterator[Api]:
    async with serving_with(marquee, client, frontend_url=FRONT, **request.param) as api:
        yield api


@pytest.fixture
def lines() -> Iterator[list[Any]]:
    with capture_logs() as captured:
        yield captured


async def asked(api: Api, origin: str | None, path: str = "/graphql", **request: Any) -> httpx2.Response:
    headers = {**request.pop("headers", {}), **({} if origin is None else {"origin": origin})}
    method = request.pop("method", "POST" if path == "/graphql" else "GET")
    if method == "POST" and "content" not in request:
        request.setdefault("json", VIEWER)
    return await api.client.request(method, api.base_url + path, headers=headers, **request)


async def preflight(
    api: Api, origin: str, method: str = "POST", *headers: str, path: str = "/graphql"
) -> httpx2.Response:
    asking: dict[str, Any] = {"access-control-request-method": method}
    if headers:
        asking["access-control-request-headers"] = ",".join(headers).encode("latin-1")
    return await asked(api, origin, path, method="OPTIONS", headers=asking)


def said(response: httpx2.Response) -> dict[str, str]:
    """What it says to browsers about origins."""
    return {name: value for name, value in response.headers.items() if name.startswith("access-control-")}


def assert_for_the_front_end(response: httpx2.Response) -> None:
    told = said(response)
    assert (told["access-control-allow-origin"], told["access-control-allow-credentials"]) == (FRONT, "true")
    assert "Origin" in response.headers["vary"].split(", ")


async def test_the_front_end_gets_its_own_origin_back_and_its_cookies_count(open_house: Api, strict_house: Api) -> None:
    for api in (open_house, strict_house):
        response = await asked(api, FRONT)
        assert (response.status_code, response.json()["data"]) == (200, {"viewer": None})
        assert_for_the_front_end(response)
        assert set(response.headers["access-control-expose-headers"].split(", ")) == TOLD


@pytest.mark.parametrize("origin", OTHERS)
async def test_any_other_origin_gets_a_star_and_its_cookies_do_not_count(open_house: Api, origin: str) -> None:
    for response in (await asked(open_house, origin), await preflight(open_house, origin)):
        assert response.status_code == 200
        assert response.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in response.headers
        assert "Origin" in response.headers["vary"].split(", ")


async def test_without_a_front_end_everybody_is_any_other(api: Api, world: World) -> None:
    for origin in (FRONT, "null", api.base_url):
        told = said(await asked(api, origin))
        assert told.pop("access-control-expose-headers")
        assert told == {"access-control-allow-origin": "*"}, origin


@pytest.mark.parametrize("origin", OTHERS)
async def test_any_other_origin_gets_nothing_where_it_is_strict(strict_house: Api, origin: str) -> None:
    response = await asked(strict_house, origin)
    assert (response.status_code, said(response), response.headers["vary"]) == (200, {}, "Origin")
    refused = await preflight(strict_house, origin, "POST", "content-type")
    assert (refused.status_code, said(refused)) == (403, {})


async def test_strict_without_a_front_end_lets_no_page_in(marquee: Marquee, base_url: str, client: Any) -> None:
    async with serving_with(marquee, client, strict_cors=True) as api:
        for origin in (FRONT, "null", "*", "None", ""):
            assert said(await asked(api, origin)) == {}
            assert (await preflight(api, origin)).status_code == 403


async def test_two_origins_are_not_the_front_end(strict_house: Api) -> None:
    for origins in ((FRONT, "https://evil.example"), ("https://evil.example", FRONT), (FRONT, FRONT)):
        headers = [("origin", origin) for origin in origins]
        response = await strict_house.client.post(f"{strict_house.base_url}/graphql", json=VIEWER, headers=headers)
        assert said(response) == {}


@pytest.mark.parametrize("written", ["https://front.example:443", "https://Front.Example/"])
async def test_the_front_end_may_be_written_as_people_do(marquee: Marquee, client: Any, written: str) -> None:
    async with serving_with(marquee, client, strict_cors=True, frontend_url=written) as api:
        assert_for_the_front_end(await asked(api, FRONT))


async def test_a_preflight_tells_the_front_end_all_that_it_may_send(open_house: Api, strict_house: Api) -> None:
    for api in (open_house, strict_house):
        for method in ("GET", "HEAD", "POST", "PUT", "OPTIONS"):
            response = await preflight(api, FRONT, method, *ASKED_WITH)
            assert response.status_code == 200
            assert_for_the_front_end(response)
            assert response.headers["access-control-allow-methods"] == "GET, HEAD, POST, PUT, OPTIONS"
            assert response.headers["access-control-max-age"] == "600"
            assert set(response.headers["access-control-allow-headers"].split(", ")) >= set(ASKED_WITH)
            assert response.headers["x-content-type-options"] == "nosniff"
            assert response.headers["x-request-id"]


REFUSED: list[tuple[str, tuple[str, ...], str]] = [
    ("DELETE", (), "method"),
    ("PATCH", (), "method"),
    ("TRACE", (), "method"),
    ("post", (), "method"),
    ("", (), "method"),
    ("POST", ("X-Evil",), "headers"),
    ("POST", ("Content-Type", "Cookie"), "headers"),
    ("POST", ("*",), "headers"),
    ("POST", ("\xff",), "headers"),
    ("POST", ("x" * 5000,), "headers"),
    ("QUERY", ("X-Evil",), "method, headers"),
]


@pytest.mark.parametrize(("method", "headers", "why"), REFUSED)
async def test_a_refused_preflight_says_why_in_the_one_form_of_errors(
    open_house: Api, lines: list[Any], method: str, headers: tuple[str, ...], why: str
) -> None:
    for origin in (FRONT, "https://evil.example"):
        response = await preflight(open_house, origin, method, *headers, path="/nothing")
        assert (response.status_code, response.headers["content-type"]) == (403, "application/json")
        body = response.json()
        assert body.pop("details") == [f"Disallowed CORS {why}"]
        assert_plain({**body, "details": []}, "/nothing", 403, "FORBIDDEN", response.headers["x-request-id"])
        assert said(response) == {}
        assert "Origin" in response.headers["vary"]
        assert response.headers["x-content-type-options"] == "nosniff"
    for line in await lines_of(lines, 2):
        assert (line["method"], line["status"], line["codes"]) == ("OPTIONS", 403, ["FORBIDDEN"])


async def test_a_refused_preflight_of_a_stream_does_not_repeat_its_ticket(strict_house: Api) -> None:
    response = await preflight(strict_house, "https://evil.example", "GET", path="/stream/a-ticket")
    assert (response.status_code, response.json()["path"]) == (403, "/stream/…")
    assert "a-ticket" not in response.text


async def test_a_preflight_is_asked_of_every_door_alike(open_house: Api) -> None:
    for path in ("/graphql", "/stream/x", "/media/clip.webm", "/.well-known/jwks.json", "/health", "/nothing"):
        response = await preflight(open_house, FRONT, "GET", "range", path=path)
        assert response.status_code == 200, path
        assert_for_the_front_end(response)


async def test_options_that_are_no_preflight_are_a_method_like_any_other(open_house: Api) -> None:
    for origin in (None, FRONT):
        response = await asked(open_house, origin, method="OPTIONS")
        assert (response.status_code, response.headers["allow"]) == (405, "GET, POST")


async def test_the_front_end_can_read_errors_too(strict_house: Api) -> None:
    bad = [
        (400, await asked(strict_house, FRONT, content=b"{", headers={"content-type": "application/json"})),
        (401, await asked(strict_house, FRONT, headers={"authorization": "Bearer x"})),
        (404, await asked(strict_house, FRONT, "/nothing")),
        (404, await asked(strict_house, FRONT, "/stream/x")),
        (404, await asked(strict_house, FRONT, "/media/x?expires=1&signature=x")),
        (405, await asked(strict_house, FRONT, method="PUT")),
        (405, await asked(strict_house, FRONT, "/health", method="POST")),
        (413, await asked(strict_house, FRONT, json={"query": "{ a }" + " " * 1_000_001})),
        (415, await asked(strict_house, FRONT, content=b"x", headers={"content-type": "text/plain"})),
    ]
    for status, response in bad:
        assert response.status_code == status
        assert_for_the_front_end(response)
        assert response.headers["x-request-id"]


async def test_the_front_end_can_read_that_something_went_wrong(
    marquee: Marquee, client: httpx2.AsyncClient, base_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("broken for this test")

    monkeypatch.setattr(web.graphql, "read", broken)
    monkeypatch.setattr(marquee.tickets.__class__, "read", broken)
    async with serving_with(marquee, client, frontend_url=FRONT, strict_cors=True) as api:
        for path in ("/graphql", "/stream/x"):
            response = await asked(api, FRONT, path)
            assert (response.status_code, response.json()["code"]) == (500, "INTERNAL")
            assert response.json()["requestId"] == response.headers["x-request-id"]
            assert_for_the_front_end(response)
            assert said(await asked(api, "https://evil.example", path)) == {}


async def test_the_front_end_can_read_media_in_parts(open_house: Api, strict_house: Api, marquee: Marquee) -> None:
    path = await marquee.objects.lasting_address("clip.webm")
    for api in (open_house, strict_house):
        response = await asked(api, FRONT, path, headers={"range": "bytes=0-9"})
        assert (response.status_code, response.content) == (206, CLIP[:10])
        assert_for_the_front_end(response)
        assert "Content-Range" in response.headers["access-control-expose-headers"]
        assert_for_the_front_end(await asked(api, FRONT, path, method="HEAD"))


async def test_the_front_end_can_read_keys_and_events(strict_house: Api) -> None:
    keys = await asked(strict_house, FRONT, "/.well-known/jwks.json")
    assert (keys.status_code, keys.headers["cache-control"]) == (200, "public, max-age=300")
    assert_for_the_front_end(keys)
    events = await asked(strict_house, FRONT, headers={"accept": "text/event-stream"})
    assert events.headers["content-type"].startswith("text/event-stream")
    assert_for_the_front_end(events)


async def test_who_names_no_origin_hears_nothing_but_that_it_matters(api: Api, world: World, strict_house: Api) -> None:
    for house in (api, strict_house):
        for path in ("/graphql", "/.well-known/jwks.json", "/health", "/nothing", "/stream/x"):
            response = await asked(house, None, path)
            assert (said(response), response.headers["vary"]) == ({}, "Origin"), path
