"""Lists are what can be gone through, but for text."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from graphql import build_schema

from tests.execution.ways import ask

SCHEMA = build_schema("type Query { f: [Int] must: [Int!] all: [One] } type One { n: Int one: One }")


def generated(*items: Any) -> Iterator[Any]:
    for item in items:
        if isinstance(item, str):
            raise ValueError(item)
        yield item


NO_LIST = "f: Expected Iterable, but did not find one for field 'Query.f'."


async def yielded(*items: Any) -> AsyncIterator[Any]:
    for item in generated(*items):
        await asyncio.sleep(0)
        yield item


@pytest.mark.parametrize("made", [list, tuple, iter, set, lambda items: generated(*items)])
async def test_whatever_can_be_gone_through_is_a_list(made: Any) -> None:
    assert await ask(SCHEMA, "{ f }", lambda: {"f": made([1, 2, 3])}) == ({"f": [1, 2, 3]}, [])


async def test_what_is_gone_through_only_later_is_a_list() -> None:
    assert await ask(SCHEMA, "{ f }", lambda: {"f": yielded(1, None, 3)}) == ({"f": [1, None, 3]}, [])


@pytest.mark.parametrize("value", ["123", b"123", {"a": 1}, 5])
async def test_text_and_other_things_are_no_lists(value: Any) -> None:
    assert await ask(SCHEMA, "{ f }", {"f": value}) == ({"f": None}, [NO_LIST])


@pytest.mark.parametrize("made", [generated, yielded])
async def test_a_list_that_fails_halfway_is_none(made: Any) -> None:
    assert await ask(SCHEMA, "{ f }", lambda: {"f": made(1, "No.")}) == ({"f": None}, ["f: No."])


async def test_lists_that_fail_leave_others_of_their_level_alone() -> None:
    schema = build_schema("type Query { all: [[Int]] }")
    root: Any = lambda: {"all": [generated(1), generated("No."), "text", None, [2], yielded(3, "Nor this.")]}  # noqa: E731
    data, errors = await ask(schema, "{ all }", root)
    assert data == {"all": [[1], None, None, None, [2], None]}
    assert [error.partition(":")[0] for error in errors] == ["all.1", "all.2", "all.5"]


async def test_items_may_be_awaited() -> None:
    async def later(value: Any) -> Any:
        await asyncio.sleep(0)
        return value

    root: Any = lambda: {"f": [later(1), 2, later(None)], "must": [later(None), later(3)]}  # noqa: E731
    data, errors = await ask(SCHEMA, "{ f must }", root)
    assert data == {"f": [1, 2, None], "must": None}
    assert errors == ["must.0: Cannot return null for non-nullable field Query.must."]


async def test_fields_of_items_may_be_awaited_all_at_once() -> None:
    """Each waits until all of them wait."""

    def root() -> Any:
        waiting: list[int] = []
        all_wait = asyncio.Event()

        def one(number: int) -> Any:
            async def n(_: Any) -> int:
                waiting.append(number)
                if len(waiting) == 3:
                    all_wait.set()
                async with asyncio.timeout(5):
                    await all_wait.wait()
                return number

            return {"n": n}

        return {"all": [one(1), one(2), one(3)]}

    assert await ask(SCHEMA, "{ all { n } }", root) == ({"all": [{"n": 1}, {"n": 2}, {"n": 3}]}, [])


async def test_empty_lists_ask_for_nothing_below() -> None:
    async def never(_: Any) -> int:
        raise AssertionError

    root: Any = {"all": [], "f": []}
    assert await ask(SCHEMA, "{ all { n one { n } } f }", root) == ({"all": [], "f": []}, [])
    root = {"all": [{"n": 1, "one": None}]}
    assert await ask(SCHEMA, "{ all { one { n } } }", root) == ({"all": [{"one": None}]}, [])


async def test_places_in_lists_of_lists_are_counted_in_each() -> None:
    schema = build_schema("type Query { all: [[One]] } type One { n: [Int] }")
    root: Any = {"all": [[{"n": [1, "x"]}], [], None, [None, {"n": []}, {"n": ["y", 2, "z"]}]]}
    data, errors = await ask(schema, "{ all { n } }", root)
    assert data == {"all": [[{"n": [1, None]}], [], None, [None, {"n": []}, {"n": [None, 2, None]}]]}
    assert [error.partition(":")[0] for error in errors] == ["all.0.0.n.1", "all.3.2.n.0", "all.3.2.n.2"]
