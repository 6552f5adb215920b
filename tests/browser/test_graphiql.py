"""The story as the README tells it, told once more by a Chromium."""

import asyncio
import json
from pathlib import Path

import pytest
from playwright.async_api import Page, Response, expect

from tests.browser.conftest import Window, Windows

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("heavy")]

PICTURES = Path(__file__).parent.parent / "pictures"
TABS = ["SignIn", "Browse", "Search", "Play", "Points", "Review", "Listen", "Progress", "ContinueWatching", "Sessions"]
TABS += ["AddContent", "Delete", "Restore", "Post", "Complete", "Posts"]
TABS += ["CreatePersona", "Portrait", "Notifications", "Notified", "People", "SignOut"]
_GOES_ON_BEHIND = """(video, seconds) => new Promise((resolve, reject) => {
    const watched = () => [...Array(video.played.length).keys()]
        .reduce((sum, n) => sum + video.played.end(n) - video.played.start(n), 0);
    const look = () => video.currentTime > seconds && resolve(watched());
    video.onerror = () => reject(new Error(video.error.message));
    video.addEventListener("timeupdate", look);
    look();
})"""
_ADVANCES = """video => new Promise((resolve, reject) => {
    video.onerror = () => reject(new Error(video.error.message));
    video.ontimeupdate = () => video.currentTime > from + 0.2 && resolve(video.currentTime);
    const from = video.currentTime;
    video.play();
})"""
_SENDS = """async ([url, method, headers, data]) =>
    (await fetch(url, { method, headers, body: new Uint8Array(data) })).status"""
_IS_SHOWN = """url => new Promise((resolve, reject) => {
    const image = new Image();
    image.onload = () => resolve([image.naturalWidth, image.naturalHeight]);
    image.onerror = () => reject(new Error("no picture"));
    image.src = url;
})"""
_SEEKS = """(video, share) => new Promise((resolve, reject) => {
    video.onerror = () => reject(new Error(video.error.message));
    video.onseeked = () => resolve(video.currentTime / video.duration);
    video.currentTime = share * video.duration;
})"""


async def plays(page: Page) -> None:
    """The one video of the page goes on by itself, and goes on where it is put."""
    video = page.locator("video")
    assert await video.evaluate(_ADVANCES) > 0
    assert await video.evaluate(_SEEKS, 0.75) == pytest.approx(0.75, abs=0.01)
    assert await video.evaluate("video => video.error") is None


async def test_the_page_opens_with_the_examples_in_the_order_of_their_files(window: Window) -> None:
    await expect(window.tabs).to_have_text(TABS)
    await expect(window.bar).to_have_text("Not signed in – run the first tab")
    assert "SignIn" in await window.read("operation.graphql")
    assert json.loads(await window.read("variables.json"))["input"]["email"] == "member@example.com"


async def test_the_first_tab_signs_in_as_it_is_the_second_browses_and_the_last_signs_out(window: Window) -> None:
    await window.run("SignIn")
    await expect(window.bar).to_have_text("Signed in as Mina Member")
    found = (await window.run("Browse"))["data"]["contents"]
    assert found["totalCount"] == 120
    assert len(found["nodes"]) == 10
    assert (await window.run("SignOut"))["data"] == {"logout": True}
    await window.is_signed("out")


async def test_the_search_tab_finds_as_it_is(window: Window) -> None:
    found = (await window.run("Search"))["data"]["search"]
    assert "<em>여름</em>" in found["hits"][0]["highlightedTitle"]
    assert [counts["facet"] for counts in found["facets"]] == ["GENRE", "AGE_RATING", "RELEASE_YEAR"]


async def test_a_stream_plays_and_seeks_in_the_page_and_by_its_address_alone(
    window: Window, windows: Windows, email: str
) -> None:
    parts: list[Response] = []
    window.page.on("response", lambda response: parts.append(response) if "/stream/" in response.url else None)
    await window.sign_in(email)
    started = (await window.run("Play"))["data"]["startStream"]
    await expect(window.player.locator("h2")).to_have_text(started["content"]["title"])
    await plays(window.page)
    assert {part.status for part in parts} == {206}
    async with windows.context.expect_page() as opened:
        await window.player.get_by_text("Open in a new tab").click()
    await plays(await opened.value)


async def test_a_picture_is_posted_from_a_page_and_shown(window: Window, email: str) -> None:
    data = (PICTURES / "picture.webp").read_bytes()
    await window.sign_in(email)
    image = {"filename": "내 사진.webp", "contentType": "image/webp", "sizeBytes": len(data)}
    made = (await window.run("Post", {"body": "Look!", "image": image}))["data"]["createPost"]
    headers = {header["name"]: header["value"] for header in made["upload"]["headers"]}
    sent = [made["upload"]["url"], made["upload"]["method"], headers, list(data)]
    assert await window.page.evaluate(_SENDS, sent) == 200
    done = (await window.run("Complete", {"id": made["upload"]["image"]["id"]}))["data"]["completeImageUpload"]
    assert done["status"] == "READY"
    newest = (await window.run("Posts"))["data"]["posts"]["nodes"][0]
    assert newest["id"] == made["post"]["id"]
    assert await window.page.evaluate(_IS_SHOWN, newest["imageUrl"]) == [64, 64]


