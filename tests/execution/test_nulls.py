"""Where a failure ends: at the nearest place above it that may be null."""

import asyncio
from typing import Any

import pytest
from graphql import Undefined, build_schema

from tests.execution.ways import ask

MUST = "Cannot return null for non-nullable field"


def fails(said: str = "No.") -> Any:
    def resolve(*_: Any) -> Any:
        raise ValueError(said)

    return resolve


@pytest.mark.parametrize(
    ("type_", "data", "errors"),
    [
        ("[[Int]]", [[1, None], None, [2]], []),
        ("[[Int!]]", [None, None, [2]], [f"f.0.1: {MUST} Query.f."]),
        ("[[Int]!]", None, [f"f.1: {MUST} Query.f."]),
        ("[[Int!]!]", None, [f"f.0.1: {MUST} Query.f."]),
        ("[[Int]]!", [[1, None], None, [2]], []),
    ],
)
async def test_a_null_in_a_list_of_lists_ends_where_one_may_be(type_: str, data: Any, errors: list[str]) -> None:
    schema = build_schema(f"type Query {{ f: {type_} g: Int }}")
    root = {"f": [[1, None], None, [2]], "g": 1}
    assert await ask(schema, "{ f g }", root) == ({"f": data, "g": 1}, errors)


async def test_a_null_that_may_be_nowhere_leaves_no_data() -> None:
    schema = build_schema("type Query { f: [[Int!]!]! g: Int }")
    assert await ask(schema, "{ g f }", {"f": [[1], [None]]}) == (None, [f"f.1.0: {MUST} Query.f."])


async def test_a_failure_in_one_object_of_a_list_is_that_object_s_own() -> None:
    schema = build_schema("type Query { all: [One] } type One { id: ID! name: String! deep: One }")
    root = {"all": [{"id": 1, "name": "a"}, {"id": 2}, None, {"id": 4, "name": "d", "deep": {"id": 5}}]}
    data, errors = await ask(schema, "{ all { id name deep { name } } }", root)
    assert data["all"][1:] == [None, None, {"id": "4", "name": "d", "deep": None}]
    assert errors == [f"all.1.name: {MUST} One.name.", f"all.3.deep.name: {MUST} One.name."]


async def test_errors_are_told_in_the_order_of_the_answer() -> None:
    """However long each of them took."""
    schema = build_schema("type Query { a: Int b: [Int] c: Int }")
    turn = asyncio.Event()

    async def first(_: Any) -> int:
        await turn.wait()
        raise ValueError("First.")

    async def last(_: Any) -> int:
        turn.set()
        raise ValueError("Last.")

    root = {"a": first, "b": [1, ValueError("Second."), 2, ValueError("Third.")], "c": last}
    _, errors = await ask(schema, "{ a b c }", root)
    assert errors == ["a: First.", "b.1: Second.", "b.3: Third.", "c: Last."]
    _, errors = await ask(schema, "{ c x: b a }", root)
    assert errors == ["c: Last.", "x.1: Second.", "x.3: Third.", "a: First."]


async def test_of_two_failures_below_one_null_the_first_in_the_answer_is_told() -> None:
    schema = build_schema("type Query { one: One } type One { a: Int! b: Int! }")
    data, errors = await ask(schema, "{ one { b a } }", {"one": {"a": fails("A."), "b": fails("B.")}})
    assert (data, errors) == ({"one": None}, ["one.b: B."])


async def test_what_failed_below_what_is_null_in_the_end_is_not_told() -> None:
    schema = build_schema("type Query { one: One } type One { a: Int b: Int! }")
    data, errors = await ask(schema, "{ one { a b } }", {"one": {"a": fails("A."), "b": fails("B.")}})
    assert (data, errors) == ({"one": None}, ["one.b: B."])


@pytest.mark.parametrize("value", [ValueError("No."), fails()])
async def test_an_exception_that_is_given_is_as_good_as_raised(value: Any) -> None:
    schema = build_schema("type Query { a: Int b: Int! }")
    assert await ask(schema, "{ a }", {"a": value}) == ({"a": None}, ["a: No."])
    assert await ask(schema, "{ b }", {"b": value}) == (None, ["b: No."])


async def test_what_is_awaited_may_fail_as_well() -> None:
    schema = build_schema("type Query { a: [Int] b: [Int!] c: Int }")

    async def later(value: Any) -> Any:
        await asyncio.sleep(0)
        if isinstance(value, Exception):
            raise value
        return value

    def root() -> Any:
        return {
            "a": [later(1), later(ValueError("A.")), 3],
            "b": lambda _: later([later(1), later(None)]),
            "c": lambda _: later(4),
        }

    data, errors = await ask(schema, "{ a b c }", root)
    assert data == {"a": [1, None, 3], "b": None, "c": 4}
    assert errors == ["a.1: A.", f"b.1: {MUST} Query.b."]


async def test_what_is_undefined_is_null() -> None:
    schema = build_schema("type Query { a: Int b: [Int] c: One must: Int! } type One { n: Int }")
    root = {"a": Undefined, "b": [1, Undefined], "c": Undefined, "must": Undefined}
    assert await ask(schema, "{ a b c { n } }", root) == ({"a": None, "b": [1, None], "c": None}, [])
    assert await ask(schema, "{ must }", root) == (None, [f"must: {MUST} Query.must."])
