"""Every way in and out again, on the page that developers try them on: issue 4, told by a Chromium."""

import re
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.async_api import BrowserContext, expect

from composition import Marquee
from settings import Settings
from tests.browser.conftest import PASSWORD
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
from tests.serving import serving

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

_numbers = count(1)
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
    async with serving(marquee.application(), ws="websockets-sansio", timeout_graceful_shutdown=1) as address:
        yield address


@pytest.fixture
async def tabs(context: BrowserContext, here: str, strangers: Strangers) -> AsyncIterator[Tabs]:
    assert context.browser
    async with tabs_in(context.browser, here, *(stranger.url for stranger in strangers.values())) as tabs:
        yield tabs


@pytest.fixture
async def tab(tabs: Tabs) -> SignInPage:
    return await tabs.open()


@pytest.fixture
def email() -> str:
    """Of nobody yet."""
    return f"person{next(_numbers)}@example.com"


async def test_who_registers_is_in_by_tokens_and_can_sign_out_and_in_again(tab: SignInPage, email: str) -> None:
    await tab.is_out()
    await tab.look("signed-out")
    await tab.register(email)
    await tab.is_in("tokens")
    await expect(tab.account.get_by_text(email)).to_be_visible()
    await expect(tab.account.locator("h2")).to_be_focused()
    await tab.look("signed-in-by-tokens")
    await tab.page.reload()
    await tab.is_in("tokens")
    await tab.press("Sign out")
    await tab.is_out()
    assert "ey" not in await tab.kept(), "no token stays behind"
    await tab.sign_in(email)
    await tab.is_in("tokens")


async def test_a_cookie_lasts_through_a_reload_and_no_script_ever_sees_it(
    tab: SignInPage, tabs: Tabs, email: str
) -> None:
    await tab.carry("cookie")
    await tab.register(email)
    await tab.is_in("cookie")
    (cookie,) = await tabs.context.cookies()
    assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"]) == ("marquee_session", True, "Strict")
    assert cookie["value"] not in await tab.kept()
    await tab.look("signed-in-by-cookie")
    await tab.page.reload()
    await tab.is_in("cookie")
    await tab.press("Give consent")
    await expect(tab.account.get_by_text("You have given consent.")).to_be_visible()
    other = await tabs.open()
    await other.is_in("cookie")
    await tab.press("Sign out")
    await tab.is_out()
    assert await tabs.context.cookies() == []
    await expect(other.live).to_have_attribute("data-state", "ended")
    await other.is_out()


async def test_a_tab_whose_cookie_has_another_session_since_learns_what_to_say_beside_it(
    tab: SignInPage, tabs: Tabs, email: str
) -> None:
    await tab.carry("cookie")
    await tab.register(email)
    await tab.is_in("cookie")
    other = await tabs.open()
    await other.is_in("cookie")
    await other.page.locator("#ways > summary").click()
    await other.carry("cookie")
    await other.sign_in(email)
    await expect(other.page.locator("#sessions > li")).to_have_count(2)
    await tab.press("Give consent")
    await expect(tab.account.get_by_text("You have given consent.")).to_be_visible()


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
    again = await tabs.open((await came.value).url.removeprefix(tab.address))
    await expect(again.banner).to_contain_text("BAD_CREDENTIALS: This code was used, or is over.")
    await again.is_out()
    await tab.is_in("tokens")


async def test_signing_out_everywhere_in_one_tab_ends_the_line_in_the_other_within_two_seconds(
    tab: SignInPage, tabs: Tabs, email: str
) -> None:
    await tab.register(email)
    await tab.is_in("tokens")
    other = await tabs.open()
    await other.sign_in(email)
    await other.is_in("tokens")
    await tab.press("Sign out everywhere")
    await expect(other.live).to_have_attribute("data-state", "ended", timeout=2_000)
    await expect(tab.banner).to_have_text("Signed out everywhere. Sessions ended: 2.")
    await expect(other.banner).to_have_text("You are signed out: This session has ended.")
    await other.is_out()
    await other.look("ended-elsewhere")


async def test_one_session_is_ended_from_another(tab: SignInPage, tabs: Tabs, email: str) -> None:
    await tab.register(email)
    await tab.is_in("tokens")
    other = await tabs.open()
    await other.sign_in(email)
    rows = other.page.locator("#sessions > li")
    await expect(rows).to_have_count(2)
    await rows.filter(has_not_text="this device").get_by_role("button").click()
    await expect(tab.live).to_have_attribute("data-state", "ended", timeout=2_000)
    await expect(rows).to_have_count(1)
    await other.is_in("tokens")


async def test_a_refresh_and_a_new_password_go_on_with_other_tokens(tab: SignInPage, email: str) -> None:
    await tab.register(email)
    await tab.is_in("tokens")
    first = await tab.kept()
    await tab.press("Refresh the tokens")
    await expect(tab.account.get_by_text("Here are others")).to_be_visible()
    second = await tab.kept()
    assert second != first
    await tab.is_in("tokens")
    await tab.page.get_by_label("Password so far").fill("wrong password")
    await tab.page.get_by_label("New password").fill("another password")
    await tab.press("Change it")
    await expect(tab.account.get_by_text("BAD_CREDENTIALS: The current password is another.")).to_be_visible()
    await tab.page.get_by_label("Password so far").fill(PASSWORD)
    await tab.press("Change it")
    await expect(tab.account.get_by_text("Every other session has ended.")).to_be_visible()
    await tab.is_in("tokens")
    assert await tab.kept() != second
    await expect(tab.page.locator("#sessions > li")).to_have_count(1)


