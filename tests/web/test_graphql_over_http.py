"""GraphQL over HTTP: what goes in, and what comes out. G1 and C1 of GUARD."""

import json
from typing import Any

import httpx2
import pytest

from tests.api.conftest import Answer, Api, World

GRAPHQL_JSON = "application/graphql-response+json"
JSON = "application/json"
VIEWER = "{ viewer { email } }"
LIKE = 'mutation { likeContent(input: {contentId: "x"}) { __typename } }'
REGISTER = 'mutation M { register(input: {email: "eve@example.com", password: "long enough"}) { __typename } }'
SUBSCRIBE = "subscription { watchProgress { cursor } }"


def told(cost: int, **data: Any) -> dict[str, Any]:
    """A whole answer: what it is, and what it has cost."""
    return {"data": data, "extensions": {"cost": {"requested": cost, "limit": 10_000}}}


NOBODY = told(1, viewer=None)


async def post(api: Api, body: Any = None, *, content: Any = None, **headers: str) -> httpx2.Response:
    sent = {"content-type": JSON, **{name.replace("_", "-"): value for name, value in headers.items()}}
    content = json.dumps(body).encode() if content is None else content
    return await api.client.post(f"{api.base_url}/graphql", content=content, headers=sent)


async def get(api: Api, params: Any, **headers: str) -> httpx2.Response:
    return await api.client.get(f"{api.base_url}/graphql", params=params, headers=headers)


def assert_error(response: httpx2.Response, status: int, code: str) -> str:
    """The one form of an error. Answers the message."""
    assert response.status_code == status
    body = response.json()
    assert list(body) in (["errors"], ["errors", "extensions"]), "nothing ran; what it would have cost may be told"
    (error,) = body["errors"]
    beside = error["extensions"]
    assert beside["code"] == code
    assert beside["status"] == (status if status != 200 else 400)
    assert beside["requestId"] == response.headers["x-request-id"]
    assert beside["timestamp"].endswith("+00:00")
    assert beside["details"] == []
    return str(error["message"])


@pytest.mark.parametrize(
    "content_type",
    [
        JSON,
        "application/json; charset=utf-8",
        "APPLICATION/JSON;charset=UTF-8",
        "application/json ; x=y",
        "application/json;",
    ],
)
async def test_a_body_is_json_with_any_parameters(api: Api, world: World, content_type: str) -> None:
    response = await post(api, {"query": VIEWER}, content_type=content_type)
    assert (response.status_code, response.json()) == (200, NOBODY)


OTHER_TYPES = ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/json"]
OTHER_TYPES += ["application/graphql", "application/jsonx", "application/json, text/plain", "x-application/json", "*/*"]
OTHER_TYPES += ["text/plain; application/json", "application/graphql+json", "application/vnd.api+json"]


@pytest.mark.parametrize("content_type", OTHER_TYPES)
async def test_a_body_of_any_other_type_is_refused_and_runs_nothing(api: Api, world: World, content_type: str) -> None:
    assert_error(await post(api, {"query": REGISTER}, content_type=content_type), 415, "UNSUPPORTED_MEDIA_TYPE")
    assert await world.rows("select count(*) from users") == [(0,)]


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        (GRAPHQL_JSON, GRAPHQL_JSON),
        (f"{GRAPHQL_JSON}; charset=utf-8", GRAPHQL_JSON),
        (f"{GRAPHQL_JSON}, {JSON};q=0.9", GRAPHQL_JSON),
        (JSON, JSON),
        ("application/json; charset=utf-8", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("text/html", JSON),
        (f"{JSON};q=1, {GRAPHQL_JSON};q=0.5", JSON),
        (f"{JSON}, {GRAPHQL_JSON};q=0", JSON),
        (f"{JSON}, text/event-stream;q=0", JSON),
        (f"{JSON};q=0.9, text/event-stream;q=0.1", JSON),
        (f"*/*, {GRAPHQL_JSON}", GRAPHQL_JSON),
        ("Application/GraphQL-Response+JSON", GRAPHQL_JSON),
        (f"{GRAPHQL_JSON};q=much", GRAPHQL_JSON),
        (", ;q=", JSON),
        (f"{JSON};q=0, {GRAPHQL_JSON};q=-1", JSON),
    ],
)
async def test_answers_are_of_the_type_that_is_accepted(api: Api, world: World, accept: str, answered: str) -> None:
    for query, body in ((VIEWER, NOBODY), ("{ nothing }", None)):
        response = await post(api, {"query": query}, accept=accept)
        assert response.headers["content-type"] == f"{answered}; charset=utf-8"
        if body:
            assert (response.status_code, response.json()) == (200, body)
        else:
            assert_error(response, 400 if answered == GRAPHQL_JSON else 200, "GRAPHQL_VALIDATION_FAILED")


