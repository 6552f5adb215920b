"""Signing in by redirects, from our door to our door: C1 to C3 and E1 of FEATURES, A2 and A6 of GUARD."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any

import httpx2
import pytest
from starlette.responses import Response

from composition import Marquee
from tests.api.conftest import Api, World
from tests.api.issuer import application, settings_like
from tests.integrations.oauth_servers import (
    ADMIN_KEY,
    GitHubServer,
    GoogleServer,
    KakaoServer,
    github_person,
    kakao_person,
    running,
    sign_in,
)
from tests.integrations.oauth_stranger import CLIENT_ID, CLIENT_SECRET, Stranger

FRONTEND = "https://front.example"
EXCHANGE = """mutation ($code: String!) {
    exchangeLoginCode(input: {code: $code}) {
        ... on SignedIn {
            tokens { accessToken }
            viewer { email user { id displayName avatarUrl } identities { provider } }
        }
        ... on Refusal { code }
    }
}"""
UNLINK = """mutation ($provider: IdentityProvider!) {
    unlinkIdentity(input: {provider: $provider}) { __typename ... on Refusal { code } }
}"""


@dataclass
class Street:
    """Our server, and the three providers that it knows."""

    marquee: Marquee
    api: Api
    servers: dict[str, Stranger]

    def person(self, provider: str, who: str, **changes: Any) -> None:
        """Somebody who can sign in there, by `who`."""
        made: dict[str, Callable[..., dict[str, Any]]] = {
            "google": lambda **claims: {"name": who, "email": f"{who}@example.com", "email_verified": True, **claims},
            "github": lambda **more: github_person(len(self.servers["github"].people) + 1, who, **more),
            "kakao": lambda **more: kakao_person(len(self.servers["kakao"].people) + 1, who, **more),
        }
        self.servers[provider].people[who] = made[provider](**changes)

    async def visit(self, address: str, cookie: str = "") -> httpx2.Response:
        return await self.api.client.get(address, headers={"cookie": cookie} if cookie else {})

    async def depart(self, provider: str, cookie: str = "") -> tuple[str, str]:
        """Where the browser is sent, and the cookie that it has to bring back."""
        response = await self.visit(f"{self.api.base_url}/auth/{provider}/login", cookie)
        assert response.status_code == 303, response.text
        (kept,) = SimpleCookie(response.headers["set-cookie"]).values()
        return response.headers["location"], f"{kept.key}={kept.value}"

    async def home(self, back: httpx2.URL, cookie: str) -> dict[str, str]:
        """What the front end is told."""
        response = await self.visit(str(back), cookie)
        assert response.status_code == 303, response.text
        address = httpx2.URL(response.headers["location"])
        assert str(address).startswith(f"{FRONTEND}/auth/callback?")
        return dict(address.params)

    async def arrive(self, provider: str, who: str | None) -> dict[str, str]:
        address, cookie = await self.depart(provider)
        async with httpx2.AsyncClient() as elsewhere:
            back = await sign_in(elsewhere, address, who)
        return await self.home(back, cookie)

    async def signed_in(self, provider: str, who: str) -> Any:
        arrived = await self.arrive(provider, who)
        return (await self.api.data(EXCHANGE, code=arrived["code"]))["exchangeLoginCode"]


@pytest.fixture
async def street(world: World) -> AsyncIterator[Street]:
    async with AsyncExitStack() as stack:
        google = await stack.enter_async_context(running(GoogleServer()))
        github = await stack.enter_async_context(running(GitHubServer()))
        kakao = await stack.enter_async_context(running(KakaoServer()))
        names = ("google_client", "github_client", "kakao_client")
        settings: dict[str, Any] = {f"{name}_id": CLIENT_ID for name in names}
        settings |= {f"{name}_secret": CLIENT_SECRET for name in names}
        settings |= {"google_issuer": google.url, "github_url": github.url, "github_api_url": github.url}
        settings |= {"kakao_auth_url": kakao.url, "kakao_api_url": kakao.url, "kakao_admin_key": ADMIN_KEY}
        settings |= {"kakao_scope": "profile_nickname,account_email", "frontend_url": FRONTEND}
        changed = settings_like(world.marquee, **settings)
        marquee, api = await stack.enter_async_context(application(changed))
        yield Street(marquee, api, {"google": google, "github": github, "kakao": kakao})


@pytest.mark.parametrize("provider", ["google", "github", "kakao"])
async def test_whoever_comes_by_a_provider_is_one_person_from_then_on(
    street: Street, world: World, provider: str
) -> None:
    street.person(provider, "ada")
    first, again = await street.signed_in(provider, "ada"), await street.signed_in(provider, "ada")
    assert first["viewer"] == again["viewer"]
    assert first["viewer"]["identities"] == [{"provider": provider.upper()}]
    assert first["viewer"]["email"] == (None if provider == "kakao" else "ada@example.com")
    assert await world.rows("select count(*), count(password_hash) from users") == [(1, 0)]


async def test_kakao_is_never_asked_for_an_address(street: Street) -> None:
    address, _ = await street.depart("kakao")
    assert httpx2.URL(address).params["scope"] == "profile_nickname"


async def test_twenty_at_once_are_one_person(street: Street, world: World) -> None:
    for provider in ("google", "github", "kakao"):
        street.person(provider, "ada")
        arrived = await asyncio.gather(*(street.arrive(provider, "ada") for _ in range(8)))
        assert all("code" in one for one in arrived), arrived
    assert await world.rows("select count(*) from users") == [(2,)], "Kakao's has no address to be known by"
    assert await world.rows("select count(*) from identities") == [(3,)]


async def test_a_way_back_works_once_and_only_in_its_own_browser(street: Street, world: World) -> None:
    street.person("github", "ada")
    address, cookie = await street.depart("github")
    _, other_cookie = await street.depart("github")
    async with httpx2.AsyncClient() as elsewhere:
        back = await sign_in(elsewhere, address, "ada")
    for stolen in ("", other_cookie, f"{cookie}x"):
        assert (await street.home(back, stolen))["error"] == "session_expired", stolen
    assert "code" in await street.home(back, cookie)
    assert (await street.home(back, cookie))["error"] == "session_expired"
    assert await world.rows("select count(*) from users") == [(1,)]


async def test_the_states_of_two_providers_and_of_nobody_are_not_taken(street: Street) -> None:
    street.person("github", "ada")
    address, cookie = await street.depart("github")
    async with httpx2.AsyncClient() as elsewhere:
        back = await sign_in(elsewhere, address, "ada")
    other = str(back).replace("/auth/github/", "/auth/kakao/")
    for wrong in (other, str(back.copy_remove_param("state")), str(back.copy_set_param("state", "x\0\ud7ff"))):
        assert (await street.home(httpx2.URL(wrong), cookie))["error"] == "session_expired"
    assert "code" in await street.home(back, cookie), "it was not used up by them"


async def test_a_way_back_is_over_after_ten_minutes(street: Street, world: World) -> None:
    street.person("github", "ada")
    address, cookie = await street.depart("github")
    async with httpx2.AsyncClient() as elsewhere:
        back = await sign_in(elsewhere, address, "ada")
    await world.rows("update one_time_codes set expires_at = expires_at - interval '10 minutes'")
    assert (await street.home(back, cookie))["error"] == "session_expired"


async def test_two_tabs_of_a_browser_can_be_on_their_way_at_once(street: Street) -> None:
    street.person("github", "ada")
    first, cookie = await street.depart("github")
    second, same = await street.depart("github", cookie)
    assert same == cookie
    async with httpx2.AsyncClient() as elsewhere:
        backs = [await sign_in(elsewhere, address, "ada") for address in (first, second)]
    assert all("code" in one for one in [await street.home(back, cookie) for back in backs])


@pytest.mark.parametrize("provider", ["google", "github", "kakao"])
async def test_whoever_denies_comes_back_signed_out(street: Street, world: World, provider: str) -> None:
    assert (await street.arrive(provider, None))["error"] == "bad_credentials"
    assert await world.rows("select count(*) from users") == [(0,)]


async def test_nothing_secret_is_in_an_address(street: Street) -> None:
    street.person("google", "ada")
    address, cookie = await street.depart("google")
    asked = httpx2.URL(address).params
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == f"{street.api.base_url}/auth/google/callback"
    kept = cookie.partition("=")[2]
    assert kept not in address
    assert CLIENT_SECRET not in address
    arrived = await street.arrive("google", "ada")
    assert set(arrived) == {"code"}
    tokens = (await street.api.data(EXCHANGE, code=arrived["code"]))["exchangeLoginCode"]["tokens"]
    assert arrived["code"] not in tokens["accessToken"]


async def test_the_binding_cookie_is_not_for_scripts_and_dies_soon(street: Street) -> None:
    response = await street.visit(f"{street.api.base_url}/auth/github/login")
    parts = {part.strip().lower() for part in response.headers["set-cookie"].split(";")[1:]}
    assert parts == {"httponly", "max-age=600", "path=/", "samesite=lax"}
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["referrer-policy"] == "no-referrer"


async def test_no_client_says_where_people_are_sent(street: Street) -> None:
    street.person("github", "ada")
    for query in ("next=https://evil.example", "redirect_uri=https://evil.example", "return_to=//evil.example"):
        response = await street.visit(f"{street.api.base_url}/auth/github/login?{query}")
        assert "evil" not in response.headers["location"]
    response = await street.visit(
        f"{street.api.base_url}/auth/github/callback?error=x&redirect_uri=https://evil.example"
    )
    assert response.headers["location"].startswith(f"{FRONTEND}/auth/callback?error=session_expired")


async def test_a_provider_that_fails_is_told_to_the_front_end_and_nobody_is_made(street: Street, world: World) -> None:
    street.person("github", "ada")
    address, cookie = await street.depart("github")
    async with httpx2.AsyncClient() as elsewhere:
        back = await sign_in(elsewhere, address, "ada")
    street.servers["github"].failing.append(Response(status_code=503))
    arrived = await street.home(back, cookie)
    assert arrived["error"] == "upstream_failed"
    assert await world.rows("select count(*) from users") == [(0,)]


async def test_kakao_hears_of_an_unlinking_and_github_need_not(street: Street) -> None:
    for provider in ("github", "kakao"):
        street.person(provider, "ada")
    token = (await street.signed_in("kakao", "ada"))["tokens"]["accessToken"]
    assert (await street.api.data(UNLINK, token, provider="KAKAO"))["unlinkIdentity"]["code"] == "CONFLICT"
    add = 'mutation { updateProfile(input: {email: "ada@example.com"}) { __typename } }'
    assert await street.api.data(add, token) == {"updateProfile": {"__typename": "Viewer"}}
    github = await street.signed_in("github", "ada")
    assert [identity["provider"] for identity in github["viewer"]["identities"]] == ["KAKAO", "GITHUB"]
    assert (await street.api.data(UNLINK, token, provider="KAKAO"))["unlinkIdentity"]["__typename"] == "Viewer"
    assert len(street.servers["kakao"].knocked("/v1/user/unlink")) == 1
    assert (await street.api.data(UNLINK, token, provider="GITHUB"))["unlinkIdentity"]["code"] == "CONFLICT"


async def test_only_looking_at_the_way_back_does_not_use_it_up(street: Street) -> None:
    street.person("github", "ada")
    address, cookie = await street.depart("github")
    async with httpx2.AsyncClient() as elsewhere:
        back = await sign_in(elsewhere, address, "ada")
    assert (await street.api.client.head(str(back), headers={"cookie": cookie})).status_code == 405
    assert "code" in await street.home(back, cookie)


async def test_while_the_database_is_away_the_way_back_ends_at_the_front_end_too(street: Street) -> None:
    _, cookie = await street.depart("github")
    await street.marquee.database.close()
    back = httpx2.URL(f"{street.api.base_url}/auth/github/callback?state=x&code=y")
    assert (await street.home(back, cookie))["error"] == "unavailable"
    await street.marquee.database.open()


async def test_which_providers_there_are_can_be_asked(street: Street, api: Api) -> None:
    query = "{ signInProviders { provider url } }"
    listed = (await street.api.data(query))["signInProviders"]
    assert listed[0] == {"provider": "GOOGLE", "url": f"{street.api.base_url}/auth/google/login"}
    assert [one["provider"] for one in listed] == ["GOOGLE", "GITHUB", "KAKAO"]
    assert (await api.data(query)) == {"signInProviders": []}


async def test_a_provider_that_is_not_set_up_or_does_not_exist_leads_nowhere(api: Api) -> None:
    for door in ("login", "callback"):
        response = await api.client.get(f"{api.base_url}/auth/google/{door}")
        assert (response.status_code, "error=not_configured" in response.headers["location"]) == (303, True)
        for name in ("keycloak", "other", "GOOGLE", "x"):
            response = await api.client.get(f"{api.base_url}/auth/{name}/{door}")
            assert (response.status_code, response.json()["code"]) == (404, "NOT_FOUND")
