"""The page that tries every way in, driven as a person would, in a browser that was never here before."""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    async_playwright,
    expect,
)

from tests.browser.conftest import _EXPECTED, _FLAGS, PASSWORD


class SignInPage:
    """One tab of it."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        self.status, self.live, self.banner = (page.locator(f"#{name}") for name in ("status", "live", "banner"))
        self.account = page.locator("#account")
        self.complaints: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(_EXPECTED):
            self.complaints.append(message.text)

    async def open(self, path: str = "/sign-in") -> None:
        await self.page.goto(self.address + path)
        await self.settled()

    async def settled(self) -> None:
        """It knows who is signed in, if anybody."""
        await expect(self.status).not_to_have_attribute("data-kind", "unknown")

    def card(self, title: str) -> Locator:
        return self.page.locator("article").filter(has=self.page.get_by_role("heading", name=title, exact=True))

    async def carry(self, what: str) -> None:
        """tokens or cookie."""
        await self.page.locator(f'#carrier input[value="{what}"]').check()

    async def register(self, email: str, password: str = PASSWORD) -> None:
        await self._give("New account", email, password, "Register")

    async def sign_in(self, email: str, password: str = PASSWORD) -> None:
        await self._give("Password", email, password, "Sign in")

    async def _give(self, title: str, email: str, password: str, button: str) -> None:
        card = self.page.locator("#ways").locator(self.card(title))
        await card.get_by_label("E-mail").fill(email)
        await card.get_by_label("Password").fill(password)
        await card.get_by_role("button", name=button).click()

    async def press(self, name: str) -> None:
        await self.page.get_by_role("button", name=name, exact=True).click()

    async def is_in(self, kind: str) -> None:
        """By tokens, cookie or keycloak; and the line is open."""
        await expect(self.status).to_have_attribute("data-kind", kind)
        await expect(self.live).to_have_attribute("data-state", "on")

    async def is_out(self) -> None:
        await expect(self.status).to_have_text("Nobody is signed in")
        await expect(self.account).to_be_hidden()

    async def kept(self) -> str:
        """All that scripts can read of what this tab keeps."""
        script = "() => JSON.stringify([document.cookie, {...sessionStorage}, {...localStorage}])"
        return str(await self.page.evaluate(script))

    async def look(self, name: str) -> None:
        """A picture for whoever wants to see it: SCREENSHOTS names the folder."""
        if folder := os.environ.get("SCREENSHOTS"):
            await self.page.screenshot(path=f"{folder}/{name}.png", full_page=True)


class Tabs:
    """The tabs of one person, who has one set of cookies."""

    def __init__(self, context: BrowserContext, address: str, known: Sequence[str]) -> None:
        self.context, self.address = context, address
        self._made: list[SignInPage] = []
        self._hosts, self._elsewhere = tuple(f"{one}/" for one in (address, *known)), list[str]()
        context.on("request", self._note)

    def _note(self, request: Request) -> None:
        if not request.url.startswith(self._hosts):
            self._elsewhere.append(request.url)

    async def open(self, path: str = "/sign-in") -> SignInPage:
        tab = self.adopt(await self.context.new_page())
        await tab.open(path)
        return tab

    def adopt(self, page: Page) -> SignInPage:
        self._made.append(SignInPage(page, self.address))
        return self._made[-1]

    def check(self) -> None:
        """Nothing was complained about in any of them, and no other host was asked for anything."""
        assert [tab.complaints for tab in self._made if tab.complaints] == []
        assert self._elsewhere == []


@asynccontextmanager
async def launched(chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=_FLAGS)
        yield browser
        await browser.close()


@asynccontextmanager
async def tabs_in(browser: Browser, address: str, *known: str) -> AsyncIterator[Tabs]:
    """`known` are the addresses of other hosts that may be asked."""
    context = await browser.new_context(viewport={"width": 1360, "height": 900}, locale="en-GB")
    context.set_default_timeout(30_000)
    tabs = Tabs(context, address, known)
    try:
        yield tabs
    finally:
        await context.close()
    tabs.check()
