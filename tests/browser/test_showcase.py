"""The example app tells the whole story: issue 10, told by a Chromium."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, expect

from tests.browser.conftest import PASSWORD
from tests.browser.showcase_page import Person, Screen, person_in

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("heavy")]

PICTURES = Path(__file__).parent.parent / "pictures"
FILM = "The Last Lighthouse Keeper"  # the oldest of the demonstration; clip 1, of 24 seconds
OTHER = "마지막 등대지기의 편지"
WITHOUT_VIDEO = "Midnight at the Laundromat"


@pytest.fixture
async def person(context: BrowserContext, address: str) -> AsyncIterator[Person]:
    assert context.browser
    async with person_in(context.browser, address) as person:
        yield person


@pytest.fixture
async def screen(person: Person) -> Screen:
    return await person.open()


async def test_nobody_has_to_sign_in_to_browse_by_genre_and_order_and_the_address_keeps_the_choice(
    screen: Screen,
) -> None:
    await expect(screen.title).to_have_text("What will you watch tonight?")
    await screen.is_out()
    count = screen.page.locator(".section-head .count")
    await expect(count).to_have_text("120 titles")
    await expect(screen.page.locator(".grid .card")).to_have_count(28)
    posters = screen.page.locator(".grid .poster img")
    await expect(posters).to_have_count(28)
    assert await posters.first.evaluate("image => image.decode().then(() => image.naturalWidth > 0)")
    await screen.press("Show more")
    await expect(screen.page.locator(".grid .card")).to_have_count(56)
    await expect(screen.page.locator(".grid .card").nth(28)).to_be_focused()
    await screen.press("Comedy")
    await expect(count).not_to_have_text("120 titles")
    few = await count.inner_text()
    await screen.page.get_by_label("Order").select_option("By title")
    await expect(screen.page.locator(".grid").last).to_be_visible()
    await screen.page.reload()
    await expect(screen.page.get_by_role("button", name="Comedy", exact=True)).to_have_attribute("aria-pressed", "true")
    await expect(screen.page.get_by_label("Order")).to_have_value("TITLE")
    await expect(count).to_have_text(few)


async def test_it_searches_as_one_types_marks_what_was_found_and_narrows_by_facets(screen: Screen) -> None:
    await screen.go("Search")
    await screen.page.get_by_role("searchbox").press_sequentially("여름을")
    hits, said = screen.page.locator(".hit"), screen.page.locator(".search .count")
    await expect(hits.first.locator("mark").first).to_have_text("여름")
    await expect(said).to_contain_text("9 results")
    chip = screen.page.get_by_role("group", name="Genre").get_by_role("button").first
    await chip.click()
    await expect(chip).to_have_attribute("aria-pressed", "true")
    await expect(chip).to_be_focused()
    await expect(said).not_to_contain_text("9 results")
    assert "genre=" in screen.page.url
    await screen.page.get_by_role("searchbox").fill("qqqqzzzz")
    await expect(screen.page.get_by_text("Nothing was found for “qqqqzzzz”.")).to_be_visible()
    await screen.look("showcase-search-empty")
    await screen.page.get_by_role("searchbox").fill("lighthose")
    await screen.press("Clear the filters")
    await expect(hits.first).to_contain_text("Lighthouse")


async def test_a_clip_plays_seeks_and_goes_on_where_one_stopped(screen: Screen, email: str) -> None:
    await screen.open_title(FILM)
    await screen.page.get_by_role("link", name="Sign in to play").click()
    await expect(screen.title).to_have_text("Sign in")
    await screen.page.get_by_label("E-mail").fill(email)
    await screen.page.get_by_label("Password").fill(PASSWORD)
    await screen.press("Sign in")
    await expect(screen.title).to_have_text(FILM)
    await screen.play()
    await screen.video.evaluate("video => video.pause()")  # or it would come there by itself
    await screen.page.get_by_role("button", name="Forward 10 seconds").click()
    await screen.has_come_to(10)
    await screen.seek(15)
    await screen.page.reload()
    assert 15 <= await screen.play("Resume at 0:15") < 20
    await screen.seek(16)
    await screen.open()
    await expect(screen.begun).to_contain_text("0:16 of 0:24")
    await screen.begun.click()
    assert await screen.play("From the start") < 5


async def test_points_count_up_once_however_often_it_is_played(screen: Screen, email: str) -> None:
    await screen.sign_in(email)
    await expect(screen.points).to_have_text("0 points")
    await screen.open_title(FILM)
    await screen.play()
    await expect(screen.news).to_have_text("+10 points for your first view. You have 10 now.")
    await expect(screen.points).to_have_text("10 points")
    await screen.page.reload()
    await expect(screen.points).to_have_text("10 points")
    await screen.page.locator(".stage .main").click()
    await expect(screen.video).to_be_visible()
    await expect(screen.news).to_be_empty()
    await screen.go("My page")
    await expect(screen.points).to_have_text("10 points")
    await expect(screen.page.locator(".points .entries li")).to_have_count(1)


async def test_a_like_changes_at_once_and_stays(screen: Screen, email: str) -> None:
    await screen.sign_in(email)
    await screen.open_title(FILM)
    like = screen.page.locator(".like")
    before = int(await like.locator(".number").inner_text())
    await like.click()
    await expect(like).to_have_text(f"Liked{before + 1}")
    await expect(like).not_to_have_attribute("aria-disabled", "true")
    await screen.page.reload()
    await expect(like).to_have_attribute("aria-pressed", "true")
    await like.click()
    await expect(like).to_have_text(f"Like{before}")


async def test_a_like_that_the_server_does_not_take_is_taken_back(screen: Screen, email: str) -> None:
    await screen.sign_in(email)
    await screen.open_title(OTHER)
    like = screen.page.locator(".like")
    before = await like.locator(".number").inner_text()
    refused = '{"errors": [{"message": "Not today.", "extensions": {"code": "INTERNAL"}}]}'
    await screen.page.route("**/graphql", lambda route: route.fulfill(body=refused, content_type="application/json"))
    await like.click()
    await expect(screen.news).to_have_text("Not today.")
    await expect(like).to_have_text(f"Like{before}")
    await screen.page.unroute_all()


async def test_a_review_is_written_changed_and_deleted(screen: Screen, email: str) -> None:
    await screen.sign_in(email)
    await screen.open_title(OTHER)
    form = screen.page.locator(".review-form")
    await form.get_by_label("9 of 10").check()
    await form.get_by_label("What do you think of it?").fill("<b>Bold</b> & true")
    await screen.press("Publish")
    listed = screen.page.locator(".review-list .review").filter(has_text="<b>Bold</b> & true")
    await expect(listed.locator(".stars")).to_have_text("★ 9")
    await screen.press("Edit")
    await form.get_by_label("What do you think of it?").fill("On second thoughts")
    await screen.press("Save")
    await expect(screen.page.locator(".review-list .review").first).to_contain_text("On second thoughts")
    await screen.look("showcase-reviews")
    await screen.press("Delete")
    await screen.press("Really? Press again")
    await expect(screen.news).to_have_text("Your review is deleted.")
    await expect(form).to_be_visible()
    await expect(screen.page.locator(".reviews").get_by_text("On second thoughts")).to_have_count(0)


async def test_what_is_refused_stands_beside_the_field_it_is_about(screen: Screen) -> None:
    await screen.open("#/register")
    await screen.page.get_by_label("E-mail").fill("no address")
    await screen.page.get_by_label("Password").fill("short")
    await screen.press("Register")
    for label in ("E-mail", "Password"):
        await expect(screen.page.get_by_label(label)).to_have_attribute("aria-invalid", "true")
    await expect(screen.page.get_by_label("E-mail")).to_be_focused()
    await expect(screen.page.locator("#field-password-problem")).to_contain_text("8")
    await screen.look("showcase-problems")
    await screen.open("#/sign-in")
    await screen.press("Sign in")
    await expect(screen.page.locator("#field-email-problem")).to_have_text("Please fill this in.")
    await screen.page.get_by_label("E-mail").fill("nobody@example.com")
    await screen.page.get_by_label("Password").fill("a wrong password")
    await screen.press("Sign in")
    await expect(screen.page.locator("form .said")).to_have_text("The e-mail address or the password is wrong.")


async def test_who_registers_is_in_and_can_go_again(screen: Screen) -> None:
    await screen.open("#/register")
    await screen.page.get_by_label("E-mail").fill("showcase-newcomer@example.com")
    await screen.page.get_by_label("Password").fill(PASSWORD)
    await screen.page.get_by_label("Given name").fill("Nora")
    await screen.press("Register")
    await screen.is_in()
    await screen.who.click()
    await expect(screen.title).to_have_text("Account")
    await expect(screen.page.get_by_text("showcase-newcomer@example.com")).to_be_visible()
    await screen.press("Sign out")
    await screen.is_out()
    await expect(screen.news).to_have_text("You are signed out.")
    await expect(screen.title).to_have_text("What will you watch tonight?")
    await expect(screen.title).to_be_focused()
    assert "Token" not in await screen.page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")


async def test_the_people_of_the_demonstration_come_in_by_one_press(screen: Screen) -> None:
    await screen.open("#/sign-in")
    await screen.press("Sign in as Min Manager")
    await screen.is_in()
    await expect(screen.who).to_contain_text("Min Manager")
    await screen.open_title(WITHOUT_VIDEO)
    await expect(screen.page.get_by_text("There is no video of this one yet.")).to_be_visible()


async def test_a_picture_is_posted_shown_and_deleted(screen: Screen, email: str) -> None:
    await screen.sign_in(email)
    await screen.go("Posts")
    await screen.page.get_by_label("Add a picture").set_input_files(PICTURES / "picture.webp")
    await expect(screen.page.get_by_alt_text("The picture you chose")).to_be_visible()
    await screen.page.get_by_label("What is on your mind?").fill("보세요!")
    await screen.press("Post")
    await expect(screen.news).to_have_text("Posted.")
    post = screen.page.locator(".post").first
    await expect(post.locator(".post-body")).to_have_text("보세요!")
    assert await post.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)") == 64
    await screen.look("showcase-post")
    await screen.page.get_by_label("Add a picture").set_input_files(
        {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"no picture"}
    )
    await screen.page.get_by_label("What is on your mind?").fill("Notes")
    await screen.press("Post")
    await expect(screen.page.locator(".compose :is(.said, .problem)").filter(has_text="type")).to_be_visible()
    await post.get_by_role("button").click()
    await post.get_by_role("button").click()
    await expect(screen.news).to_have_text("The post is deleted.")
    await expect(screen.page.locator(".post-list").get_by_text("보세요!")).to_have_count(0)
