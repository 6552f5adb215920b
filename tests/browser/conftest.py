"""A server in a process of its own, a Chromium, and windows of it with GraphiQL inside."""

import json
import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.async_api import BrowserContext, ConsoleMessage, Page, Request, async_playwright, expect

from tests.conftest import database_from_template

PASSWORD = "a password for tests"
_ROOT = Path(__file__).parent.parent.parent
_BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_EXPECTED = "Failed to load resource: the server responded with a status of 40"  # a refused request is no fault
_HELP = "globalThis.model = name => __MONACO.editor.getModels().find(model => model.uri.path.endsWith(name))"
_READ = "name => model(name).getValue()"
_WRITE = "([name, text]) => model(name).setValue(text)"
_AWAIT_ANSWER = """() => {
    const response = model("response.json");
    response.setValue("");
    window.answer = new Promise(resolve => {
        response.onDidChangeContent(() => response.getValue() && resolve(response.getValue()));
    });
}"""
_numbers = count(1)
# A browser beside all the other tests takes its time.
expect.set_options(timeout=20_000)


class Window:
    """One window with GraphiQL, driven as a person would."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.bar = page.locator("#marquee-status")
        self.tabs = page.locator(".graphiql-tab-button")
        self.player = page.locator("#marquee-player")
        self.complaints: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(_EXPECTED):
            self.complaints.append(message.text)

    async def ready(self) -> None:
        await self.page.locator(".graphiql-query-editor .view-line").first.wait_for()

    async def choose(self, name: str) -> None:
        """Clicks a tab; at the latest when the editor is asked to run, its operation is there."""
        await self.tabs.get_by_text(name, exact=True).click()
        await expect(self.page.locator(".graphiql-tab-active .graphiql-tab-button")).to_have_text(name)
        await expect(self.page.locator(".graphiql-query-editor .view-lines")).to_contain_text(name)

    async def read(self, name: str) -> str:
        return str(await self.page.evaluate(_READ, name))

    async def write(self, name: str, text: str) -> None:
        await self.page.evaluate(_WRITE, [name, text])

    async def run(self, tab: str, variables: Any = None) -> Any:
        """Runs a tab, with other variables where they are given, and answers what came."""
        await self.start(tab, variables)
        return await self.answer()

    async def start(self, tab: str, variables: Any = None) -> None:
        await self.page.bring_to_front()  # Chromium takes its time with windows that nobody looks at
        await self.choose(tab)
        if variables is not None:
            await self.write("variables.json", json.dumps(variables))
        await self.page.evaluate(_AWAIT_ANSWER)
        await self.page.locator(".graphiql-execute-button").click()

    async def answer(self) -> Any:
        """The first answer since the start; of a subscription, perhaps a later one."""
        return json.loads(await self.page.evaluate("window.answer"))

    async def sign_in(self, email: str, password: str = PASSWORD) -> None:
        answer = await self.run("SignIn", {"input": {"email": email, "password": password}})
        assert "tokens" in answer["data"]["login"], answer
        await self.is_signed("in")

    async def is_signed(self, state: str) -> None:
        """in, out or ended."""
        await expect(self.bar).to_have_attribute("data-state", state)


class Windows:
    """The windows of one person, who has one set of tabs; each window signs in by itself."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.context, self._address = context, address
        self._made: list[Window] = []
        self._elsewhere: list[str] = []
        context.on("request", self._note)

    def _note(self, request: Request) -> None:
        if not request.url.startswith((f"{self._address}/", "data:")):
            self._elsewhere.append(request.url)

    async def open(self) -> Window:
        page = await self.context.new_page()
        if not self._made:
            await self._forget(page)
        window = self.adopt(page)
        await page.goto(f"{self._address}/graphql")
        await window.ready()
        return window

    async def _forget(self, page: Page) -> None:
        """The test before had tabs of its own. Its scripts may stay in the browser's cache, which saves seconds."""
        tools = await self.context.new_cdp_session(page)
        await tools.send("Storage.clearDataForOrigin", {"origin": self._address, "storageTypes": "local_storage"})

    def adopt(self, page: Page) -> Window:
        self._made.append(Window(page))
        return self._made[-1]

    async def close(self) -> None:
        self.context.remove_listener("request", self._note)
        for page in self.context.pages:
            await page.close()
        assert [window.complaints for window in self._made if window.complaints] == []
        assert self._elsewhere == []


@pytest.fixture(scope="session")
def chromium() -> str:
    found = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if found:
        return found
    reason = "There is no Chromium here, so nothing has looked at GraphiQL. Get it with: make browser"
    if os.environ.get("CI"):
        pytest.fail(reason)
    warnings.warn(reason, pytest.PytestWarning, stacklevel=1)  # -q keeps a skip's reason to itself
    pytest.skip(reason)


@contextmanager
def server(name: str, home: Path, **settings: str) -> Iterator[str]:
    """Where a server is, started as anybody would start it, with the demonstration in a database of its own."""
    given = {
        "HOST": "127.0.0.1",
        "PORT": "0",
        "DATABASE_URL": database_from_template(name),
        "MARQUEE_HOME": str(home),
        "DEMONSTRATION": "true",
        **settings,
    }
    command = [sys.executable, "server.py"]
    with (home / "log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=_ROOT, env={**os.environ, **given}, stdout=subprocess.PIPE, stderr=log, text=True
        )
    assert process.stdout
    said = (line.rpartition(" is at ")[2].strip() for line in process.stdout if " is at http" in line)
    try:
        found = next(said, None)
        assert found, (home / "log").read_text()
        yield found
    finally:
        process.terminate()
        process.communicate(timeout=15)


@pytest.fixture(scope="session")
def address(chromium: str, worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with server(f"browser_{worker_id}", tmp_path_factory.mktemp("browser")) as found:
        yield found


@pytest.fixture(scope="session")
async def context(chromium: str) -> AsyncIterator[BrowserContext]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=_FLAGS)
        context = await browser.new_context(viewport={"width": 1400, "height": 900})
        context.set_default_timeout(30_000)
        await context.add_init_script(_HELP)
        yield context
        await browser.close()


@pytest.fixture
async def windows(context: BrowserContext, address: str) -> AsyncIterator[Windows]:
    """When the test is over, nothing was complained about in any of them, and no other host was asked for anything."""
    windows = Windows(context, address)
    yield windows
    await windows.close()


@pytest.fixture
async def window(windows: Windows) -> Window:
    return await windows.open()


@pytest.fixture
def register(address: str) -> Callable[[], Awaitable[str]]:
    """Makes a new account, with no points and no history; answers its e-mail address."""

    async def register() -> str:
        email = f"browser{next(_numbers)}@example.com"
        query = "mutation R($input: RegisterInput!) { register(input: $input) { __typename } }"
        body = {"query": query, "variables": {"input": {"email": email, "password": PASSWORD}}}
        async with httpx2.AsyncClient(timeout=10) as client:
            answer = (await client.post(f"{address}/graphql", json=body)).json()
        assert answer["data"]["register"]["__typename"] == "SignedIn", answer
        return email

    return register


@pytest.fixture
async def email(register: Callable[[], Awaitable[str]]) -> str:
    return await register()
