"""Which of a document's operations runs, by every door: G8 and G10 of GUARD."""

from typing import Any

import pytest

from tests.api.conftest import Api, World
from tests.api.test_subscriptions import connected
from tests.web.asking import DOORS, asked

TWO = "query A { __typename } query B { viewer { email } }"


@pytest.mark.parametrize("door", DOORS)
async def test_of_several_without_a_name_none_runs(api: Api, world: World, door: str) -> None:
    said = await asked(api, door, TWO)
    assert (said.data, said.codes) == (None, ["GRAPHQL_VALIDATION_FAILED"])


@pytest.mark.parametrize("door", DOORS)
async def test_a_document_without_an_operation_runs_nothing(api: Api, world: World, door: str) -> None:
    said = await asked(api, door, "fragment Only on Genre { name }")
    assert (said.data, said.codes) == (None, ["GRAPHQL_VALIDATION_FAILED"])


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("A", {"data": {"__typename": "Query"}}),
        ("B", {"data": {"viewer": None}}),
        ("Z", "GRAPHQL_VALIDATION_FAILED"),
        ("", "GRAPHQL_VALIDATION_FAILED"),
        (None, "GRAPHQL_VALIDATION_FAILED"),
    ],
)
async def test_over_a_socket_a_name_says_which(api: Api, world: World, name: str | None, told: Any) -> None:
    async with connected(api.base_url, None) as socket:
        await socket.send(type="subscribe", id="1", payload={"query": TWO, "operationName": name})
        heard = await socket.hear()
    if heard["type"] == "error":
        assert [error["extensions"]["code"] for error in heard["payload"]] == [told]
    else:
        assert heard["payload"]["data"] == told["data"]


async def test_over_a_socket_an_empty_name_is_none(api: Api, world: World) -> None:
    async with connected(api.base_url, None) as socket:
        await socket.send(type="subscribe", id="1", payload={"query": "query A { __typename }", "operationName": ""})
        assert (await socket.hear())["payload"]["data"] == {"__typename": "Query"}
