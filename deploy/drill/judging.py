"""Which promises a fault has broken."""

from collections.abc import Sequence
from dataclasses import dataclass

from deploy.drill.faults import Fault
from deploy.drill.needs import NEEDS, NEWS
from deploy.drill.records import Record, codes, first_good

LONGEST = 5.0  # seconds, for any answer
BACK_WITHIN = 10.0


@dataclass(frozen=True, slots=True)
class Span:
    """When a fault began, when its part was there again, and until when it was looked at."""

    began: float
    back: float
    until: float


@dataclass(frozen=True, slots=True)
class Row:
    """What the table says of a fault. `back` is in seconds, None where something did not come back."""

    fault: str
    requests: int
    answered: int
    codes: str
    slowest: float
    unanswered: int
    back: float | None
    broken: tuple[str, ...]


def judged(fault: Fault, span: Span, records: Sequence[Record], seen: Sequence[str] = ()) -> Row:
    """`records` are those of the span; `seen` is what else was seen to be broken."""
    answers = [record for record in records if record.kind not in NEWS]
    unanswered = [record for record in answers if record.outcome == "unanswered" and record.kind != "put"]
    back = back_after(fault, span, records)
    broken = [*seen, *_unclean(answers), *_late(fault, answers), *_failed_without_need(fault, span, answers)]
    if back is None:
        missing = sorted(set(NEEDS) - set(first_good(records, span.back)) - NEWS)
        broken.append(f"not back within {BACK_WITHIN:.0f} s: {', '.join(missing) or 'some'}")
    slowest = max((record.net for record in answers), default=0.0)
    answered = len(answers) - sum(record.outcome == "unanswered" for record in answers)
    return Row(fault.name, len(answers), answered, codes(answers), slowest, len(unanswered), back, tuple(broken))


def back_after(fault: Fault, span: Span, records: Sequence[Record]) -> float | None:
    """Seconds until every kind of request had a good answer; None while one has not, or it took too long."""
    found = first_good(records, span.back)
    times = [found.get(kind) for kind in NEEDS if kind not in NEWS]
    if None in times:
        return None
    longest = max(time for time in times if time is not None)
    return longest if longest <= BACK_WITHIN else None


def _unclean(answers: Sequence[Record]) -> list[str]:
    return [f"{record.kind}: unclean answer {record.code}" for record in answers if record.outcome == "unclean"]


def _late(fault: Fault, answers: Sequence[Record]) -> list[str]:
    """Who was stopped in the middle of an answer can go on only when it goes on itself."""
    longest = LONGEST + (fault.seconds if fault.breaks else 0)
    late = [record for record in answers if record.outcome != "unanswered" and record.net > longest]
    return [f"{record.kind}: answered after {record.net:.1f} s ({record.code or 'done'})" for record in late]


def _failed_without_need(fault: Fault, span: Span, answers: Sequence[Record]) -> list[str]:
    """What was asked while the part was away, does not need it, and failed all the same."""
    return [
        f"{record.kind}: {record.outcome} {record.code} at {record.at - span.began:+.1f} s"
        for record in answers
        if not (record.good or record.outcome == "unclean" or _is_excused(fault, record))
    ]


def _is_excused(fault: Fault, record: Record) -> bool:
    if record.outcome != "unanswered":
        return fault.part in NEEDS[record.kind]
    # Past the front there is nobody who knows another server, or another store.
    return fault.breaks or (bool(record.past) and fault.part in {"server-1", "server-2", "rolling", "store"})