async def test_ten_points_come_once_however_often_it_plays(window: Window, email: str) -> None:
    await window.sign_in(email)
    first, second = [(await window.run("Play"))["data"]["startStream"] for _ in range(2)]
    assert (first["firstView"], first["pointsAwarded"], first["pointsBalance"]) == (True, 10, 10)
    assert (second["firstView"], second["pointsAwarded"], second["pointsBalance"]) == (False, 0, 10)
    viewer = (await window.run("Points"))["data"]["viewer"]
    assert [entry["points"] for entry in viewer["pointEntries"]["nodes"]] == [10]


async def test_one_window_hears_of_the_progress_in_another_and_each_screen_goes_on_from_it(
    window: Window, windows: Windows, email: str
) -> None:
    await window.sign_in(email)
    await window.start("Listen")
    other = await windows.open()
    await other.is_signed("out")
    await other.sign_in(email)
    recorded = (await other.run("Progress"))["data"]["recordWatchProgress"]["progress"][0]
    heard = (await window.answer())["data"]["watchProgress"]["progress"]
    assert heard["positionSeconds"] == recorded["positionSeconds"] == 9.5
    assert heard["content"] == recorded["content"]
    found = (await window.run("ContinueWatching"))["data"]["viewer"]["continueWatching"]["nodes"]
    assert [(one["positionSeconds"], one["content"]["title"]) for one in found] == [(9.5, heard["content"]["title"])]
    await window.run("Play")
    async with asyncio.timeout(20):
        watched = await window.page.locator("video").evaluate(_GOES_ON_BEHIND, 9.5)
    assert watched < 5, "it was put there, and did not play through all that lies before"


async def test_signing_out_ends_the_session_and_with_it_what_is_open_elsewhere(
    window: Window, windows: Windows, email: str
) -> None:
    await window.sign_in(email)
    await window.run("Play")
    async with windows.context.expect_page() as opened:
        await window.page.evaluate("() => void window.open('/graphql')")  # such a window has the same session
    other = windows.adopt(await opened.value)
    await other.ready()
    await other.is_signed("in")
    await other.start("Listen")
    await window.page.locator("#marquee-sign-out").click()
    await expect(window.bar).to_have_text("Not signed in – run the first tab")
    await expect(window.player).to_have_count(0)
    assert "session has ended" in (await other.answer())["errors"][0]["message"]
    await expect(other.bar).to_have_text("Your session has ended – run the first tab to sign in again")
    await other.sign_in(email)


async def test_strangers_and_wrong_passwords_are_refused_in_words(window: Window) -> None:
    for tab in ("Play", "Listen"):
        assert (await window.run(tab))["errors"][0]["message"].startswith("Please sign in")
    answer = await window.run("SignIn", {"input": {"email": "member@example.com", "password": "wrong"}})
    assert answer["data"]["login"] == {
        "code": "BAD_CREDENTIALS",
        "message": "The e-mail address or the password is wrong.",
    }
    await window.is_signed("out")


async def test_a_token_that_is_none_is_forgotten_and_the_bar_says_so(window: Window) -> None:
    await window.page.evaluate("() => sessionStorage.setItem('marquee:accessToken', 'garbage')")
    await window.page.reload()
    await window.ready()
    await window.is_signed("ended")
    assert "data" in await window.run("Browse")


async def test_a_reload_keeps_the_session_and_the_tabs_until_they_are_reset(window: Window, email: str) -> None:
    await window.sign_in(email)
    await window.choose("Browse")
    await window.write("operation.graphql", "query Mine { viewer { points } }")
    await expect(window.tabs.nth(1)).to_have_text("Mine")
    saved = "() => localStorage.getItem('marquee:graphiql:tabState')?.includes('Mine {')"
    while not await window.page.evaluate(saved):
        await window.page.evaluate("() => new Promise(requestAnimationFrame)")
    await window.page.reload()
    await window.ready()
    await window.is_signed("in")
    assert (await window.run("Mine"))["data"] == {"viewer": {"points": 0}}

    window.page.on("dialog", lambda dialog: dialog.accept())
    async with window.page.expect_event("load"):
        await window.page.locator("#marquee-reset").click()
    await window.ready()
    await expect(window.tabs).to_have_text(TABS)
    await window.is_signed("in")
