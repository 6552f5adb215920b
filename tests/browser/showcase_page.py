"""The example app at `/`, driven as a person would, in browsers that were never here before."""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request, expect

from tests.browser.conftest import _EXPECTED, PASSWORD

DESKTOP, PHONE = (1440, 900), (390, 844)
_GOES_ON = """video => new Promise((resolve, reject) => {
    video.onerror = () => reject(new Error(video.error.message));
    const from = video.currentTime;
    video.addEventListener("timeupdate", () => video.currentTime > from + 0.2 && resolve(video.currentTime));
})"""


class Screen:
    """One tab of it."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        self.title, self.news = page.locator("h1"), page.locator("#news")
        self.points, self.live, self.who = page.locator("#points"), page.locator("#live"), page.locator("#who")
        self.video, self.elsewhere = page.locator("video"), page.locator(".elsewhere")
        self.begun = page.locator(".begun")
        self.complaints: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("requestfailed", self._fail)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(_EXPECTED):
            self.complaints.append(message.text)

    def _fail(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # what was asked for a screen that is left is wanted no longer
            self.complaints.append(f"{request.failure}: {request.url}")

    async def open(self, hash_: str = "#/") -> None:
        await self.page.goto(f"{self.address}/{hash_}")
        await self.title.first.wait_for()

    async def go(self, name: str) -> None:
        await self.page.locator("#nav").get_by_role("link", name=name, exact=True).click()
        await expect(self.title).to_have_text(name)

    async def press(self, name: str) -> None:
        await self.page.get_by_role("button", name=name, exact=True).click()

    async def sign_in(self, email: str) -> None:
        """And back to where one was."""
        await self.page.evaluate("location.hash = `#/sign-in?next=${encodeURIComponent(location.hash || '#/')}`")
        await self.page.get_by_label("E-mail").fill(email)
        await self.page.get_by_label("Password").fill(PASSWORD)
        await self.press("Sign in")
        await self.is_in()

    async def is_in(self) -> None:
        await expect(self.points).to_be_visible()
        await expect(self.live).to_have_attribute("data-state", "on")
        await expect(self.title).not_to_have_text("Sign in")

    async def is_out(self) -> None:
        await expect(self.who).to_have_text("Sign in")
        await expect(self.points).to_be_hidden()

    async def has_come_to(self, seconds: float) -> None:
        """Waits until the clip is there, or behind it."""
        there = "([video, seconds]) => !video.seeking && video.currentTime >= seconds"
        await self.page.wait_for_function(there, arg=[await self.video.element_handle(), seconds])

    async def open_title(self, name: str) -> None:
        """By the search, as a person would."""
        await self.open("#/search")
        await self.page.get_by_role("searchbox").fill(name)
        await self.page.locator(".hit h2").get_by_text(name, exact=True).click()
        await expect(self.title).to_have_text(name)

    async def play(self, button: str = "Play") -> float:
        """Where it is once it plays, in seconds."""
        await self.page.bring_to_front()
        await self.press(button)
        return float(await self.video.evaluate(_GOES_ON))

    async def seek(self, seconds: float) -> None:
        """And stops there, which is told to the server."""
        recorded = self.page.expect_response(lambda answer: "RecordWatchProgress" in (answer.request.post_data or ""))
        async with recorded:
            await self.video.evaluate("(video, at) => { video.pause(); video.currentTime = at; }", seconds)

    def card(self, title: str) -> Locator:
        return self.page.locator(".card").filter(has_text=title)

    async def look(self, name: str) -> None:
        """A picture for whoever wants to see it: SCREENSHOTS names the folder."""
        if folder := os.environ.get("SCREENSHOTS"):
            await self.page.screenshot(path=f"{folder}/{name}.png")


class Person:
    """The tabs of one browser, which share who is signed in."""

    def __init__(self, context: BrowserContext, address: str, known: Sequence[str]) -> None:
        self.context, self.address = context, address
        self._made: list[Screen] = []
        self._hosts, self._elsewhere = tuple(f"{one}/" for one in (address, *known)), list[str]()
        context.on("request", self._note)

    def _note(self, request: Request) -> None:
        if not request.url.startswith((*self._hosts, "blob:", "data:")):
            self._elsewhere.append(request.url)

    async def open(self, hash_: str = "#/") -> Screen:
        screen = Screen(await self.context.new_page(), self.address)
        self._made.append(screen)
        await screen.open(hash_)
        return screen

    def check(self) -> None:
        """Nothing was complained about in any of them, nothing failed, and no other host was asked for anything."""
        assert [screen.complaints for screen in self._made if screen.complaints] == []
        assert self._elsewhere == []


@asynccontextmanager
async def person_in(
    browser: Browser, address: str, size: tuple[int, int] = DESKTOP, **options: Any
) -> AsyncIterator[Person]:
    given = {"locale": "en-GB", "color_scheme": "dark", **options}
    context = await browser.new_context(viewport={"width": size[0], "height": size[1]}, **given)
    context.set_default_timeout(30_000)
    person = Person(context, address, ())
    try:
        yield person
        person.check()
    finally:
        await context.close()
