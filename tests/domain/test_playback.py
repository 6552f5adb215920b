"""What a subscription to view logs hears: each log once, also over a line that was lost (B10 of FEATURES)."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from domain.playback import Playback, ViewLog, ViewLogFilter
from domain.ports import Wake


class Logs:
    """A store and a line in one. It holds `ids`; those that are `late` are committed while the line is lost."""

    def __init__(self, *ids: int, began: int = 0, late: Iterable[int] = ()) -> None:
        self.ids, self._began, self._late = set(ids), began, set(late)
        self._wakes: list[Wake] = []

    @contextmanager
    def listen(self, *topics: tuple[str, int]) -> Iterator["Logs"]:
        yield self

    async def wait(self) -> Wake:
        wake = self._wakes.pop(0)
        if wake.lost:
            self.ids |= self._late
        return wake

    async def newest_view_log_id(self) -> int:
        return self._began

    async def view_logs_by_ids(self, ids: Sequence[int]) -> list[ViewLog | None]:
        return [log(number) if number in self.ids else None for number in ids]

    async def view_logs_since(self, log_id: int, only: ViewLogFilter) -> list[ViewLog]:
        return [log(number) for number in sorted(self.ids) if number > log_id][:1000]

    async def heard(self, *wakes: Wake) -> list[int]:
        """The ids of what a subscription tells while these wakes come, one after another."""
        self._wakes = list(wakes)
        part = cast(Any, self)
        told: list[int] = []
        with suppress(IndexError):  # there are no more wakes
            async for one in Playback(part, part, part, part, timedelta(minutes=1)).watch_view_logs(ViewLogFilter()):
                told.append(one.id)  # noqa: PERF401 - what was told before the end counts
        return told


def log(number: int) -> ViewLog:
    return ViewLog(number, 1, 1, 1, datetime.now(UTC))


def news(*ids: int) -> Wake:
    return Wake(ids, lost=False)


LOST = Wake((), lost=True)


async def test_news_is_told_and_what_is_not_visible_is_not() -> None:
    assert await Logs(1, 2, 4).heard(news(1, 2), news(3), news(4)) == [1, 2, 4]


async def test_a_log_that_was_looked_up_is_not_told_again_when_news_of_it_comes() -> None:
    assert await Logs(1, 4, late={2, 3}).heard(news(1), LOST, news(2, 3), LOST, news(4)) == [1, 2, 3, 4]


async def test_a_log_that_was_still_on_its_way_when_a_later_one_came_is_not_missed() -> None:
    assert await Logs(6, late={5, 7}).heard(news(6), LOST) == [6, 5, 7]


async def test_what_was_there_before_the_subscription_began_is_not_told() -> None:
    assert await Logs(1, 2, 3, began=3, late={4}).heard(LOST) == [4]


async def test_a_long_silence_is_made_up_for_to_its_end() -> None:
    assert await Logs(late=range(1, 2501)).heard(LOST) == list(range(1, 2501))