@pytest.mark.parametrize("accept", [JSON, GRAPHQL_JSON])
async def test_what_never_ran_says_why(api: Api, world: World, accept: str) -> None:
    never = 400 if accept == GRAPHQL_JSON else 200
    wrong: list[tuple[dict[str, Any], int, str]] = [
        ({"query": ""}, never, "GRAPHQL_PARSE_FAILED"),
        ({"query": " "}, never, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{"}, never, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{ viewer { email }"}, never, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{ viewer }"}, never, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "{ viewer { email { x } } }"}, never, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "query ($a: ID!) { user(id: $a) { id } }"}, never, "GRAPHQL_VALIDATION_FAILED"),
        (
            {"query": "query ($a: ID!) { user(id: $a) { id } }", "variables": {"a": {}}},
            never,
            "GRAPHQL_VALIDATION_FAILED",
        ),
        ({"query": "query A { genres { id } } query B { genres { id } }"}, never, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "query A { genres { id } }", "operationName": "B"}, never, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "fragment A on Genre { id }"}, never, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": SUBSCRIBE}, 400, "BAD_REQUEST"),
    ]
    for body, status, code in wrong:
        assert assert_error(await post(api, body, accept=accept), status, code), body


async def test_an_empty_name_of_an_operation_is_none(api: Api, world: World) -> None:
    assert (await get(api, {"query": f"query A {VIEWER}", "operationName": ""})).json() == NOBODY
    assert (await post(api, {"query": f"query A {VIEWER}", "operationName": ""})).json() == NOBODY


async def test_an_operation_is_chosen_by_its_name(api: Api, world: World) -> None:
    query = "query A { genres { id } } query B { viewer { email } }"
    for name, answered in (("A", told(21, genres=[])), ("B", NOBODY)):
        assert (await post(api, {"query": query, "operationName": name})).json() == answered
        assert (await get(api, {"query": query, "operationName": name})).json() == answered


async def test_an_error_in_the_middle_leaves_the_rest(api: Api, world: World) -> None:
    for accept in (JSON, GRAPHQL_JSON):
        response = await post(
            api, {"query": "{ genres { id } content(id: 5) { id } a: node(id: 1) { id } }"}, accept=accept
        )
        assert (response.status_code, response.json()) == (200, told(23, genres=[], content=None, a=None))
        response = await post(api, {"query": "{ corporations { nodes { id } } }"}, accept=accept)
        assert response.status_code == 200
        assert (response.json()["data"], Answer(response, response.json()).codes) == (None, ["UNAUTHENTICATED"])
        assert response.json()["errors"][0]["path"] == ["corporations"]


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "PROPFIND"])
async def test_other_methods_are_refused_and_told_which_to_use(api: Api, world: World, method: str) -> None:
    response = await api.client.request(method, f"{api.base_url}/graphql", params={"query": VIEWER})
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, POST"
    if method != "HEAD":
        assert_error(response, 405, "METHOD_NOT_ALLOWED")


async def test_a_query_may_come_by_get_and_a_mutation_may_not(api: Api, world: World) -> None:
    assert (await get(api, {"query": VIEWER})).json() == NOBODY
    query = "query ($id: ID!) { node(id: $id) { id } }"
    assert (await get(api, {"query": query, "variables": '{"id": "x"}'})).json() == told(1, node=None)
    assert (await get(api, {"query": query, "variables": '{"id": "x"}', "extensions": ""})).status_code == 200
    both = f"query Q {VIEWER} {REGISTER}"
    for params in ({"query": REGISTER}, {"query": both, "operationName": "M"}):
        response = await get(api, params)
        assert_error(response, 405, "METHOD_NOT_ALLOWED")
        assert response.headers["allow"] == "POST"
    assert (await get(api, {"query": both, "operationName": "Q"})).json() == NOBODY
    assert await world.rows("select count(*) from users") == [(0,)]


@pytest.mark.parametrize("accept", ["text/event-stream", JSON])
async def test_what_cannot_be_chosen_is_refused_for_streams_too(api: Api, world: World, accept: str) -> None:
    assert_error(await get(api, {"query": REGISTER}, accept=accept), 405, "METHOD_NOT_ALLOWED")
    never = 200 if accept == JSON else 400
    unknown = await post(api, {"query": REGISTER, "operationName": "N"}, accept=accept)
    assert_error(unknown, never, "GRAPHQL_VALIDATION_FAILED")
    two = "query A { genres { id } } query B { genres { id } }"
    assert_error(await post(api, {"query": two}, accept=accept), never, "GRAPHQL_VALIDATION_FAILED")
    assert await world.rows("select count(*) from users") == [(0,)]


BAD_VARIABLES = [
    "x",
    "{",
    "[]",
    "5",
    '"x"',
    "NaN",
    "{'a': 1}",
    "[" * 5000,
    '{"a": 1e999}',
    "\0",
    '{"a": "\ud800"}',
    "\xff",
]


@pytest.mark.parametrize("name", ["variables", "extensions"])
async def test_parameters_of_get_are_objects(api: Api, world: World, name: str) -> None:
    for value in BAD_VARIABLES:
        params = {"query": VIEWER, name: value.encode(errors="surrogatepass")}
        assert_error(await get(api, params), 400, "BAD_REQUEST")
    for nothing in ("null", "", "{}"):
        assert (await get(api, {"query": VIEWER, name: nothing})).json() == NOBODY
