"""A real Keycloak's own pages, from our page and back by PKCE, in a Chromium: A3 of FEATURES."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from playwright.async_api import expect

from composition import Marquee
from settings import Settings
from tests.browser.conftest import chromium as chromium
from tests.browser.sign_in_page import SignInPage, Tabs, launched, tabs_in
from tests.conftest import database_from_template
from tests.keycloak.conftest import PASSWORD, RunningKeycloak
from tests.serving import BOUNDS, serving

pytestmark = pytest.mark.browser


@pytest.fixture(scope="session")
def browser_dsn(worker_id: str) -> str:
    return database_from_template(f"keycloak_browser_{worker_id}")


@pytest.fixture
async def here(browser_dsn: str, tmp_path: Path, keycloak: RunningKeycloak) -> AsyncIterator[str]:
    """Our server, whose accounts are at Keycloak."""
    settings = Settings(
        _env_file=None,
        environment="development",
        database_url=browser_dsn,
        marquee_home=tmp_path,
        session_secret="for tests only, and as long as it has to be",
        demonstration=False,
        keycloak_url=keycloak.url,
        keycloak_realm=keycloak.realm,
        keycloak_client_id=keycloak.client_id,
        keycloak_client_secret=keycloak.client_secret,
        keycloak_admin_username=keycloak.admin_username,
        keycloak_admin_password=keycloak.admin_password,
    )
    app = Marquee(settings, browser_dsn).application()
    async with serving(app, replace(BOUNDS, grace_seconds=1)) as address:
        yield address


@pytest.fixture
async def tabs(chromium: str, here: str, keycloak: RunningKeycloak) -> AsyncIterator[Tabs]:
    async with launched(chromium) as browser, tabs_in(browser, here, keycloak.url) as tabs:
        yield tabs


async def go(tab: SignInPage, keycloak: RunningKeycloak) -> None:
    card = tab.card("Keycloak")
    await card.get_by_label("Address").fill(keycloak.url)
    await card.get_by_label("Realm").fill(keycloak.realm)
    await tab.press("Sign in at Keycloak")


async def sign_in_there(tab: SignInPage, email: str) -> None:
    await tab.page.locator("#username").fill(email)
    await tab.page.locator("#password").fill(PASSWORD)
    await tab.look("keycloak")
    await tab.page.locator("#kc-login").click()


async def test_who_signs_in_at_keycloak_is_the_viewer_here_until_they_sign_out_at_both(
    tabs: Tabs, keycloak: RunningKeycloak, email: str
) -> None:
    tab = await tabs.open()
    await tab.register(email)
    await tab.is_in("tokens")
    await tab.press("Sign out")
    await tab.is_out()
    await go(tab, keycloak)
    await sign_in_there(tab, email)
    await tab.is_in("keycloak")
    assert tab.page.url == f"{tab.address}/sign-in"
    await expect(tab.account.get_by_text(email)).to_be_visible()
    await expect(tab.page.locator("#identities")).to_contain_text("Keycloak")
    await expect(tab.page.locator("#sessions > li")).to_contain_text("this device")
    await tab.look("back-from-keycloak")
    before = await tab.kept()
    await tab.press("Refresh at Keycloak")
    await expect(tab.account.get_by_text("Here are others")).to_be_visible()
    await tab.is_in("keycloak")
    assert await tab.kept() != before
    await tab.press("Sign out")
    await tab.is_out()
    await expect(tab.banner).to_contain_text("Signed out.")
    await go(tab, keycloak)
    await expect(tab.page.locator("#password")).to_be_visible()  # it does not know this browser any more


async def test_signing_out_everywhere_ends_the_line_of_keycloaks_token_within_two_seconds(
    tabs: Tabs, keycloak: RunningKeycloak, email: str
) -> None:
    tab = await tabs.open()
    await tab.register(email)
    await tab.is_in("tokens")
    other = await tabs.open()
    await go(other, keycloak)
    await sign_in_there(other, email)
    await other.is_in("keycloak")
    await tab.press("Sign out everywhere")
    await expect(other.live).to_have_attribute("data-state", "ended", timeout=2_000)
    await other.is_out()
    await expect(tab.banner).to_have_text("Signed out everywhere. Sessions ended: 2.")


async def test_whom_keycloak_knows_and_we_do_not_is_told_so(
    tabs: Tabs, keycloak: RunningKeycloak, admin: httpx2.AsyncClient, email: str
) -> None:
    credentials = [{"type": "password", "value": PASSWORD}]
    person = {"username": email, "email": email, "emailVerified": True, "enabled": True, "credentials": credentials}
    (await admin.post("users", json=person)).raise_for_status()
    tab = await tabs.open()
    await go(tab, keycloak)
    await sign_in_there(tab, email)
    await expect(tab.banner).to_contain_text("USER_NOT_FOUND: User not found in database")
    await tab.is_out()


async def test_a_code_that_this_tab_did_not_ask_for_is_not_sent_to_anybody(tabs: Tabs) -> None:
    tab = await tabs.open("/sign-in?state=somebody-elses&code=somebody-elses")
    await expect(tab.banner).to_have_text("KEYCLOAK: This sign-in was not begun in this tab.")
    assert tab.page.url == f"{tab.address}/sign-in"
    await tab.is_out()
