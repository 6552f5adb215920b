"""How a batch of watch events is judged: which of them count, and how the contents that they name stand after it."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from domain.errors import Problem, Refusal, RefusalCode
from domain.validation import Problems

MOST_EVENTS = 100
LONGEST_SECONDS = 100 * 3600
_OLDEST_EVENT = timedelta(days=30)
# Whoever got this far has seen it, even where the player did not say so.
_COMPLETED_SHARE = 0.95
# A player that starts by itself reports its first seconds; that much does not undo a finished view.
_NEAR_START_SECONDS = 30.0
_NEAR_START_SHARE = 0.05


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
class WatchEvent:
    """What a player reports. `completed` is None where it leaves the judgement to us."""

    event_id: UUID
    content_id: int
    position_seconds: float
    duration_seconds: float | None
    completed: bool | None
    observed_at: datetime


@dataclass(frozen=True, slots=True)
class Report:
    """The batch of events of one call."""

    user_id: int
    events: Sequence[WatchEvent]


@dataclass(frozen=True, slots=True)
class Ledger:
    """What must be known to judge a batch: read under the lock of this person's counter, so nothing moves meanwhile."""

    sequence: int
    now: datetime
    visible: frozenset[int]
    known_events: frozenset[UUID]
    progress: Mapping[int, WatchProgress]


class Books:
    """The ledgers of a group of reports, which are entered one after another."""

    def __init__(self, ledgers: Mapping[int, Ledger]) -> None:
        self._ledgers = dict(ledgers)
        self.entered: list[Report] = []
        self.changed: list[WatchProgress] = []

    def enter(self, report: Report) -> list[WatchProgress] | Refusal | None:
        """How each content that it names stands after it, as yet without the ids of new rows; or why none of it counts,
        which leaves no trace. None without a ledger.
        """
        ledger = self._ledgers.get(report.user_id)
        if ledger is None:
            return None
        try:
            _check_against(report.events, ledger)
        except Refusal as refusal:
            return refusal
        changed = judge(report.user_id, report.events, ledger)
        self.entered.append(report)
        self.changed += changed
        self._ledgers[report.user_id] = after = _after_report(report, changed, ledger)
        # Nothing stands of a content that only repeats name: an event id that came back with another content.
        mentioned = dict.fromkeys(event.content_id for event in report.events)
        return [after.progress[content_id] for content_id in mentioned if content_id in after.progress]

    @property
    def unused(self) -> list[int]:
        """Whose counters count nothing."""
        return [user_id for user_id, ledger in self._ledgers.items() if ledger.sequence == 0]


def _after_report(report: Report, changed: Sequence[WatchProgress], ledger: Ledger) -> Ledger:
    """What the next report of this person is judged by: a moment later."""
    return Ledger(
        ledger.sequence + len(changed),
        ledger.now + timedelta(microseconds=1),
        ledger.visible,
        ledger.known_events.union(event.event_id for event in report.events),
        {**ledger.progress, **{progress.content_id: progress for progress in changed}},
    )


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


def check(events: Sequence[WatchEvent]) -> None:
    with Problems("input", "events") as problems:
        if not 1 <= len(events) <= MOST_EVENTS:
            problems.add((), f"A batch has from 1 to {MOST_EVENTS} events, not {len(events)}.")
            return
        for index, event in enumerate(events):
            problems.number((str(index), "positionSeconds"), event.position_seconds, least=0, most=LONGEST_SECONDS)
            if event.duration_seconds is not None:
                problems.number(
                    (str(index), "durationSeconds"), event.duration_seconds, least=0.1, most=LONGEST_SECONDS
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
