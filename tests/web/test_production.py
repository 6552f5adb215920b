"""In production nothing is told that helps only those who look for holes."""

from collections.abc import AsyncIterator

import pytest

from composition import Marquee
from tests.api.conftest import Api
from tests.api.issuer import application, settings_like

MISTAKES = [
    "{ viewe { email } }",
    "{ viewer { emial } }",
    "{ contents(frist: 1) { totalCount } }",
    "{ contents(orderBy: NEWES) { totalCount } }",
    "{ contents(filter: {genreID: 1}) { totalCount } }",
    "{ node(id: 1) { ... on Contnet { id } } }",
    "query ($a: ContentOrdr) { contents(orderBy: $a) { totalCount } }",
    "query { viewer @skpi(if: true) { email } }",
    "{ node(id: 1) { title } }",
]
BY_VARIABLE = (
    "query ($a: ContentFilter, $b: ContentOrder! = NEWEST) { contents(filter: $a, orderBy: $b) { totalCount } }"
)


@pytest.fixture
async def production(marquee: Marquee) -> AsyncIterator[Api]:
    async with application(settings_like(marquee, environment="production")) as (_, api):
        yield api


async def test_production_tells_neither_schema_nor_guesses(production: Api) -> None:
    for query in ("{ __schema { types { name } } }", '{ __type(name: "User") { name } }'):
        answer = await production.ask(query)
        assert set(answer.codes) == {"GRAPHQL_VALIDATION_FAILED"}
        assert "data" not in answer.body
    assert (await production.data("{ __typename viewer { email } }")) == {"__typename": "Query", "viewer": None}


async def test_production_guesses_at_nothing(production: Api) -> None:
    answers = [await production.ask(query) for query in MISTAKES]
    answers += [await production.ask(BY_VARIABLE, a={"genreID": "1"}), await production.ask(BY_VARIABLE, b="NEWES")]
    assert [answer.codes[:1] for answer in answers] == [["GRAPHQL_VALIDATION_FAILED"]] * len(answers)
    assert [answer.response.text for answer in answers if "Did you mean" in answer.response.text] == []


async def test_elsewhere_guesses_help(api: Api) -> None:
    assert "Did you mean 'viewer'" in (await api.ask(MISTAKES[0])).response.text
    assert (await api.data('{ __type(name: "User") { name } }')) == {"__type": {"name": "User"}}


async def test_production_has_no_page_and_counts_nothing_aloud(production: Api) -> None:
    address = f"{production.base_url}/graphql"
    page = await production.client.get(address, headers={"accept": "text/html"})
    assert (page.status_code, page.headers["content-type"]) == (400, "application/json; charset=utf-8")
    assert "<" not in page.text
    for beside in ("/static/main.js", "/examples.json", "/static/"):
        assert (await production.client.get(address + beside)).status_code == 404
    answer = await production.ask("{ viewer { email } }")
    assert "server-timing" not in answer.response.headers
    assert "server" not in answer.response.headers
