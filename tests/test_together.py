"""Parts of the house are put away side by side, and in time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from structlog.testing import capture_logs

from composition.together import together


class Parts:
    """What became of each, in turn."""

    def __init__(self) -> None:
        self.told: list[str] = []

    @asynccontextmanager
    async def part(self, name: str, leave: asyncio.Event | None = None) -> AsyncIterator[None]:
        if name == "broken":
            raise OSError(name)
        self.told.append(f"{name} in")
        try:
            yield
            if leave:
                await leave.wait()
            self.told.append(f"{name} out")
        except asyncio.CancelledError:
            self.told.append(f"{name} cut")
            raise

    @asynccontextmanager
    async def failing(self) -> AsyncIterator[None]:
        yield
        raise OSError("at the end")


async def test_parts_are_entered_in_turn_and_none_waits_for_another_to_leave() -> None:
    parts, second = Parts(), asyncio.Event()

    @asynccontextmanager
    async def last() -> AsyncIterator[None]:
        yield
        second.set()

    async with together(parts.part("a"), parts.part("b", second), last(), within=5):
        assert parts.told == ["a in", "b in"]
    assert parts.told == ["a in", "b in", "a out", "b out"]


async def test_what_does_not_leave_in_time_is_cut_and_told() -> None:
    parts = Parts()
    with capture_logs() as lines:
        async with together(parts.part("silent", asyncio.Event()), parts.part("b"), within=0.1):
            pass
    assert parts.told == ["silent in", "b in", "b out", "silent cut"]
    assert [(line["event"], line["parts"]) for line in lines] == [("not_put_away", 1)]


async def test_what_cannot_be_entered_is_raised_and_the_others_leave() -> None:
    parts = Parts()
    with pytest.raises(OSError, match="broken"):
        async with together(parts.part("a"), parts.part("broken"), parts.part("never"), within=5):
            raise AssertionError
    assert parts.told == ["a in", "a out"]


async def test_what_fails_at_the_end_is_told_and_keeps_nobody() -> None:
    parts = Parts()
    with capture_logs() as lines:
        async with together(parts.failing(), parts.part("b"), within=5):
            pass
    assert parts.told == ["b in", "b out"]
    assert [(line["event"], line["log_level"]) for line in lines] == [("not_put_away", "error")]
