"""The example app in several windows at once: what one does, the others see, within moments and without asking."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import BrowserContext, expect

from tests.browser.showcase_page import PHONE, Person, person_in
from tests.browser.test_showcase import FILM

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("heavy")]

_AGE = """() => {
    const key = "marquee:showcase:session";
    const kept = JSON.parse(localStorage.getItem(key));
    localStorage.setItem(key, JSON.stringify({ ...kept, accessToken: "garbage", renewAt: 0, expiresAt: 0 }));
}"""
_SPOIL = """() => {
    const key = "marquee:showcase:session";
    const kept = JSON.parse(localStorage.getItem(key));
    localStorage.setItem(key, JSON.stringify({ ...kept, refreshToken: "garbage", renewAt: 0 }));
}"""
_TOKEN = "() => JSON.parse(localStorage.getItem('marquee:showcase:session'))?.accessToken"


@pytest.fixture
async def person(context: BrowserContext, address: str) -> AsyncIterator[Person]:
    assert context.browser
    async with person_in(context.browser, address) as person:
        yield person


@pytest.fixture
async def phone(context: BrowserContext, address: str) -> AsyncIterator[Person]:
    """Another device."""
    assert context.browser
    async with person_in(context.browser, address, PHONE, locale="en-GB") as phone:
        yield phone


async def test_progress_arrives_live_in_the_second_tab_of_the_same_browser(person: Person, email: str) -> None:
    watching = await person.open()
    await watching.sign_in(email)
    home = await person.open()
    await home.is_in()
    await expect(home.begun).to_have_count(0)
    await watching.open_title(FILM)
    await watching.play()
    await watching.seek(12)
    await expect(home.begun).to_contain_text("0:12 of 0:24")
    await expect(home.begun.locator(".bar")).to_have_attribute("aria-label", "50 % watched")
    await home.page.bring_to_front()
    await home.look("showcase-live-row")
    await home.begun.click()
    await expect(home.page.get_by_role("button", name="Resume at 0:12")).to_be_visible()
    await expect(home.elsewhere).to_be_hidden()
    await watching.seek(18)
    await expect(home.elsewhere).to_contain_text("Playing in another window")
    await expect(home.elsewhere).to_contain_text("0:18 of 0:24")
    await expect(home.page.get_by_role("button", name="Resume at 0:18")).to_be_visible()
    await home.look("showcase-live-badge")
    await expect(watching.elsewhere).to_be_hidden()
    await expect(home.points).to_have_text("10 points")  # earned in the other one


async def test_what_is_watched_on_the_phone_goes_on_at_the_desk_though_the_phone_was_just_put_away(
    person: Person, phone: Person, email: str
) -> None:
    desk, hand = await person.open(), await phone.open()
    await desk.sign_in(email)
    await hand.sign_in(email)
    await hand.open_title(FILM)
    await hand.play()
    await hand.video.evaluate("video => { video.currentTime = 14; }")
    await expect(hand.video).to_have_js_property("seeking", False)
    await hand.page.goto("about:blank")  # without a word, while it plays
    await expect(desk.begun).to_contain_text("0:14 of 0:24")
    await desk.begun.click()
    assert 14 <= await desk.play("Resume at 0:14") < 20


async def test_what_was_missed_while_the_line_was_cut_is_there_when_it_is_back(
    person: Person, phone: Person, email: str
) -> None:
    desk, hand = await person.open(), await phone.open()
    await desk.sign_in(email)
    await hand.sign_in(email)
    await hand.open_title(FILM)
    await hand.play()
    await hand.seek(5)
    await expect(desk.begun).to_contain_text("0:05")
    await desk.page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide'))")  # hangs up, as for a page put by
    await hand.seek(11)
    await expect(desk.begun).to_contain_text("0:05")
    await desk.page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    await expect(desk.begun).to_contain_text("0:11")
    await expect(desk.live).to_have_attribute("data-state", "on")


async def test_one_session_is_ended_from_another_and_all_of_them_at_once(
    person: Person, phone: Person, email: str
) -> None:
    desk, hand = await person.open(), await phone.open()
    await desk.sign_in(email)
    await hand.sign_in(email)
    await desk.who.click()
    rows = desk.page.locator(".sessions li")
    await expect(rows.filter(has_text="This device")).to_have_count(1)
    other = rows.filter(has=desk.page.get_by_role("button"))
    before = await other.count()
    await other.first.get_by_role("button").click()
    await desk.press("Really? Press again")
    await expect(desk.news).to_have_text("That session has ended.")
    await expect(other).to_have_count(before - 1)
    await hand.is_out()
    await expect(hand.news).to_contain_text("session has ended")
    await hand.sign_in(email)
    await desk.press("Sign out everywhere")
    await desk.look("showcase-account")
    await desk.press("Really? Press again")
    await desk.is_out()
    await expect(desk.news).to_contain_text("Signed out everywhere")
    await hand.is_out()


async def test_tabs_of_one_browser_come_and_go_together(person: Person, email: str) -> None:
    first, second = await person.open(), await person.open("#/posts")
    await first.sign_in(email)
    await second.is_in()
    await expect(second.page.get_by_role("button", name="Post", exact=True)).to_be_visible()
    await second.who.click()
    await second.press("Sign out")
    await first.is_out()
    await expect(first.page.locator(".grid .card").first).to_be_visible()


async def test_a_token_that_has_run_out_is_renewed_once_for_all_tabs(person: Person, email: str) -> None:
    first = await person.open()
    await first.sign_in(email)
    second = await person.open("#/me")
    await second.is_in()
    renewals: list[str] = []
    person.context.on(
        "request",
        lambda request: renewals.append(request.url) if "RefreshSession" in (request.post_data or "") else None,
    )
    await first.page.evaluate(_AGE)
    await first.page.reload()
    await first.is_in()
    await second.page.reload()
    await second.is_in()
    assert await first.page.evaluate(_TOKEN) == await second.page.evaluate(_TOKEN) != "garbage"
    assert len(renewals) == 1


async def test_a_session_that_cannot_be_renewed_is_over_and_the_page_says_so(person: Person, email: str) -> None:
    screen = await person.open()
    await screen.sign_in(email)
    await screen.page.evaluate(_SPOIL)
    await screen.page.reload()
    await screen.is_out()
    await expect(screen.news).to_contain_text("session")
    await expect(screen.page.locator(".grid .card").first).to_be_visible()
    assert await screen.page.evaluate(_TOKEN) is None
