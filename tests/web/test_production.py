"""In production nothing is told that helps only those who look for holes: G9 of GUARD."""

import sys
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from composition import Marquee
from tests.api.conftest import Api
from tests.api.issuer import application, settings_like
from tests.serving import serving
from tests.web.asking import DOORS, asked

# Where graphql-core guesses at what was meant.
GUESSING = [
    module for name, module in sys.modules.items() if name.startswith("graphql.") and hasattr(module, "suggestion_list")
]
GUESSING = [module for module in GUESSING if callable(module.suggestion_list)]

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
    "{ viewer { email @skip(fi: true) } }",
    "query { viewer { user { ...Fragmnt } } } fragment Fragment on User { id }",
    "query ($emial: String) { search(query: $email) { query } }",
    'mutation { updateProfile(input: {firstNam: "x"}) { __typename } }',
    "mutation { updateProfile(input: {gender: MAL}) { __typename } }",
    "query ($a: [ContentOrder!]! = [NEWES]) { contents(orderBy: $a) { totalCount } }",
    "fragment A on Vewer { email } { viewer { ...A } }",
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


@pytest.fixture
async def open_production(marquee: Marquee) -> AsyncIterator[Api]:
    """With a network between, as sockets need it."""
    settings = settings_like(marquee, environment="production")
    app = Marquee(settings, settings.dsn() or "").application()
    async with serving(app) as address, httpx2.AsyncClient(timeout=20) as client:
        yield Api(address, client)


@pytest.mark.parametrize("door", DOORS)
async def test_production_guesses_at_nothing_by_any_door(open_production: Api, door: str) -> None:
    wrong: list[dict[str, Any]] = [
        {"a": {"genreID": "1"}},
        {"b": "NEWES"},
        {"a": {"ageRating": "AL"}},
        {"a": {"genreI": 1}},
    ]
    said = [await asked(open_production, door, query) for query in MISTAKES]
    said += [await asked(open_production, door, BY_VARIABLE, **given) for given in wrong]
    if door not in DOORS[:2]:
        said.append(await asked(open_production, door, "subscription { watchProgres { cursor } }"))
    assert {code for each in said for code in each.codes} == {"GRAPHQL_VALIDATION_FAILED"}
    assert [each for each in said if not each.errors] == []
    told = [error["message"] for each in said for error in each.errors]
    assert [message for message in told if "mean" in message or "?" in message] == []
    schema = await asked(open_production, door, "{ __schema { types { name } } }")
    assert set(schema.codes) == {"GRAPHQL_VALIDATION_FAILED"}


async def test_the_schema_can_be_shown_by_setting(marquee: Marquee) -> None:
    query = '{ __type(name: "User") { name } }'
    async with application(settings_like(marquee, environment="production", introspection=True)) as (_, shown):
        assert await shown.data(query) == {"__type": {"name": "User"}}
    async with application(settings_like(marquee, introspection=False)) as (_, hidden):
        assert set((await hidden.ask(query)).codes) == {"GRAPHQL_VALIDATION_FAILED"}


async def test_guesses_that_are_not_told_are_not_looked_for(
    production: Api, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They take long, and whoever asks decides how many there are."""
    looked: list[str] = []

    def looking(given: str, _options: object) -> list[str]:
        looked.append(given)
        return []

    for module in GUESSING:
        monkeypatch.setattr(module, "suggestion_list", looking)
    for query in MISTAKES:
        await production.ask(query)
    assert looked == []
    await api.ask("{ nobodyAskedThisBefore }")
    assert looked


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
