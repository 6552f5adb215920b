"""The example app without a mouse, without eyes, in two languages, in the dark and by day, on a phone and on a desk."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, expect

from tests.browser.conftest import PASSWORD
from tests.browser.showcase_page import DESKTOP, PHONE, person_in
from tests.browser.test_showcase import FILM

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("heavy")]

SCREENS = ["#/", "#/search?q=달빛", "#/posts", "#/me", "#/account", "#/nowhere"]
_CHECKS = (Path(__file__).parent / "showcase_checks.js").read_text()
_PLACE = "() => { const e = document.activeElement; return [e.tagName, e.textContent.trim() || e.name || e.id]; }"


async def found_wrong(page: Page) -> Any:
    """Everything that the checks beside this file complain about."""
    return await page.evaluate(_CHECKS)


async def tab_to(page: Page, words: str) -> None:
    """Goes on by the keyboard until it is there."""
    seen = []
    for _ in range(60):
        await page.keyboard.press("Tab")
        tag, said = await page.evaluate(_PLACE)
        seen.append(f"{tag} {said[:40]}")
        if said.startswith(words):
            return
    raise AssertionError(f"The keyboard never came to {words}, but to {seen}")


async def test_the_keyboard_alone_signs_in_and_plays(context: BrowserContext, address: str, email: str) -> None:
    assert context.browser
    async with person_in(context.browser, address) as person:
        screen = await person.open()
        page = screen.page
        await page.keyboard.press("Tab")
        assert await page.evaluate(_PLACE) == ["A", "Skip to the content"]
        await page.keyboard.press("Enter")
        await expect(page.locator("main")).to_be_focused()
        await page.keyboard.press("Shift+Tab")
        assert await page.evaluate(_PLACE) == ["A", "Sign in"]
        await page.keyboard.press("Enter")
        await expect(screen.title).to_be_focused()
        await expect(screen.title).to_have_text("Sign in")
        await tab_to(page, "email")
        await page.keyboard.type(email)
        await page.keyboard.press("Tab")
        await page.keyboard.type(PASSWORD)
        await page.keyboard.press("Enter")
        await screen.is_in()
        await page.evaluate("document.querySelector('#nav a').focus()")
        await tab_to(page, "Search")
        await page.keyboard.press("Enter")
        await expect(screen.title).to_be_focused()
        await page.keyboard.press("Tab")
        await page.keyboard.type(FILM)
        await expect(page.locator(".hit").first).to_contain_text(FILM)
        await tab_to(page, FILM)
        await page.keyboard.press("Enter")
        await expect(screen.title).to_have_text(FILM)
        await expect(screen.title).to_be_focused()
        await page.keyboard.press("Shift+Tab")  # the stage stands above the heading
        assert (await page.evaluate(_PLACE))[1] == "Play"
        await page.keyboard.press("Enter")
        await expect(screen.video).to_be_focused()
        await expect(screen.video).to_have_js_property("paused", False)
        await page.keyboard.press("Space")
        await expect(screen.video).to_have_js_property("paused", True)
        await tab_to(page, "Forward 10 seconds")
        await page.keyboard.press("Enter")
        await screen.has_come_to(10)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("theme", ["dark", "light"])
async def test_every_screen_is_labelled_ordered_and_readable_in_both_themes(
    context: BrowserContext, address: str, email: str, theme: str, size: tuple[int, int]
) -> None:
    assert context.browser
    async with person_in(context.browser, address, size, color_scheme=theme, reduced_motion="reduce") as person:
        screen = await person.open("#/sign-in")
        wrong = {"#/sign-in": await found_wrong(screen.page)}
        await screen.look(f"showcase-{theme}-{size[0]}-sign-in")
        await screen.open("#/register")
        wrong["#/register"] = await found_wrong(screen.page)
        await screen.open()
        await screen.sign_in(email)
        await screen.open_title(FILM)
        wrong["title"] = await found_wrong(screen.page)
        await screen.look(f"showcase-{theme}-{size[0]}-title")
        await screen.play()
        await screen.seek(9)
        wrong["player"] = await found_wrong(screen.page)
        await screen.look(f"showcase-{theme}-{size[0]}-player")
        for hash_ in SCREENS:
            await screen.open(hash_)
            if await screen.page.locator("#operations").count():
                await screen.page.locator("#operations summary").click()
            wrong[hash_] = await found_wrong(screen.page)
            await screen.look(f"showcase-{theme}-{size[0]}-{hash_.strip('#/').partition('?')[0] or 'browse'}")
        assert {place: complaints for place, complaints in wrong.items() if complaints} == {}


async def test_it_speaks_korean_and_english_and_says_which(context: BrowserContext, address: str, email: str) -> None:
    assert context.browser
    async with person_in(context.browser, address, PHONE, locale="ko-KR") as person:
        screen = await person.open()
        html = screen.page.locator("html")
        await expect(html).to_have_attribute("lang", "ko")
        await expect(screen.title).to_have_text("오늘은 무엇을 볼까요?")
        await expect(screen.page).to_have_title("오늘은 무엇을 볼까요? – Marquee")
        await expect(screen.card("Homecoming Trail").first.locator(".card-title")).to_have_attribute("lang", "en")
        await screen.open("#/sign-in")
        await screen.page.get_by_label("이메일").fill("nobody@example.com")
        await screen.page.get_by_label("비밀번호").fill("a wrong password")
        await screen.press("로그인")
        await expect(screen.page.locator("form .said")).to_have_text("이메일 주소나 비밀번호가 맞지 않습니다.")
        await expect(screen.page.locator("form .said")).to_have_attribute("lang", "ko")
        await screen.look("showcase-ko-refused")
        await screen.press("English")  # what was typed stays, and the screen with it
        await expect(html).to_have_attribute("lang", "en")
        await expect(screen.page.locator("main")).to_have_attribute("lang", "ko")
        await expect(screen.page.get_by_label("이메일")).to_have_value("nobody@example.com")
        await screen.press("한국어")
        await screen.open("#/register")
        await screen.page.get_by_label("이메일").fill("no address")
        await screen.page.get_by_label("비밀번호").fill("a password for tests")
        await screen.press("가입하기")
        await expect(screen.page.locator("#field-email-problem")).to_have_text("올바른 이메일 주소가 아닙니다.")
        await expect(screen.page.locator("#field-email-problem")).to_have_attribute("lang", "ko")
        await screen.open("#/sign-in")
        await screen.press("English")
        await expect(screen.title).to_have_text("Sign in")
        await expect(screen.page.get_by_role("button", name="한국어")).to_be_focused()
        await expect(screen.page.get_by_role("button", name="한국어")).to_have_attribute("lang", "ko")
        await screen.page.reload()
        await expect(screen.title).to_have_text("Sign in")
        await expect(screen.page.locator("#nav a").first).to_have_text("Browse")


async def test_dark_and_light_follow_the_system_until_one_chooses(context: BrowserContext, address: str) -> None:
    assert context.browser
    background = "() => getComputedStyle(document.body).backgroundColor"
    async with person_in(context.browser, address, color_scheme="light") as person:
        screen = await person.open()
        light = await screen.page.evaluate(background)
        await screen.page.emulate_media(color_scheme="dark")
        dark = await screen.page.evaluate(background)
        assert light != dark
        await screen.press("Light")
        assert await screen.page.evaluate(background) == light
        await screen.page.reload()
        await expect(screen.page.locator("html")).to_have_attribute("data-theme", "light")
        assert await screen.page.evaluate(background) == light
        await screen.press("Dark")
        assert await screen.page.evaluate(background) == dark


async def test_who_wants_no_movement_sees_the_points_at_once(context: BrowserContext, address: str, email: str) -> None:
    assert context.browser
    async with person_in(context.browser, address, reduced_motion="reduce") as person:
        screen = await person.open()
        await screen.sign_in(email)
        await screen.open_title(FILM)
        await screen.play()
        await expect(screen.points).to_have_text("10 points")
        moving = await screen.page.evaluate("() => document.getAnimations().length")
        assert moving == 0
