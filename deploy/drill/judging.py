"""Which promises a fault has broken."""

from collections.abc import Sequence
from dataclasses import dataclass

from deploy.drill.faults import Fault
from deploy.drill.needs import NEEDS, NEWS
from deploy.drill.records import Record, codes, first_good

LONGEST = 5.0  # seconds, for any answer
# What asks for passwords waits for its turn to have one looked at (web/deadline.py), a film for its store (B7), and an
# upload past us for whatever comes.
_LONGER = {"register": 15.0, "login": 15.0, "wrong login": 15.0, "stream": 10.0, "put": 60.0}
_ALLOWANCE = 0.25  # seconds that an answer may need from the server's hands to ours, on two busy cores
BACK_WITHIN = 10.0
# Where the machine is so busy that even our own clocks come late, for what takes its time.
_UNFAIR = 2.0
_MOMENT = 0.5
# A front that takes a new configuration hangs up idle connections, and a request may cross with that (RFC 9112, 9.5).
# What reached a server and was lost there, the front tells by an answer; an answer that is cut has another code.
_CROSSED = {"ReadError", "RemoteProtocolError"}
# That is rare; what happens more often has another cause.
_MOST_CROSSED = 5
# An operation that is given up is given up after so long.
_GIVEN_UP = 4.0


@dataclass(frozen=True, slots=True)
class Span:
    """When a fault began, when its part was there again, and until when it was looked at."""

    began: float
    back: float
    until: float


@dataclass(frozen=True, slots=True)
class Row:
    """What the table says of a fault. `back` is in seconds, None where something did not come back. `doubts` would be
    broken promises, had the machine had time for all of us.
    """

    fault: str
    requests: int
    answered: int
    codes: str
    slowest: float
    unanswered: int
    back: float | None
    broken: tuple[str, ...]
    doubts: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        return "broken" if self.broken else "in doubt" if self.doubts else "kept"


def judged(fault: Fault, span: Span, records: Sequence[Record], seen: Sequence[str] = ()) -> Row:
    """`records` are those of the span; `seen` is what else was seen to be broken."""
    answers = [record for record in records if record.kind not in NEWS]
    judging = [*_late(fault, answers), *_failed_without_need(fault, span, answers), *_late_news(fault, records)]
    back = back_after(span, records)
    broken = [*seen, *_unclean(answers), *_hung_up_on(fault, answers), *(told for told, sure in judging if sure)]
    if back is None:
        missing = sorted(set(NEEDS) - set(first_good(records, span.back)) - NEWS)
        broken.append(f"not back within {BACK_WITHIN:.0f} s: {', '.join(missing) or 'some'}")
    unanswered = sum(record.outcome == "unanswered" for record in answers)
    return Row(
        fault.name,
        len(answers),
        len(answers) - unanswered,
        codes(answers),
        max((record.net for record in answers if record.kind not in _LONGER), default=0.0),
        unanswered,
        back,
        tuple(broken),
        tuple(told for told, sure in judging if not sure),
    )


def back_after(span: Span, records: Sequence[Record]) -> float | None:
    """Seconds until every kind of request had a good answer; None while one has not, or it took too long."""
    found = first_good(records, span.back)
    times = [found.get(kind) for kind in NEEDS if kind not in NEWS]
    if None in times:
        return None
    longest = max(time for time in times if time is not None)
    return longest if longest <= BACK_WITHIN * _slack(records) else None


def _slack(records: Sequence[Record]) -> float:
    slow = [record for record in records if record.took > 1]
    return _UNFAIR if any(not record.is_fair for record in slow) else 1.0


def _unclean(answers: Sequence[Record]) -> list[str]:
    return [f"{record.kind}: unclean answer {record.code}" for record in answers if record.outcome == "unclean"]


def _hung_up_on(fault: Fault, answers: Sequence[Record]) -> list[str]:
    crossed = sum(_has_crossed(fault, record) for record in answers)
    return [f"{crossed} requests were hung up on"] if crossed > _MOST_CROSSED else []


def _has_crossed(fault: Fault, record: Record) -> bool:
    return fault.part == "rolling" and record.code in _CROSSED and record.took < _MOMENT and not record.past


def _late(fault: Fault, answers: Sequence[Record]) -> list[tuple[str, bool]]:
    """Each with whether it is sure. Who was stopped in the middle of an answer goes on only when let."""
    more = _ALLOWANCE + (fault.seconds if fault.breaks else 0)
    return [
        (f"{record.kind}: answered after {record.net:.1f} s ({record.code or 'done'})", record.is_fair)
        for record in answers
        if record.outcome != "unanswered" and record.net > _LONGER.get(record.kind, LONGEST) + more
    ]


def _late_news(fault: Fault, records: Sequence[Record]) -> list[tuple[str, bool]]:
    """Where the line by which servers hear of each other was well, and so were all servers."""
    return [
        (f"{record.kind}: arrived after {record.net:.1f} s", record.is_fair)
        for record in records
        if record.kind in NEWS and record.net > LONGEST + _ALLOWANCE
        if not (fault.breaks or fault.part in NEEDS[record.kind])
    ]


def _failed_without_need(fault: Fault, span: Span, answers: Sequence[Record]) -> list[tuple[str, bool]]:
    """What does not need the part, and failed all the same: each with whether it is sure."""
    return [
        (
            f"{record.kind}: {record.outcome} {record.code} at {record.at - span.began:+.1f} for {record.took:.1f} s",
            record.is_fair or record.took < _GIVEN_UP,
        )
        for record in answers
        if not (record.good or record.outcome == "unclean" or _is_excused(fault, span, record))
    ]


def _is_excused(fault: Fault, span: Span, record: Record) -> bool:
    if record.outcome != "unanswered":
        was_stopped = fault.breaks and record.at < span.back <= record.ended + _MOMENT
        return fault.part in NEEDS[record.kind] or was_stopped
    if _has_crossed(fault, record):
        return True
    # Past the front there is nobody who knows another server, or another store.
    return fault.breaks or (bool(record.past) and fault.part in {"server-1", "server-2", "rolling", "store"})
