"""The realm that deploy/keycloak holds: what its tokens say, and who gets some."""

import base64
import hashlib
import html
import re
from collections.abc import AsyncIterator
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import jwt
import pytest

from domain.accounts import Accounts, NewAccount
from tests.keycloak.conftest import PASSWORD, RunningKeycloak, is_locked

APP = "http://localhost:5173"
VERIFIER = "a-verifier-of-at-least-forty-three-characters-as-pkce-wants"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
PKCE = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}


@pytest.fixture
async def browser(keycloak: RunningKeycloak) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=f"{keycloak.issuer}/protocol/openid-connect", timeout=20) as browser:
        yield browser


@pytest.fixture
async def person(accounts: Accounts, email: str) -> str:
    """An account; answers its address."""
    assert await accounts.create(NewAccount(email, PASSWORD, None, None))
    return email


async def opened(browser: httpx2.AsyncClient, redirect_uri: str = f"{APP}/back", **asked: str) -> httpx2.Response:
    """The page that a single-page app sends people to."""
    given = {"client_id": "marquee-web", "response_type": "code", "scope": "openid", "state": "s"}
    return await browser.get("auth", params=given | {"redirect_uri": redirect_uri} | asked)


async def code(browser: httpx2.AsyncClient, email: str) -> str:
    """Signs in on the page, as a person would; answers what the app is sent back with."""
    page = await opened(browser, **PKCE)
    form = re.search(r'<form[^>]* action="([^"]+)"', page.text)
    assert form, page.text
    # Its cookies are for safe connections, which to a browser loopback is.
    cookies = {"Cookie": "; ".join(f"{name}={value}" for name, value in page.cookies.items())}
    sent = await browser.post(html.unescape(form[1]), data={"username": email, "password": PASSWORD}, headers=cookies)
    assert sent.headers["Location"].startswith(f"{APP}/back?")
    return parse_qs(urlsplit(sent.headers["Location"]).query)["code"][0]


async def exchanged(browser: httpx2.AsyncClient, code: str, verifier: str = VERIFIER) -> httpx2.Response:
    form = {"grant_type": "authorization_code", "client_id": "marquee-web", "redirect_uri": f"{APP}/back"}
    given = form | {"code": code, "code_verifier": verifier}
    return await browser.post("token", data=given, headers={"Origin": APP})


def said(token: str) -> dict[str, Any]:
    assert jwt.get_unverified_header(token)["alg"] == "RS256"
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


async def test_a_token_says_whose_it_is_and_for_how_long(
    keycloak: RunningKeycloak, admin: httpx2.AsyncClient, person: str
) -> None:
    tokens = await keycloak.tokens(person, PASSWORD)
    claims = said(tokens["access_token"])
    (there,) = (await admin.get("users", params={"email": person})).json()
    assert (claims["sub"], claims["email"], claims["email_verified"]) == (there["id"], person, True)
    assert (claims["iss"], claims["typ"], claims["azp"]) == (keycloak.issuer, "Bearer", "marquee")
    assert claims["exp"] - claims["iat"] == 1800
    assert tokens["expires_in"] in {1799, 1800}, "what is left of it"
    assert claims["sid"]
    assert said(tokens["id_token"])["typ"] == "ID"


async def test_an_app_in_a_browser_gets_tokens_that_name_us(
    browser: httpx2.AsyncClient, keycloak: RunningKeycloak, person: str
) -> None:
    answer = await exchanged(browser, await code(browser, person))
    assert answer.headers["Access-Control-Allow-Origin"] == APP
    claims = said(answer.json()["access_token"])
    assert (claims["iss"], claims["aud"], claims["azp"]) == (keycloak.issuer, "marquee", "marquee-web")
    assert (claims["email"], claims["email_verified"], claims["typ"]) == (person, True, "Bearer")


async def test_a_code_is_for_who_asked_for_it(browser: httpx2.AsyncClient, person: str) -> None:
    assert (await exchanged(browser, await code(browser, person), VERIFIER.upper())).status_code == 400
    sent_back = await opened(browser)
    assert "error=invalid_request" in sent_back.headers["Location"], "without a challenge there is none"
    plain = await opened(browser, code_challenge=VERIFIER, code_challenge_method="plain")
    assert "error=invalid_request" in plain.headers["Location"]


ELSEWHERE = [
    "https://example.com/",
    "http://localhost.example.com/",
    "http://localhost:5173.example.com/",
    "http://localhost:5173@example.com/",
]


@pytest.mark.parametrize("address", ELSEWHERE)
async def test_nobody_is_sent_elsewhere(browser: httpx2.AsyncClient, address: str) -> None:
    answer = await opened(browser, address, **PKCE)
    assert answer.status_code == 400
    assert "Location" not in answer.headers


@pytest.mark.parametrize("address", ["http://localhost:3000", "http://127.0.0.1:5173/deep/in?side=1"])
async def test_an_app_under_development_is_wherever_its_tool_put_it(browser: httpx2.AsyncClient, address: str) -> None:
    assert (await opened(browser, address, **PKCE)).status_code == 200


async def test_a_password_is_told_to_our_server_alone(browser: httpx2.AsyncClient, person: str) -> None:
    form = {"grant_type": "password", "username": person, "password": PASSWORD}
    answer = await browser.post("token", data=form | {"client_id": "marquee-web"})
    assert answer.json()["error"] == "unauthorized_client"
    answer = await browser.post("token", data=form | {"client_id": "marquee"})
    assert answer.json()["error"] == "unauthorized_client"
    assert (await opened(browser, client_id="marquee", **PKCE)).status_code == 400, "nobody signs in to it on a page"


async def test_nobody_makes_an_account_or_a_client_by_themselves(
    browser: httpx2.AsyncClient, keycloak: RunningKeycloak
) -> None:
    assert (await opened(browser, prompt="create", **PKCE)).status_code == 400
    address = f"{keycloak.issuer}/clients-registrations/openid-connect"
    assert (await browser.post(address, json={"redirect_uris": [APP]})).status_code == 403


async def test_after_ten_wrong_passwords_the_right_one_waits(
    accounts: Accounts, admin: httpx2.AsyncClient, person: str
) -> None:
    for _ in range(9):
        assert await accounts.sign_in(person, "wrong") is None
    assert await accounts.sign_in(person, PASSWORD), "nine are nothing"
    for _ in range(10):
        assert await accounts.sign_in(person, "wrong") is None
    assert await is_locked(admin, person, partial(accounts.sign_in, person, "wrong"))
    assert await accounts.sign_in(person, PASSWORD) is None
