"""Events of subscriptions, and operations that are given up."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from graphql import build_schema, parse, subscribe

from tests.execution.ways import PLAIN, PLANNED, answered

SCHEMA = build_schema(
    """
    type Query { slow: [One] fast: One other: One }
    type Mutation { slow: One after: One }
    type Subscription { one: One }
    type One { n: Int! }
    """
)


@pytest.mark.parametrize("kind", [PLANNED, PLAIN])
async def test_each_event_is_answered_by_itself_and_with_its_own_errors(kind: Any) -> None:
    async def events(_: Any) -> AsyncIterator[Any]:
        for number in (1, None, 3):
            yield {"one": {"n": number}}

    told: Any = subscribe(SCHEMA, parse("subscription { one { n } }"), {"one": events}, executor_class=kind)
    answers = [result.formatted async for result in told]
    assert answers[0] == {"data": {"one": {"n": 1}}}
    assert answers[1]["data"] == {"one": None}
    assert [error["path"] for error in answers[1]["errors"]] == [["one", "n"]]
    assert answers[2] == {"data": {"one": {"n": 3}}}


async def test_events_are_executed_by_a_plan() -> None:
    executor: Any = PLANNED.build(SCHEMA, parse("subscription { one { n } }"), None, None, {})
    event = executor.build_per_event_executor({"one": {"n": 1}})
    assert (await answered(event, planned=True)).data == {"one": {"n": 1}}
    assert executor.collected_errors is not event.collected_errors


class Waiting:
    """Fields that wait for ever, and note how they ended."""

    def __init__(self, expected: int) -> None:
        self.ended: list[str] = []
        self._begun, self.expected = 0, expected
        self.all_begun = asyncio.Event()

    async def __call__(self, *_: Any) -> Any:
        self._begun += 1
        if self._begun == self.expected:
            self.all_begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.ended.append("given up")
            raise

    def one(self) -> Any:
        return {"n": self}


@pytest.mark.parametrize("kind", [PLANNED, PLAIN])
@pytest.mark.parametrize("text", ["{ slow { n } }", "{ slow { n } fast { n } other { n } }"])
async def test_what_runs_is_given_up_with_its_operation(kind: Any, text: str) -> None:
    waiting = Waiting(2 if "fast" not in text else 4)
    root = {"slow": [waiting.one(), waiting.one()], "fast": waiting.one(), "other": waiting.one()}
    executor: Any = kind.build(SCHEMA, parse(text), root, None, {})
    running = asyncio.create_task(executor.execute_operation())
    async with asyncio.timeout(5):
        await waiting.all_begun.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    async with asyncio.timeout(5):
        while len(waiting.ended) < waiting.expected:
            await asyncio.sleep(0)


@pytest.mark.parametrize("kind", [PLANNED, PLAIN])
async def test_a_deadline_ends_an_operation_that_is_not_done(kind: Any) -> None:
    waiting = Waiting(1)
    executor: Any = kind.build(SCHEMA, parse("{ fast { n } }"), {"fast": waiting.one()}, None, {})
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await executor.execute_operation()


@pytest.mark.parametrize("kind", [PLANNED, PLAIN])
async def test_no_change_begins_in_an_operation_that_was_given_up(kind: Any) -> None:
    waiting, seen = Waiting(1), list[str]()
    root = {"slow": waiting.one(), "after": lambda _: seen.append("after")}
    executor: Any = kind.build(SCHEMA, parse("mutation { slow { n } after { n } }"), root, None, {})
    running = asyncio.create_task(executor.execute_operation())
    async with asyncio.timeout(5):
        await waiting.all_begun.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (waiting.ended, seen) == (["given up"], [])
