"""Changes happen one after the other."""

import asyncio
from typing import Any

from graphql import build_schema, parse

from tests.execution.ways import PLAIN, PLANNED, ask

SCHEMA = build_schema(
    """
    type Query { a: Int }
    type Mutation { a: One b: One! c: One }
    type One { now: Int! deep: One }
    """
)


class Steps:
    """What happened, as it happened."""

    def __init__(self, **failing: str) -> None:
        self.failing, self.seen = failing, list[str]()

    def one(self, name: str) -> Any:
        async def step(_: Any) -> Any:
            self.seen.append(f"{name} begins")
            await asyncio.sleep(0)
            if name in self.failing:
                raise ValueError(self.failing[name])
            self.seen.append(f"{name} ends")
            return {"now": self.inside(name), "deep": {"now": self.inside(f"{name} deep")}}

        return step

    def inside(self, name: str) -> Any:
        async def now(_: Any) -> int:
            for _turn in range(3):
                await asyncio.sleep(0)
            self.seen.append(f"{name} is told")
            return len(self.seen)

        return now


async def changed(text: str, **failing: str) -> tuple[Any, list[str], list[str]]:
    made: list[Steps] = []

    def root() -> Any:
        made.append(Steps(**failing))
        return {name: made[-1].one(name) for name in "abc"}

    data, errors = await ask(SCHEMA, text, root)
    assert made[0].seen == made[1].seen
    return data, errors, made[0].seen


async def test_each_change_is_told_to_the_end_before_the_next_begins() -> None:
    data, errors, seen = await changed("mutation { b { now deep { now } } a { now } }")
    assert not errors
    assert data == {"b": {"now": 3, "deep": {"now": 4}}, "a": {"now": 7}}
    assert seen == ["b begins", "b ends", "b is told", "b deep is told", "a begins", "a ends", "a is told"]


async def test_none_happens_behind_one_that_failed_and_must_not_be_null() -> None:
    data, errors, seen = await changed("mutation { a { now } b { now } c { now } }", b="No.")
    assert (data, errors) == (None, ["b: No."])
    assert seen == ["a begins", "a ends", "a is told", "b begins"]


async def test_those_behind_one_that_may_be_null_go_on() -> None:
    data, errors, seen = await changed("mutation { a { now } c { now } }", a="No.")
    assert (data, errors) == ({"a": None, "c": {"now": 4}}, ["a: No."])
    assert seen == ["a begins", "c begins", "c ends", "c is told"]


async def test_the_same_change_asked_for_in_two_places_happens_once() -> None:
    data, _, seen = await changed("mutation { a { now } ... on Mutation { a { deep { now } } } c { now } }")
    assert [*data] == ["a", "c"]
    assert seen.count("a begins") == 1


async def test_who_asks_for_all_of_them_at_once_has_them_at_once() -> None:
    for kind in (PLANNED, PLAIN):
        steps = Steps()
        root = {name: steps.one(name) for name in "abc"}
        executor: Any = kind.build(SCHEMA, parse("mutation { a { now } b { now } }"), root, None, {})
        assert (await executor.execute_operation(False)).data
        assert steps.seen[:2] == ["a begins", "b begins"]
