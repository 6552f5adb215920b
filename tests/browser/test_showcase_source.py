"""The example app as what front-end developers read: its operations, and the way from each screen into GraphiQL."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from graphql import build_schema, parse, validate
from playwright.async_api import BrowserContext, expect

from tests.browser.conftest import Window
from tests.browser.showcase_page import Person, person_in
from tests.browser.test_showcase import FILM

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("heavy")]

_SCHEMA = Path(__file__).parent.parent.parent / "schema" / "schema.graphql"
_OPERATIONS = "() => import('/showcase/operations.js').then(({ OPERATIONS }) => OPERATIONS)"
_SCREENS = (
    "() => import('/showcase/screens/{0}.js').then(module => Object.values(module).flatMap(s => s.operations ?? []))"
)
_RUN = "() => import('/showcase/graphql.js').then(({ runs }) => [...runs.keys()])"
_NAMES = ("browse", "search", "title", "posts", "me", "account", "sign-in")
_ADD = """mutation Add($title: String!) {
    createContent(input: {title: $title}) { ... on Content { id } ... on Refusal { message } }
}"""
_LOGIN = """mutation In($password: String!) {
    login(input: {email: "manager@example.com", password: $password}) {
        ... on SignedIn { tokens { accessToken } }
    }
}"""


@pytest.fixture
async def person(context: BrowserContext, address: str) -> AsyncIterator[Person]:
    assert context.browser
    async with person_in(context.browser, address) as person:
        yield person


async def test_every_operation_is_named_fits_the_schema_and_belongs_to_a_screen(person: Person) -> None:
    screen = await person.open()
    schema = build_schema(_SCHEMA.read_text())
    operations = await screen.page.evaluate(_OPERATIONS)
    for name, text in operations.items():
        document = parse(text)
        assert validate(schema, document) == [], name
        (operation,) = [one for one in document.definitions if one.kind == "operation_definition"]
        assert operation.name.value == name  # type: ignore[attr-defined]
    shown = set()
    for name in _NAMES:
        shown |= set(await screen.page.evaluate(_SCREENS.format(name)))
    assert shown == set(operations)


async def test_a_screen_shows_what_it_asked_and_opens_it_in_graphiql_signed_in_beside_the_examples(
    person: Person, email: str
) -> None:
    screen = await person.open()
    await screen.sign_in(email)
    await screen.open_title(FILM)
    await screen.page.locator("#operations summary").click()
    part = screen.page.locator(".operation").filter(has=screen.page.get_by_role("heading", name="Title", exact=True))
    await expect(part.locator(".ran")).to_contain_text("cost")
    await expect(part.locator("pre").first).to_contain_text("query Title($id: ID!)")
    await expect(part.locator("pre").last).to_contain_text('"id":')
    await screen.look("showcase-operations")
    async with person.context.expect_page() as opened:
        await part.get_by_role("link", name="Open Title in GraphiQL").click()
    page = await opened.value
    await page.add_init_script("globalThis.model = name => 0")
    window = Window(page)
    await window.ready()
    await expect(window.bar).to_have_attribute("data-state", "in")
    await expect(page.locator(".graphiql-tab-active .graphiql-tab-button")).to_have_text("Title")
    await expect(page.locator(".graphiql-query-editor .view-lines")).to_contain_text("query")
    await expect(window.tabs.first).to_have_text("SignIn")
    answered = page.locator(".graphiql-response")
    await page.locator(".graphiql-execute-button").click()
    await expect(answered).to_contain_text("viewerReview")
    assert window.complaints == []


@pytest.mark.parametrize("hash_", ["#/", "#/search", "#/posts", "#/me", "#/account"])
async def test_whatever_was_run_stands_under_the_screen(person: Person, email: str, hash_: str) -> None:
    screen = await person.open("#/posts")
    await screen.sign_in(email)
    await screen.open(hash_)
    await screen.page.reload()
    await screen.is_in()
    names = await screen.page.locator("#operations h2").all_text_contents()
    assert {"Me", "WatchProgress"} <= set(await screen.page.evaluate(_RUN)) <= set(names)


async def test_secrets_stand_in_no_panel(person: Person) -> None:
    screen = await person.open("#/sign-in")
    await screen.page.locator("#operations summary").click()
    await screen.page.get_by_label("E-mail").fill("nobody@example.com")
    await screen.page.get_by_label("Password").fill("a wrong password")
    await screen.press("Sign in")
    panel = screen.page.locator("#operations")
    await expect(panel).to_contain_text("BAD_CREDENTIALS")
    assert "a wrong password" not in await panel.inner_text()


async def test_what_has_no_poster_gets_a_drawn_one_and_html_in_a_title_is_text(person: Person, address: str) -> None:
    title = "<img src=x onerror=alert(1)> & <em>sons</em>"
    async with httpx2.AsyncClient(base_url=address, timeout=10) as client:
        body = {"query": _LOGIN, "variables": {"password": "marquee-demo"}}
        token = (await client.post("/graphql", json=body)).json()["data"]["login"]["tokens"]["accessToken"]
        headers = {"authorization": f"Bearer {token}"}
        body = {"query": _ADD, "variables": {"title": title}}
        made = (await client.post("/graphql", json=body, headers=headers)).json()["data"]["createContent"]
        assert "id" in made, json.dumps(made)
    try:
        screen = await person.open()
        card = screen.card(title).first
        await expect(card.locator(".card-title")).to_have_text(title)
        await expect(card.locator(".poster svg")).to_be_visible()
        await screen.open("#/search")
        await screen.page.get_by_role("searchbox").fill("onerror")
        await expect(screen.page.locator(".hit h2").first).to_have_text(title)
        await expect(screen.page.locator(".hit h2 mark").first).to_have_text("onerror")
    finally:
        remove = "mutation Remove($id: ID!) { deleteContent(input: {id: $id}) { __typename } }"
        async with httpx2.AsyncClient(base_url=address, timeout=10) as client:
            await client.post("/graphql", json={"query": remove, "variables": {"id": made["id"]}}, headers=headers)


async def test_a_server_that_does_not_answer_is_said_so_and_tried_again(person: Person) -> None:
    screen = await person.open()
    await screen.page.route("**/graphql", lambda route: route.fulfill(status=502, body="no JSON"))
    await screen.go("Posts")
    await expect(screen.page.get_by_text("The server does not answer. Is it running?")).to_be_visible()
    await screen.page.unroute_all()
    await screen.press("Try again")
    await expect(screen.page.get_by_role("alert")).to_have_count(0)
    screen.complaints = [one for one in screen.complaints if "502" not in one]
