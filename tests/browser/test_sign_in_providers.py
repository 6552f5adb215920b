"""The ways through Google, GitHub and Kakao, there and back in a Chromium: C1, C3 and E1 of FEATURES."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from playwright.async_api import BrowserContext, expect

from composition import Marquee
from settings import Settings
from tests.browser.sign_in_page import SignInPage, Tabs, tabs_in
from tests.conftest import database_from_template
from tests.integrations.oauth_servers import (
    ADMIN_KEY,
    GitHubServer,
    GoogleServer,
    KakaoServer,
    github_person,
    kakao_person,
    running,
)
from tests.integrations.oauth_stranger import CLIENT_ID, CLIENT_SECRET, Stranger
from tests.serving import BOUNDS, serving

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("heavy")]

Strangers = dict[str, Stranger]


@pytest.fixture(scope="session")
async def strangers() -> AsyncIterator[Strangers]:
    async with running(GoogleServer()) as google, running(GitHubServer()) as github, running(KakaoServer()) as kakao:
        yield {"Google": google, "GitHub": github, "Kakao": kakao}


@pytest.fixture(scope="session")
def sign_in_dsn(worker_id: str) -> str:
    return database_from_template(f"sign_in_{worker_id}")


@pytest.fixture(scope="session")
def settings(sign_in_dsn: str, tmp_path_factory: pytest.TempPathFactory, strangers: Strangers) -> Settings:
    providers: dict[str, Any] = {}
    for name in ("google", "github", "kakao"):
        providers |= {f"{name}_client_id": CLIENT_ID, f"{name}_client_secret": CLIENT_SECRET}
    google, github, kakao = (stranger.url for stranger in strangers.values())
    return Settings(
        _env_file=None,
        environment="development",
        database_url=sign_in_dsn,
        marquee_home=tmp_path_factory.mktemp("sign-in"),
        session_secret="for tests only, and as long as it has to be",
        demonstration=False,
        google_issuer=google,
        github_url=github,
        github_api_url=github,
        kakao_auth_url=kakao,
        kakao_api_url=kakao,
        kakao_admin_key=ADMIN_KEY,
        **providers,
    )


@pytest.fixture(scope="session")
async def here(settings: Settings) -> AsyncIterator[str]:
    """Our server, which knows the three of them."""
    marquee = Marquee(settings, settings.dsn() or "")
    async with serving(marquee.application(), replace(BOUNDS, grace_seconds=1)) as address:
        yield address


@pytest.fixture
async def tabs(context: BrowserContext, here: str, strangers: Strangers) -> AsyncIterator[Tabs]:
    assert context.browser
    async with tabs_in(context.browser, here, *(stranger.url for stranger in strangers.values())) as tabs:
        yield tabs


@pytest.fixture
async def tab(tabs: Tabs) -> SignInPage:
    return await tabs.open()


PEOPLE = {
    "Google": {"email": "gia@example.com", "email_verified": True, "name": "Gia of Google"},
    "GitHub": github_person(7, "hub"),
    "Kakao": kakao_person(9, "카카오 친구"),
}
SHOWN = {"Google": "Gia of Google", "GitHub": "Hub of GitHub", "Kakao": "카카오 친구"}


@pytest.mark.parametrize("carrier", ["tokens", "cookie"])
@pytest.mark.parametrize("name", ["Google", "GitHub", "Kakao"])
async def test_who_goes_to_a_provider_comes_back_signed_in_and_the_code_is_gone(
    tab: SignInPage, tabs: Tabs, strangers: Strangers, name: str, carrier: str
) -> None:
    strangers[name].forget()
    strangers[name].people["somebody"] = PEOPLE[name]
    addresses: list[str] = []
    tab.page.on("framenavigated", lambda frame: addresses.append(frame.url))
    await tab.carry(carrier)
    await tab.page.get_by_role("link", name=f"Sign in with {name}").click()
    await tab.page.locator("input[name=sub]").fill("somebody")
    await tab.page.get_by_role("button", name="Authorize").first.click()
    await tab.is_in(carrier)
    await expect(tab.status).to_contain_text(SHOWN[name])
    assert tab.page.url == f"{tab.address}/sign-in"
    assert any("/auth/callback?code=" in address for address in addresses)
    await expect(tab.page.locator("#identities")).to_contain_text(name)
    await tab.look(f"back-from-{name.lower()}-{carrier}")
    await tab.page.go_back()
    await tab.page.wait_for_url(re.compile(re.escape(strangers[name].url)))  # so no code is left on the way back


@pytest.mark.parametrize("name", ["Google", "GitHub", "Kakao"])
async def test_who_is_not_signed_in_there_is_told_so_here(tab: SignInPage, strangers: Strangers, name: str) -> None:
    strangers[name].forget()
    await tab.page.get_by_role("link", name=f"Sign in with {name}").click()
    await tab.page.get_by_role("button", name="Deny").click()
    await expect(tab.banner).to_have_text("BAD_CREDENTIALS: The provider did not sign you in.")
    assert tab.page.url == f"{tab.address}/sign-in"
    await tab.is_out()
    await tab.look(f"denied-by-{name.lower()}")


async def test_a_code_that_was_used_is_refused(tab: SignInPage, tabs: Tabs, strangers: Strangers) -> None:
    strangers["GitHub"].forget()
    strangers["GitHub"].people["hub"] = PEOPLE["GitHub"]
    async with tab.page.expect_request(re.compile("/auth/callback\\?code=")) as came:
        await tab.page.get_by_role("link", name="Sign in with GitHub").click()
        await tab.page.locator("input[name=sub]").fill("hub")
        await tab.page.get_by_role("button", name="Authorize").click()
    await tab.is_in("tokens")
    address = (await came.value).url
    elsewhere = await tabs.open(address.removeprefix(tab.address))
    await expect(elsewhere.banner).to_contain_text("This sign-in was not begun in this tab.")
    await elsewhere.is_out()
    await tab.page.evaluate("sessionStorage.setItem('marquee:on-the-way', 'GitHub')")
    await tab.page.goto(address)
    await expect(tab.banner).to_contain_text("BAD_CREDENTIALS: This code was used, or is over.")
    await tab.is_in("tokens")


async def test_a_linked_account_is_unlinked_unless_it_is_the_last_way_in(tab: SignInPage, strangers: Strangers) -> None:
    strangers["Kakao"].forget()
    strangers["Kakao"].people["somebody"] = kakao_person(10, "혼자")
    await tab.page.get_by_role("link", name="Sign in with Kakao").click()
    await tab.page.locator("input[name=sub]").fill("somebody")
    await tab.page.get_by_role("button", name="Authorize").click()
    await tab.is_in("tokens")
    await tab.press("Unlink Kakao")
    await expect(tab.card("Linked accounts").locator(".said")).to_contain_text("CONFLICT: This is the last way")
