"""Every way in and out again, on the page that developers try them on: issue 4, told by a Chromium."""

from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import httpx2
import pytest
from playwright.async_api import BrowserContext, expect

from composition import Marquee
from settings import Settings
from tests.browser.conftest import _HELP, PASSWORD, Window
from tests.browser.sign_in_page import SignInPage, Tabs, tabs_in

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("heavy")]

_SPOIL = """expiresAt => {
    const kept = JSON.parse(sessionStorage.getItem("marquee:sign-in"));
    const spoilt = { ...kept, accessToken: "garbage", expiresAt: expiresAt ?? kept.expiresAt };
    sessionStorage.setItem("marquee:sign-in", JSON.stringify(spoilt));
}"""
_numbers = count(1)


@pytest.fixture
async def tabs(context: BrowserContext, address: str) -> AsyncIterator[Tabs]:
    assert context.browser
    async with tabs_in(context.browser, address) as tabs:
        yield tabs


@pytest.fixture
async def tab(tabs: Tabs) -> SignInPage:
    return await tabs.open()


@pytest.fixture
def newcomer() -> str:
    """The e-mail address of nobody yet."""
    return f"person{next(_numbers)}@example.com"


async def test_who_registers_is_in_by_tokens_and_can_sign_out_and_in_again(tab: SignInPage, newcomer: str) -> None:
    await tab.is_out()
    await tab.look("signed-out")
    await tab.register(newcomer)
    await tab.is_in("tokens")
    await expect(tab.account.get_by_text(newcomer)).to_be_visible()
    await expect(tab.account.locator("h2")).to_be_focused()
    await tab.look("signed-in-by-tokens")
    await tab.page.reload()
    await tab.is_in("tokens")
    await tab.press("Sign out")
    await tab.is_out()
    assert "accessToken" not in await tab.kept()
    await tab.sign_in(newcomer)
    await tab.is_in("tokens")


async def test_a_cookie_lasts_through_a_reload_and_no_script_ever_sees_it(
    tab: SignInPage, tabs: Tabs, newcomer: str
) -> None:
    await tab.carry("cookie")
    await tab.register(newcomer)
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
    tab: SignInPage, tabs: Tabs, newcomer: str
) -> None:
    await tab.carry("cookie")
    await tab.register(newcomer)
    await tab.is_in("cookie")
    other = await tabs.open()
    await other.is_in("cookie")
    await other.page.locator("#ways > summary").click()
    await other.carry("cookie")
    await other.sign_in(newcomer)
    await expect(other.page.locator("#sessions > li")).to_have_count(1)
    await tab.press("Give consent")
    await expect(tab.account.get_by_text("You have given consent.")).to_be_visible()


async def test_signing_out_everywhere_in_one_tab_ends_the_line_in_the_other_within_two_seconds(
    tab: SignInPage, tabs: Tabs, newcomer: str
) -> None:
    await tab.register(newcomer)
    await tab.is_in("tokens")
    other = await tabs.open()
    await other.sign_in(newcomer)
    await other.is_in("tokens")
    await tab.press("Sign out everywhere")
    await expect(other.live).to_have_attribute("data-state", "ended", timeout=2_000)
    await expect(tab.banner).to_have_text("Signed out everywhere. Sessions ended: 2.")
    await expect(other.banner).to_have_text("You are signed out: This session has ended.")
    await other.is_out()
    await other.look("ended-elsewhere")


async def test_one_session_is_ended_from_another(tab: SignInPage, tabs: Tabs, newcomer: str) -> None:
    await tab.register(newcomer)
    await tab.is_in("tokens")
    other = await tabs.open()
    await other.sign_in(newcomer)
    rows = other.page.locator("#sessions > li")
    await expect(rows).to_have_count(2)
    await rows.filter(has_not_text="this device").get_by_role("button").click()
    await expect(tab.live).to_have_attribute("data-state", "ended", timeout=2_000)
    await expect(rows).to_have_count(1)
    await other.is_in("tokens")


async def test_a_refresh_and_a_new_password_go_on_with_other_tokens(tab: SignInPage, newcomer: str) -> None:
    await tab.register(newcomer)
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


async def test_a_token_that_has_run_out_is_refreshed_and_one_that_was_ended_is_forgotten(
    tab: SignInPage, newcomer: str
) -> None:
    await tab.register(newcomer)
    await tab.is_in("tokens")
    await tab.page.evaluate(_SPOIL, 0)
    await tab.page.reload()
    await tab.is_in("tokens")
    await tab.page.evaluate(_SPOIL, None)
    await tab.page.reload()
    await expect(tab.banner).to_contain_text("You are signed out: The token is invalid")
    await tab.is_out()
    assert "accessToken" not in await tab.kept()


