"""Limits hold while requests overlap, and each gets its own answer: G7 of GUARD."""

import asyncio
from typing import Any

import pytest

import composition.edges
from composition import Marquee
from tests.api.conftest import Api, World
from tests.api.test_subscriptions import connected
from tests.web.asking import Said, asked, said_by
from tests.web.test_limits import deep
from tests.web.test_limits_of_cost import TOO_LARGE

MANY = 40
TOO_DEEP = deep(13)


def assert_good(said: Said, number: int) -> None:
    assert said.errors == []
    assert said.data == {f"n{number}": {"nodes": []}}
    assert said.cost == {"requested": 1 + number, "limit": 10_000}


def assert_refused(said: Said) -> None:
    assert said.data is None
    assert said.codes in (["GRAPHQL_VALIDATION_FAILED"], ["OPERATION_TOO_COSTLY"])


def queries() -> list[tuple[str, int | None]]:
    """Good ones, by their number, each of which costs something else, between bad ones."""
    mixed: list[tuple[str, int | None]] = []
    for number in range(1, MANY + 1):
        mixed.append((f"{{ n{number}: contents(first: {number}) {{ nodes {{ id }} }} }}", number))
        mixed.append((TOO_DEEP if number % 2 else TOO_LARGE, None))
    return mixed


@pytest.mark.parametrize("door", ["application/json", "text/event-stream"])
async def test_what_overlaps_over_http_is_judged_each_for_itself(api: Api, world: World, door: str) -> None:
    mixed = queries()
    answers = await asyncio.gather(*(asked(api, door, query) for query, _ in mixed))
    for (_, number), said in zip(mixed, answers, strict=True):
        assert_refused(said) if number is None else assert_good(said, number)


async def test_what_overlaps_on_a_socket_is_judged_each_for_itself(api: Api, world: World) -> None:
    mixed = queries()
    for some in (mixed[:MANY], mixed[MANY:]):  # a socket has at most 50 operations at a time
        said: dict[str, Said] = {}
        async with connected(api.base_url, None) as socket:
            for place, (query, _) in enumerate(some):
                await socket.subscribe(query, str(place))
            while len(said) < len(some):
                message: dict[str, Any] = await socket.hear()
                if message["type"] != "complete":
                    said[message["id"]] = said_by(message)
        for place, (_, number) in enumerate(some):
            assert_refused(said[str(place)]) if number is None else assert_good(said[str(place)], number)


def test_every_extension_is_made_anew_for_each_operation(marquee: Marquee) -> None:
    schema = composition.edges.build_schema(marquee.settings)
    one, other = schema.get_extensions(), schema.get_extensions()
    assert one
    assert {id(extension) for extension in one}.isdisjoint(map(id, other))
