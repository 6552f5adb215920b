"""The example app where something is in the way: a server that is busy, clocks that differ, presses in a hurry."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import BrowserContext, Route, expect

from tests.browser.showcase_page import Person, person_in
from tests.browser.test_showcase import FILM, OTHER

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("heavy")]

_AN_HOUR_AHEAD = """{
    const Real = Date, ahead = 3600_000;
    globalThis.Date = class extends Real {
        constructor(...given) { given.length ? super(...given) : super(Real.now() + ahead); }
        static now() { return Real.now() + ahead; }
    };
}"""
_REFUSED_LINE = """{
    const later = setTimeout, waits = [];
    let tell;
    globalThis.thrice = new Promise((resolve) => (tell = resolve));
    globalThis.setTimeout = (work, wait) => {
        if (String(work).includes("open(session())") && waits.push(wait) === 3) tell(waits);
        return later(work, wait);
    };
    globalThis.WebSocket = class {
        constructor() { later(() => this.onopen()); }
        send(text) {
            const answer = { connection_init: { type: "connection_ack" }, subscribe: { type: "error", payload: [] } };
            later(() => this.onmessage({ data: JSON.stringify(answer[JSON.parse(text).type]) }));
        }
        close() { later(() => this.onclose({ code: 1000 })); }
    };
}"""
_LEAVE_UNSEEN = """() => {
    localStorage.removeItem("marquee:showcase:session");
    dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
}"""


def refused(code: str) -> str:
    return json.dumps({"errors": [{"message": f"It says {code}.", "extensions": {"code": code}}]})


@pytest.fixture
async def person(context: BrowserContext, address: str) -> AsyncIterator[Person]:
    assert context.browser
    async with person_in(context.browser, address) as person:
        yield person


@pytest.mark.parametrize("code", ["UNAVAILABLE", "RATE_LIMITED", "INTERNAL"])
async def test_progress_that_could_not_be_taken_goes_along_with_the_next(person: Person, email: str, code: str) -> None:
    screen = await person.open()
    await screen.sign_in(email)
    await screen.open_title(FILM)
    await screen.play()
    asked: list[list[float]] = []

    async def answer(route: Route) -> None:
        body = json.loads(route.request.post_data or "{}")
        if body["operationName"] != "RecordWatchProgress":
            return await route.continue_()
        asked.append([event["positionSeconds"] for event in body["variables"]["input"]["events"]])
        if any(11 in one for one in asked):
            return await route.continue_()
        return await route.fulfill(body=refused(code), content_type="application/json")

    await screen.page.route("**/graphql", answer)
    await screen.seek(5)
    await screen.seek(11)
    assert asked[-1][-2:] == [5, 11]
    await screen.seek(12)
    assert asked[-1] == [12]


async def test_nobody_has_watched_where_nobody_is_signed_in(person: Person, email: str) -> None:
    screen = await person.open()
    await screen.sign_in(email)
    await screen.open_title(FILM)
    await screen.play()
    asked: list[str] = []
    screen.page.on("request", lambda request: asked.append(request.post_data or ""))
    await screen.page.evaluate(_LEAVE_UNSEEN)
    await screen.is_out()
    await expect(screen.video).to_have_count(0)
    await expect(screen.page.get_by_role("link", name="Sign in to play")).to_be_visible()
    assert not any("RecordWatchProgress" in one for one in asked)


async def test_ones_own_playing_is_ones_own_though_the_clock_is_ahead(person: Person, email: str) -> None:
    await person.context.add_init_script(_AN_HOUR_AHEAD)
    watching = await person.open()
    await watching.sign_in(email)
    home = await person.open()
    await home.is_in()
    await watching.open_title(FILM)
    await watching.play()
    await watching.seek(12)
    await expect(home.begun).to_contain_text("0:12 of 0:24")
    await expect(watching.elsewhere).to_be_hidden()


async def test_two_presses_in_a_hurry_make_one_player(person: Person, email: str) -> None:
    screen = await person.open()
    await screen.sign_in(email)
    await screen.open_title(FILM)
    await screen.play()
    await screen.seek(8)
    await screen.page.reload()
    goes_on = asyncio.Event()
    starts: list[str] = []

    async def hold(route: Route) -> None:
        if json.loads(route.request.post_data or "{}")["operationName"] == "StartStream":
            starts.append(route.request.url)
            await goes_on.wait()
        await route.continue_()

    await screen.page.route("**/graphql", hold)
    await screen.press("Resume at 0:08")
    await screen.press("From the start")
    goes_on.set()
    await expect(screen.video).to_have_count(1)
    await expect(screen.page.locator(".controls")).to_have_count(1)
    assert len(starts) == 1


async def test_a_page_that_comes_back_knows_who_has_left_meanwhile(person: Person, email: str) -> None:
    screen = await person.open("#/posts")
    await screen.sign_in(email)
    await screen.page.evaluate(_LEAVE_UNSEEN)
    await screen.is_out()
    await expect(screen.page.get_by_role("link", name="Sign in to post")).to_be_visible()


async def test_a_line_that_is_refused_again_and_again_waits_longer_each_time(person: Person, email: str) -> None:
    screen = await person.open()
    await screen.sign_in(email)
    await screen.page.add_init_script(_REFUSED_LINE)
    await screen.page.reload()
    first, second, third = await screen.page.evaluate("thrice")
    assert first < second < third


async def test_a_next_page_that_cannot_be_fetched_is_told_once_and_can_be_tried_again(person: Person) -> None:
    screen = await person.open()
    await expect(screen.page.locator(".grid .card")).to_have_count(28)
    await screen.page.route(
        "**/graphql", lambda route: route.fulfill(body=refused("UNAVAILABLE"), content_type="application/json")
    )
    for _ in range(2):
        async with screen.page.expect_response("**/graphql"):
            await screen.press("Show more")
        await expect(screen.news).to_have_text("It says UNAVAILABLE.")
        await expect(screen.page.get_by_role("button", name="Show more")).not_to_have_attribute("aria-disabled", "true")
    await expect(screen.page.get_by_role("alert").filter(has_text="UNAVAILABLE")).to_have_count(0)
    await screen.page.unroute_all()
    await screen.press("Show more")
    await expect(screen.page.locator(".grid .card")).to_have_count(56)


async def test_who_cancels_is_back_where_they_began(person: Person, email: str) -> None:
    screen = await person.open()
    await screen.sign_in(email)
    await screen.open_title(OTHER)
    await screen.press("Publish")
    await screen.press("Edit")
    await screen.press("Cancel")
    await expect(screen.page.get_by_role("button", name="Edit", exact=True)).to_be_focused()


async def test_another_language_stops_no_film(person: Person, email: str) -> None:
    screen = await person.open()
    await screen.sign_in(email)
    await screen.open_title(FILM)
    await screen.play()
    await screen.press("한국어")
    await expect(screen.news).to_contain_text("하던 일은 그대로 둡니다.")
    await expect(screen.video).to_have_js_property("paused", False)
    await expect(screen.page.locator("main")).to_have_attribute("lang", "en")
    await screen.page.locator("#nav a").first.click()
    await expect(screen.title).to_have_text("오늘은 무엇을 볼까요?")
    await expect(screen.page.locator("main")).to_have_attribute("lang", "ko")