async def test_a_profile_is_saved_or_each_problem_stands_beside_its_field(tab: SignInPage, email: str) -> None:
    await tab.register(email)
    await tab.is_in("tokens")
    profile = tab.card("Profile")
    await profile.get_by_label("Name to show").fill("Ada Lovelace")
    await profile.get_by_label("Birthday").fill("1815-12-10")
    await profile.get_by_label("Gender").select_option("여성")
    await tab.press("Save")
    await expect(profile.get_by_label("Birthday")).to_have_attribute("aria-invalid", "true")
    await expect(profile.locator("#profile-birthday-problem")).to_have_text(
        "A birthday is a day from 1900-01-01 up to today."
    )
    await tab.look("a-problem")
    await profile.get_by_label("Birthday").fill("1915-12-10")
    await tab.press("Save")
    await expect(profile.get_by_text("Saved.")).to_be_visible()
    await expect(tab.status).to_have_text("Signed in as Ada Lovelace, by tokens")


async def test_a_linked_account_is_unlinked_unless_it_is_the_last_way_in(tab: SignInPage, strangers: Strangers) -> None:
    strangers["Kakao"].forget()
    strangers["Kakao"].people["somebody"] = kakao_person(10, "혼자")
    await tab.page.get_by_role("link", name="Sign in with Kakao").click()
    await tab.page.locator("input[name=sub]").fill("somebody")
    await tab.page.get_by_role("button", name="Authorize").click()
    await tab.is_in("tokens")
    await tab.press("Unlink Kakao")
    await expect(tab.card("Linked accounts").locator(".said")).to_contain_text("CONFLICT: This is the last way")


async def test_a_wrong_password_is_refused_in_words_and_nothing_secret_stands_in_the_journal(tab: SignInPage) -> None:
    await tab.sign_in("nobody@example.com", "a wrong password")
    refused = tab.page.get_by_text("BAD_CREDENTIALS: The e-mail address or the password is wrong.")
    await expect(refused).to_be_visible()
    journal = tab.page.locator("#journal")
    await expect(journal).to_contain_text('"code": "BAD_CREDENTIALS"')
    assert "a wrong password" not in await journal.inner_text()


async def test_the_keyboard_alone_signs_in_and_out(tab: SignInPage, email: str) -> None:
    await tab.page.locator("#register input[name=email]").focus()
    await tab.page.keyboard.type(email)
    await tab.page.keyboard.press("Tab")
    await tab.page.keyboard.type(PASSWORD)
    await tab.page.keyboard.press("Enter")
    await tab.is_in("tokens")
    await expect(tab.account.locator("h2")).to_be_focused()
    for _ in ("refresh", "sign out"):
        await tab.page.keyboard.press("Tab")
    await expect(tab.page.get_by_role("button", name="Sign out", exact=True)).to_be_focused()
    await tab.page.keyboard.press("Enter")
    await tab.is_out()


async def test_anybody_is_signed_in_by_a_test_token(tab: SignInPage, email: str) -> None:
    await tab.register(email)
    await tab.press("Sign out")
    await tab.card("Test token").get_by_label("E-mail").fill(email)
    await tab.press("Issue one")
    await tab.is_in("tokens")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_it_fits_a_telephone_by_day_and_by_night(tab: SignInPage, email: str, scheme: Any) -> None:
    await tab.page.emulate_media(color_scheme=scheme)
    await tab.look(f"desktop-{scheme}-out")
    await tab.page.set_viewport_size({"width": 360, "height": 740})
    await tab.look(f"telephone-{scheme}-out")
    await tab.register(email)
    await tab.is_in("tokens")
    assert await tab.page.evaluate("() => document.documentElement.scrollWidth") == 360
    await tab.look(f"telephone-{scheme}-in")
    await tab.page.set_viewport_size({"width": 1360, "height": 900})
    await tab.look(f"desktop-{scheme}-in")


async def test_what_is_not_set_up_names_its_settings(context: BrowserContext, address: str) -> None:
    assert context.browser
    async with tabs_in(context.browser, address) as tabs:
        tab = await tabs.open()
        for setting in ("GOOGLE_CLIENT_ID", "GITHUB_CLIENT_ID", "KAKAO_CLIENT_ID"):
            await expect(tab.card("Google, GitHub, Kakao")).to_contain_text(setting)
        await tab.look("nothing-set-up")


async def test_production_has_no_such_page(settings: Settings, tmp_path: Path) -> None:
    production = settings.model_copy(update={"environment": "production", "marquee_home": tmp_path})
    app = Marquee(production, production.dsn() or "").application()
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://marquee.test") as client:
        for path in ("/sign-in", "/sign-in/", "/sign-in/sign-in.js", "/auth/callback"):
            assert (await client.get(path)).status_code == 404, path


async def test_it_says_what_it_is_made_of_and_may_be_framed_by_nobody(here: str) -> None:
    async with httpx2.AsyncClient(base_url=here) as client:
        for path in ("/sign-in", "/sign-in/", "/auth/callback", "/sign-in/sign-in.js"):
            headers = (await client.get(path)).raise_for_status().headers
            assert "script-src 'self';" in headers["content-security-policy"], path
            assert "frame-ancestors 'none'" in headers["content-security-policy"], path
            assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer"), path
