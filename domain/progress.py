"""Watch progress: where a person stopped, on whichever screen, however late or often the news of it comes in."""

import dataclasses
import math
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from domain.errors import Problem, Refusal, RefusalCode, ValidationFailed
from domain.pages import Order, Page, PageRequest
from domain.ports import Database, Signals, Transaction
from domain.users import Viewer
from domain.validation import Problems

MOST_EVENTS = 100
_LONGEST_SECONDS = 100 * 3600
_OLDEST_EVENT = timedelta(days=30)
# Whoever got this far has seen it, even where the player did not say so.
_COMPLETED_SHARE = 0.95
# A player that starts by itself reports its first seconds; that much does not undo a finished view.
_NEAR_START_SECONDS = 30.0
_NEAR_START_SHARE = 0.05
_SNAPSHOT_SIZE = 100


@dataclass(frozen=True, slots=True)
class WatchProgress:
    """`sequence` counts a person's changes without gaps, over all contents; subscriptions resume by it."""

    id: int
    user_id: int
    content_id: int
    position_seconds: float
    duration_seconds: float | None
    completed: bool
    observed_at: datetime
    sequence: int


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


@dataclass(frozen=True, slots=True)
class WatchEvent:
    """What a player reports. `completed` is None where it leaves the judgement to us."""

    event_id: UUID
    content_id: int
    position_seconds: float
    duration_seconds: float | None
    completed: bool | None
    observed_at: datetime


@dataclass(frozen=True, slots=True)
class Ledger:
    """What must be known to judge a batch: read under the lock of this person's counter, so nothing moves meanwhile."""

    sequence: int
    now: datetime
    visible: frozenset[int]
    known_events: frozenset[UUID]
    progress: Mapping[int, WatchProgress]


HISTORY = Order("watch_history", ("observed_at", "id"), (datetime, int))
CONTINUE_WATCHING = Order("continue_watching", ("observed_at", "id"), (datetime, int))
PROGRESS_STREAM = Order("watch_progress", ("user_id", "sequence"), (int, int), descending=False)


class ProgressStore(Protocol):
    async def ledger(self, transaction: Transaction, user_id: int, events: Sequence[WatchEvent]) -> Ledger: ...

    async def write(
        self,
        transaction: Transaction,
        user_id: int,
        events: Sequence[WatchEvent],
        changed: Sequence[WatchProgress],
        sequence: int,
    ) -> list[WatchProgress]:
        """Remembers the events, writes what changed (ids of new rows are given), and moves the counter."""

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
    def __init__(self, database: Database, store: ProgressStore, signals: Signals) -> None:
        self._database, self._store, self._signals = database, store, signals

    async def record(self, viewer: Viewer, events: Sequence[WatchEvent]) -> ProgressRecorded:
        """All events or none; answers how each content of the batch stands now, in order of first mention. Repeats and
        late arrivals change nothing. Raises Refusal: VALIDATION_FAILED, NOT_FOUND.
        """
        _check(events)
        user_id = viewer.user.id
        async with self._database.writing() as transaction:
            ledger = await self._store.ledger(transaction, user_id, events)
            _check_against(events, ledger)
            changed = judge(user_id, events, ledger)
            sequence = ledger.sequence + len(changed)
            written = await self._store.write(transaction, user_id, events, changed, sequence)
            if written:
                await self._signals.announce(transaction, "progress", user_id, [])
        standing = {**ledger.progress, **{progress.content_id: progress for progress in written}}
        # Nothing stands of a content that only repeats name: an event id that came back with another content.
        mentioned = dict.fromkeys(event.content_id for event in events)
        return ProgressRecorded([standing[content_id] for content_id in mentioned if content_id in standing])

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
            while True:
                while changes := await self._store.changes(user_id, seen):
                    seen = changes[-1].sequence
                    for progress in changes:
                        if content_id in (None, progress.content_id):
                            yield ProgressChanged(progress)
                await inbox.wait()

    async def _resumed_from(self, user_id: int, after: str) -> int:
        owner, sequence = PROGRESS_STREAM.position(after)
        if owner != user_id or not isinstance(sequence, int) or sequence > await self._store.sequence(user_id):
            raise ValidationFailed("The cursor given as `after` does not belong to this subscription.")
        return sequence


def judge(user_id: int, events: Sequence[WatchEvent], ledger: Ledger) -> list[WatchProgress]:
    """How the contents of a batch stand after it, where that differs from before: one state for each content."""
    standing: dict[int, WatchProgress] = {}
    for event in sorted(_new(events, ledger.known_events), key=lambda e: e.observed_at):
        before = standing.get(event.content_id) or ledger.progress.get(event.content_id)
        observed_at = min(event.observed_at, ledger.now)
        ahead_in_batch = event.content_id in standing
        if before and (observed_at < before.observed_at or (observed_at == before.observed_at and not ahead_in_batch)):
            continue
        if before and before.completed and _near_start(event, before):
            continue
        standing[event.content_id] = _after(user_id, event, before, observed_at)
    numbered = enumerate(standing.values(), start=ledger.sequence + 1)
    return [dataclasses.replace(progress, sequence=sequence) for sequence, progress in numbered]


def _new(events: Sequence[WatchEvent], known: frozenset[UUID]) -> list[WatchEvent]:
    first = {event.event_id: event for event in reversed(events)}
    return [event for event_id, event in reversed(first.items()) if event_id not in known]


def _after(user_id: int, event: WatchEvent, before: WatchProgress | None, observed_at: datetime) -> WatchProgress:
    duration = event.duration_seconds or (before.duration_seconds if before else None)
    position = min(event.position_seconds, duration) if duration else event.position_seconds
    reached_end = duration is not None and position >= duration * _COMPLETED_SHARE
    return WatchProgress(
        id=before.id if before else 0,
        user_id=user_id,
        content_id=event.content_id,
        position_seconds=position,
        duration_seconds=duration,
        completed=reached_end if event.completed is None else event.completed,
        observed_at=observed_at,
        sequence=0,
    )


def _near_start(event: WatchEvent, before: WatchProgress) -> bool:
    if event.completed:
        return False
    duration = event.duration_seconds or before.duration_seconds or math.inf
    return event.position_seconds < min(_NEAR_START_SECONDS, duration * _NEAR_START_SHARE)


def _check(events: Sequence[WatchEvent]) -> None:
    with Problems("input", "events") as problems:
        if not 1 <= len(events) <= MOST_EVENTS:
            problems.add((), f"A batch has from 1 to {MOST_EVENTS} events, not {len(events)}.")
            return
        for index, event in enumerate(events):
            problems.number((str(index), "positionSeconds"), event.position_seconds, least=0, most=_LONGEST_SECONDS)
            if event.duration_seconds is not None:
                problems.number(
                    (str(index), "durationSeconds"), event.duration_seconds, least=0.1, most=_LONGEST_SECONDS
                )


def _check_against(events: Sequence[WatchEvent], ledger: Ledger) -> None:
    with Problems("input", "events") as problems:
        for index, event in enumerate(events):
            if event.observed_at < ledger.now - _OLDEST_EVENT:
                problems.add((str(index), "observedAt"), f"This is more than {_OLDEST_EVENT.days} days ago.")
    missing = [
        Problem(("input", "events", str(index), "contentId"), "There is no such content.")
        for index, event in enumerate(events)
        if event.content_id not in ledger.visible
    ]
    if missing:
        raise Refusal(RefusalCode.NOT_FOUND, "There is no such content.", missing)
