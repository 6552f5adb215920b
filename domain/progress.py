"""Watch progress: where a person stopped, on whichever screen, however late or often the news of it comes in."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Protocol

from domain.errors import Conflict, ValidationFailed
from domain.gathering import Gathering
from domain.pages import Order, Page, PageRequest
from domain.ports import Database, Signals, Transaction, Wake
from domain.progress_ledger import Books, Ledger, Report, WatchEvent, WatchProgress, check
from domain.users import Viewer

__all__ = [
    "CONTINUE_WATCHING",
    "HISTORY",
    "PROGRESS_STREAM",
    "Ledger",
    "Progress",
    "ProgressChanged",
    "ProgressRecorded",
    "ProgressStore",
    "Report",
    "WatchEvent",
    "WatchProgress",
]

_SNAPSHOT_SIZE = 100
# So many events are written in one transaction, and so many wait to be: more would not be in time for their deadline.
_GROUP_EVENTS = 500
_MOST_WAITING = 20_000


@dataclass(frozen=True, slots=True)
class ProgressRecorded:
    progress: Sequence[WatchProgress]


@dataclass(frozen=True, slots=True)
class ProgressChanged:
    """A change as a subscription hears it; `cursor` resumes behind it."""

    progress: WatchProgress

    @property
    def cursor(self) -> str:
        return PROGRESS_STREAM.cursor(self.progress)


HISTORY = Order("watch_history", ("observed_at", "id"), (datetime, int))
CONTINUE_WATCHING = Order("continue_watching", ("observed_at", "id"), (datetime, int))
PROGRESS_STREAM = Order("watch_progress", ("user_id", "sequence"), (int, int), descending=False)


class ProgressStore(Protocol):
    async def ledgers(
        self, transaction: Transaction, reports: Sequence[Report], *, patient: bool
    ) -> Mapping[int, Ledger]:
        """By person. Without those who were deleted and, unless `patient`, without whom somebody else is at just now:
        they are not waited for.
        """

    async def write(
        self, transaction: Transaction, reports: Sequence[Report], changed: Sequence[WatchProgress]
    ) -> list[WatchProgress]:
        """Remembers the events, and writes what changed: each change by itself, with the ids of new rows, and the last
        of each content as how it stands. Moves the counters.
        """

    async def forget_unused(self, transaction: Transaction, user_ids: Sequence[int]) -> None:
        """The counters of those who have nothing to count."""

    async def of_contents(self, user_id: int, content_ids: Sequence[int]) -> list[WatchProgress | None]: ...

    async def by_ids(self, user_id: int, ids: Sequence[int]) -> list[WatchProgress | None]: ...

    async def page(self, user_id: int, page: PageRequest, *, unfinished: bool) -> Page[WatchProgress]: ...

    async def latest(self, user_id: int, content_id: int | None, most: int) -> list[WatchProgress]:
        """What changed last, oldest change first."""

    async def changes(self, user_id: int, after: int) -> list[WatchProgress]:
        """What changed behind a sequence, each change by itself, in order; the present state of what changed, where
        the single changes are no longer kept. At most a few hundred at a time.
        """

    async def sequence(self, user_id: int) -> int: ...


class Progress:
    """Reports are gathered, where it is told whom to tell of groups that `failed`; else each is written by itself."""

    def __init__(
        self,
        database: Database,
        store: ProgressStore,
        signals: Signals,
        failed: Callable[[int, Exception], None] | None = None,
    ) -> None:
        self._database, self._store, self._signals = database, store, signals
        self._gathering = (
            Gathering(self._write, self._record, failed, most=_GROUP_EVENTS, most_waiting=_MOST_WAITING)
            if failed
            else None
        )

    async def record(self, viewer: Viewer, events: Sequence[WatchEvent]) -> ProgressRecorded:
        """All events or none; answers how each content of the batch stands now, in order of first mention. Repeats and
        late arrivals change nothing. Raises Refusal: VALIDATION_FAILED, NOT_FOUND.
        """
        check(events)
        report = Report(viewer.user.id, events)
        if self._gathering is None:
            return await self._record(report)
        return await self._gathering.ask(report, len(events))

    async def _record(self, report: Report) -> ProgressRecorded:
        """One report by itself, however long others are at what is this person's."""
        (answer,) = await self._write([report], patient=True)
        if answer is None:
            raise Conflict("Something that this needs was deleted just now.")
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def _write(
        self, reports: Sequence[Report], *, patient: bool = False
    ) -> list[ProgressRecorded | Exception | None]:
        """All reports in one transaction, each judged after those before it. None for whom there is no ledger."""
        async with self._database.writing() as transaction:
            books = Books(await self._store.ledgers(transaction, reports, patient=patient))
            verdicts = [books.enter(report) for report in reports]
            written = await self._store.write(transaction, books.entered, books.changed)
            if written:
                in_order = sorted(written, key=lambda progress: progress.sequence)
                last = {progress.user_id: progress.sequence for progress in in_order}
                await self._signals.announce_each(transaction, "progress", last)
            if books.unused:
                await self._store.forget_unused(transaction, books.unused)
        known = {(progress.user_id, progress.sequence): progress for progress in written}
        return [
            ProgressRecorded([known.get((one.user_id, one.sequence), one) for one in verdict])
            if isinstance(verdict, list)
            else verdict
            for verdict in verdicts
        ]

    async def watch(self, viewer: Viewer, content_id: int | None, after: str | None) -> AsyncIterator[ProgressChanged]:
        """First what there is (or, with `after`, what was missed), then every change as it comes, each once."""
        user_id = viewer.user.id
        with self._signals.listen(("progress", user_id)) as inbox:
            if after is None:
                seen = await self._store.sequence(user_id)
                for progress in await self._store.latest(user_id, content_id, _SNAPSHOT_SIZE):
                    if progress.sequence <= seen:
                        yield ProgressChanged(progress)
            else:
                seen = await self._resumed_from(user_id, after)
            wake = Wake((), lost=True)
            while True:
                while changes := await wake.once(seen, partial(self._changes, user_id, seen)):
                    seen = changes[-1].progress.sequence
                    for change in changes:
                        if content_id in (None, change.progress.content_id):
                            yield change
                wake = await inbox.wait()

    async def _changes(self, user_id: int, after: int) -> list[ProgressChanged]:
        return [ProgressChanged(progress) for progress in await self._store.changes(user_id, after)]

    async def _resumed_from(self, user_id: int, after: str) -> int:
        owner, sequence = PROGRESS_STREAM.position(after)
        if owner != user_id or not isinstance(sequence, int) or sequence > await self._store.sequence(user_id):
            raise ValidationFailed("The cursor given as `after` does not belong to this subscription.")
        return sequence