async def test_a_profile_is_saved_or_each_problem_stands_beside_its_field(tab: SignInPage, newcomer: str) -> None:
    await tab.register(newcomer)
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


async def test_a_wrong_password_is_refused_in_words_and_nothing_secret_stands_in_the_journal(tab: SignInPage) -> None:
    await tab.sign_in("nobody@example.com", "a wrong password")
    refused = tab.page.get_by_text("BAD_CREDENTIALS: The e-mail address or the password is wrong.")
    await expect(refused).to_be_visible()
    journal = tab.page.locator("#journal")
    await expect(journal).to_contain_text('"code": "BAD_CREDENTIALS"')
    assert "a wrong password" not in await journal.inner_text()


async def test_the_keyboard_alone_signs_in_and_out(tab: SignInPage, newcomer: str) -> None:
    await tab.page.locator("#register input[name=email]").focus()
    await tab.page.keyboard.type(newcomer)
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


async def test_anybody_is_signed_in_by_a_test_token(tab: SignInPage, newcomer: str) -> None:
    await tab.register(newcomer)
    await tab.press("Sign out")
    await tab.card("Test token").get_by_label("E-mail").fill(newcomer)
    await tab.press("Issue one")
    await tab.is_in("tokens")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_it_fits_a_telephone_by_day_and_by_night(tab: SignInPage, newcomer: str, scheme: Any) -> None:
    await tab.page.emulate_media(color_scheme=scheme)
    await tab.look(f"desktop-{scheme}-out")
    await tab.page.set_viewport_size({"width": 360, "height": 740})
    await tab.look(f"telephone-{scheme}-out")
    await tab.register(newcomer)
    await tab.is_in("tokens")
    assert await tab.page.evaluate("() => document.documentElement.scrollWidth") == 360
    await tab.look(f"telephone-{scheme}-in")
    await tab.page.set_viewport_size({"width": 1360, "height": 900})
    await tab.look(f"desktop-{scheme}-in")


async def test_what_is_not_set_up_names_its_settings(tab: SignInPage) -> None:
    for setting in ("GOOGLE_CLIENT_ID", "GITHUB_CLIENT_ID", "KAKAO_CLIENT_ID"):
        await expect(tab.card("Google, GitHub, Kakao")).to_contain_text(setting)
    await tab.look("nothing-set-up")


async def test_graphiql_keeps_no_cookie_and_does_not_take_its_emptiness_for_a_token(window: Window, email: str) -> None:
    answer = await window.run("SignIn", {"input": {"email": email, "password": PASSWORD, "useCookie": True}})
    assert answer["data"]["login"]["tokens"]["accessToken"] == ""
    await window.is_signed("out")
    assert await window.page.context.cookies(window.page.url) == []


async def test_a_cookie_of_this_page_does_not_speak_in_graphiql(tab: SignInPage, tabs: Tabs, newcomer: str) -> None:
    await tab.carry("cookie")
    await tab.register(newcomer)
    await tab.is_in("cookie")
    await tabs.context.add_init_script(_HELP)
    window = Window(await tabs.context.new_page())
    await window.page.goto(f"{tab.address}/graphql")
    await window.ready()
    await window.is_signed("out")
    for name in ("Play", "Listen"):
        assert (await window.run(name))["errors"][0]["message"].startswith("Please sign in"), name
    await window.sign_in(newcomer)
    assert (await window.run("Points"))["data"]["viewer"]["points"] == 0
    await tab.is_in("cookie")


async def test_production_has_no_such_page() -> None:
    secret = "for tests only, and as long as it has to be"
    nowhere = "postgresql://nobody@127.0.0.1/nowhere"
    production = Settings(_env_file=None, environment="production", database_url=nowhere, session_secret=secret)
    app = Marquee(production, nowhere).application()
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://marquee.test") as client:
        for path in ("/sign-in", "/sign-in/", "/sign-in/sign-in.js", "/auth/callback"):
            assert (await client.get(path)).status_code == 404, path


async def test_it_says_what_it_is_made_of_and_may_be_framed_by_nobody(address: str) -> None:
    async with httpx2.AsyncClient(base_url=address) as client:
        for path in ("/sign-in", "/sign-in/", "/auth/callback", "/sign-in/sign-in.js"):
            headers = (await client.get(path)).raise_for_status().headers
            assert "script-src 'self';" in headers["content-security-policy"], path
            assert "frame-ancestors 'none'" in headers["content-security-policy"], path
            assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer"), path
