"""A cookie instead of tokens: C4 of FEATURES, A7, C1 and W2 of GUARD."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any

import httpx2
import pytest

from tests.api.conftest import PASSWORD, Answer, Api, World
from tests.api.issuer import application, settings_like

NAME = "marquee_session"
LOGIN = """mutation ($email: String!, $password: String!) {
    login(input: {email: $email, password: $password, useCookie: true}) {
        ... on SignedIn {
            tokens { accessToken tokenType expiresIn refreshToken refreshExpiresIn }
            viewer { email csrfToken sessions { current } }
            csrfToken
        }
        ... on Refusal { code }
    }
}"""
WHO = "{ viewer { email csrfToken } }"
CONSENT = "mutation { giveConsent { ... on Viewer { needsConsent } } }"
LOGOUT = "mutation { logout }"


class Browser:
    """Keeps cookies as a browser would, and nothing else of us."""

    def __init__(self, api: Api) -> None:
        self.api, self.cookie, self.csrf = api, "", ""

    async def ask(self, query: str, *, csrf: str | None = None, **variables: Any) -> Answer:
        headers = {b"cookie": f"{NAME}={self.cookie}".encode()} if self.cookie else {}
        headers |= {b"x-csrf-token": csrf.encode()} if csrf is not None else {}
        body = {"query": query, "variables": variables}
        response = await self.api.client.post(f"{self.api.base_url}/graphql", json=body, headers=headers)
        self.notice(response)
        return Answer(response, response.json())

    def notice(self, response: httpx2.Response) -> None:
        if NAME in (jar := SimpleCookie(response.headers.get("set-cookie", ""))):
            self.cookie = jar[NAME].value

    async def sign_in(self, email: str) -> Any:
        signed_in = (await self.ask(LOGIN, csrf=self.csrf, email=email, password=PASSWORD)).data["login"]
        self.csrf = signed_in["csrfToken"]
        return signed_in


@pytest.fixture
async def browser(api: Api, world: World) -> Browser:
    """Signed in as ada@example.com."""
    await world.person(email="ada@example.com")
    await world.rows("delete from sessions")
    browser = Browser(api)
    await browser.sign_in("ada@example.com")
    return browser


@pytest.fixture
async def hasty(world: World) -> AsyncIterator[Api]:
    """The same server, in whose time a cookie grows old at once."""
    async with application(settings_like(world.marquee)) as (marquee, api):
        object.__setattr__(marquee.ways_in._rules, "access", timedelta(0))
        yield api


async def test_a_cookie_carries_the_session_and_no_token_is_handed_out(api: Api, world: World) -> None:
    await world.person(email="ada@example.com")
    browser = Browser(api)
    signed_in = await browser.sign_in("ada@example.com")
    lives_for = signed_in["tokens"]["expiresIn"]
    assert signed_in["tokens"] == {
        "accessToken": "",
        "tokenType": "cookie",
        "expiresIn": lives_for,
        "refreshToken": None,
        "refreshExpiresIn": None,
    }
    assert signed_in["viewer"]["csrfToken"] == signed_in["csrfToken"] != ""
    assert lives_for == 7 * 24 * 3600
    assert (await browser.ask(WHO)).data["viewer"] == {"email": "ada@example.com", "csrfToken": browser.csrf}


async def test_the_cookie_is_for_this_site_alone_and_no_script_reads_it(api: Api, world: World) -> None:
    await world.person(email="ada@example.com")
    answer = await Browser(api).ask(LOGIN, email="ada@example.com", password=PASSWORD)
    said = answer.response.headers["set-cookie"]
    assert said.startswith(f"{NAME}=")
    assert {part.strip().lower() for part in said.split(";")[1:]} == {
        "httponly",
        "max-age=604800",
        "path=/",
        "samesite=strict",
    }


async def test_in_production_the_cookie_is_secure_and_bound_to_its_host(world: World) -> None:
    await world.person(email="ada@example.com")
    async with application(settings_like(world.marquee, environment="production")) as (_, api):
        answer = await Browser(api).ask(LOGIN, email="ada@example.com", password=PASSWORD)
        said = answer.response.headers["set-cookie"]
    assert said.startswith(f"__Host-{NAME}=")
    assert {"secure", "httponly", "path=/"} <= {part.strip().lower() for part in said.split(";")}
    assert "domain" not in said.lower()


async def test_with_a_cookie_a_mutation_needs_the_csrf_token(browser: Browser, world: World) -> None:
    other = Browser(browser.api)
    await world.person(email="eve@example.com")
    await other.sign_in("eve@example.com")
    for wrong in (None, "", "x", browser.csrf[:-1], f"{browser.csrf}x", other.csrf, "é"):
        answer = await browser.ask(CONSENT, csrf=wrong)
        assert answer.codes == ["CSRF_TOKEN_REQUIRED"], wrong
    assert await world.rows("select consented_at from users") == [(None,), (None,)]
    assert (await browser.ask(CONSENT, csrf=browser.csrf)).data == {"giveConsent": {"needsConsent": False}}
    assert (await browser.ask(WHO)).data["viewer"], "what changes nothing needs none"


async def test_whoever_says_a_token_needs_no_csrf_token(browser: Browser, world: World) -> None:
    person = await world.person()
    headers = {"cookie": f"{NAME}={browser.cookie}", "authorization": f"Bearer {person.token}"}
    response = await browser.api.client.post(
        f"{browser.api.base_url}/graphql", json={"query": CONSENT}, headers=headers
    )
    assert response.json()["data"] == {"giveConsent": {"needsConsent": False}}
    assert await world.rows("select id from users where consented_at is not null") == [(person.user.id,)]


async def test_logout_takes_the_cookie_away_and_it_opens_nothing_any_more(browser: Browser) -> None:
    kept = browser.cookie
    answer = await browser.ask(LOGOUT, csrf=browser.csrf)
    assert answer.data == {"logout": True}
    assert "max-age=0" in answer.response.headers["set-cookie"].lower()
    assert browser.cookie == ""
    browser.cookie = kept
    answer = await browser.ask(WHO)
    assert answer.data == {"viewer": None}
    assert browser.cookie == "", "what opens nothing is taken away"


async def test_whose_session_has_ended_can_sign_in_again(browser: Browser, world: World) -> None:
    await world.rows("update sessions set revoked_at = now()")
    signed_in = await browser.sign_in("ada@example.com")
    assert signed_in["viewer"]["sessions"] == [{"current": True}]
    assert (await browser.ask(WHO)).data["viewer"]["email"] == "ada@example.com"


async def test_a_cookie_that_another_replaces_leaves_no_session_behind(browser: Browser, world: World) -> None:
    await browser.sign_in("ada@example.com")
    assert await world.rows("select count(*) from sessions where revoked_at is null") == [(1,)]


async def test_what_a_cookie_asked_is_kept_by_no_cache(browser: Browser, api: Api) -> None:
    headers = {"cookie": f"{NAME}={browser.cookie}"}
    answer = await api.client.get(f"{api.base_url}/graphql", params={"query": WHO}, headers=headers)
    assert answer.json()["data"]["viewer"]["email"] == "ada@example.com"
    assert answer.headers["cache-control"] == "private, no-store"
    nobodys = await api.client.get(f"{api.base_url}/graphql", params={"query": WHO})
    assert nobodys.headers["cache-control"].startswith("public")
    assert "Cookie" in ", ".join(nobodys.headers.get_list("vary"))


async def test_a_cookie_that_nobody_made_opens_nothing_and_ends_nothing(browser: Browser, api: Api) -> None:
    for wrong in ("", "x", "1.x.y", browser.cookie[:-1], f"{browser.cookie}x", "9" * 400, "é", "1" + browser.cookie):
        liar = Browser(api)
        liar.cookie = wrong
        assert (await liar.ask(WHO)).data == {"viewer": None}, wrong
    assert (await browser.ask(WHO)).data["viewer"]


async def test_a_cookie_is_no_refresh_token_and_a_refresh_token_no_cookie(browser: Browser, world: World) -> None:
    refresh = "mutation ($t: String!) { refreshSession(input: {refreshToken: $t}) { ... on Refusal { code } } }"
    assert (await browser.api.data(refresh, t=browser.cookie)) == {"refreshSession": {"code": "SESSION_EXPIRED"}}
    person = await world.person()
    other = Browser(browser.api)
    other.cookie = person.refresh_token
    assert (await other.ask(WHO)).data == {"viewer": None}
    assert (await browser.ask(WHO)).data["viewer"], "and neither ended anything"
    assert (await browser.api.data(WHO, person))["viewer"]


async def test_an_old_cookie_is_replaced_and_coming_back_late_ends_the_session(hasty: Api, world: World) -> None:
    await world.person(email="ada@example.com")
    browser = Browser(hasty)
    await browser.sign_in("ada@example.com")
    first = browser.cookie
    assert (await browser.ask(WHO)).data["viewer"]
    second = browser.cookie
    assert second != first
    browser.cookie = first
    assert (await browser.ask(WHO)).data["viewer"], "the answer that brought the second may have been lost"
    assert browser.cookie == second
    assert (await browser.ask(WHO)).data["viewer"], "seen now"
    browser.cookie = first
    assert (await browser.ask(WHO)).data["viewer"], "a request may have been overtaken"
    await world.rows("update sessions set rotated_at = rotated_at - interval '11 seconds'")
    browser.cookie = first
    assert (await browser.ask(WHO)).data == {"viewer": None}
    browser.cookie = second
    assert (await browser.ask(WHO)).data == {"viewer": None}, "whoever stole it, or whoever was stolen from, is out"


async def test_requests_at_once_replace_an_old_cookie_by_one(hasty: Api, world: World) -> None:
    await world.person(email="ada@example.com")
    browser = Browser(hasty)
    await browser.sign_in("ada@example.com")
    tabs = [Browser(hasty) for _ in range(32)]
    for tab in tabs:
        tab.cookie = browser.cookie
    answers = await asyncio.gather(*(tab.ask(WHO) for tab in tabs))
    assert all(answer.data["viewer"] for answer in answers)
    assert len({tab.cookie for tab in tabs} - {browser.cookie}) == 1


async def test_a_new_password_comes_with_a_new_cookie(browser: Browser, world: World) -> None:
    change = """mutation ($old: String!, $new: String!) {
        changePassword(input: {currentPassword: $old, newPassword: $new}) {
            ... on SignedIn { tokens { tokenType } csrfToken }
        }
    }"""
    before = browser.cookie
    changed = (await browser.ask(change, csrf=browser.csrf, old=PASSWORD, new="another password")).data
    assert changed["changePassword"]["tokens"] == {"tokenType": "cookie"}
    assert (
        (await browser.ask(WHO)).data["viewer"]["csrfToken"] == changed["changePassword"]["csrfToken"] != browser.csrf
    )
    browser.cookie = before
    assert (await browser.ask(WHO)).data == {"viewer": None}


async def test_no_answer_but_one_by_http_can_set_a_cookie(api: Api, world: World) -> None:
    await world.person(email="ada@example.com")
    body = {"query": LOGIN, "variables": {"email": "ada@example.com", "password": PASSWORD}}
    headers = {"accept": "text/event-stream"}
    response = await api.client.post(f"{api.base_url}/graphql", json=body, headers=headers)
    assert "VALIDATION_FAILED" in response.text
    assert "set-cookie" not in response.headers
    assert await world.rows("select count(*) from sessions where user_agent <> 'tests'") == [(0,)]
