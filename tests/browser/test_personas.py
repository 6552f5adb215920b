"""Personas and notifications in GraphiQL, as the tabs have them: C8, C9, C11 and D7 of FEATURES."""

import pytest
from playwright.async_api import expect

from jobs import demonstration
from tests.browser.conftest import Window, Windows
from tests.browser.test_graphiql import _IS_SHOWN
from tests.browser.test_roles import look

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("heavy")]


async def test_a_persona_is_made_and_its_drawing_can_be_shown(window: Window, email: str) -> None:
    await window.sign_in(email)
    made = (await window.run("CreatePersona"))["data"]["createPersona"]
    assert (made["number"], made["name"], made["instagram"]) == (1, "Mina", None)
    drawn = (await window.run("Portrait"))["data"]["generateImage"]
    assert (drawn["fallback"], drawn["url"]) == (True, None)
    assert await window.page.evaluate(_IS_SHOWN, drawn["dataUri"]) == [512, 512]
    await look(window, "member-portrait")


async def test_a_manager_hears_of_a_review_in_another_window_and_finds_it_in_the_list(
    window: Window, windows: Windows, email: str
) -> None:
    await window.sign_in("manager@example.com", demonstration.PASSWORD)
    await window.start("Notified")
    other = await windows.open()
    await other.sign_in(email)
    reviewed = (await other.run("Review"))["data"]["likeContent"]
    heard = (await window.answer())["data"]["notificationAdded"]
    assert (heard["kind"], heard["content"]["title"]) == ("REVIEW_ADDED", reviewed["title"])
    await look(window, "manager-notified")
    found = (await window.run("Notifications"))["data"]["viewer"]
    assert found["notifications"]["nodes"][0]["id"] == heard["id"]
    assert found["unreadNotificationCount"] >= 1


async def test_whoever_comes_back_from_meta_is_told_what_came_of_it(window: Window, address: str) -> None:
    said = window.page.locator("#said")
    await window.page.goto(f"{address}/oauth/instagram/callback?state=x&code=y")
    await expect(said).to_contain_text("It did not work (not_configured). This server has no app at Meta")
    await look(window, "back-from-meta")
    await window.page.goto(f"{address}/mypage?ig=connected")
    await expect(said).to_contain_text("signed in at Meta")
