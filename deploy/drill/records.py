"""What the load has told, and what can be asked of it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

_FAIR_SHARE = 0.04


@dataclass(frozen=True, slots=True)
class Record:
    """One answer. Moments are of time.monotonic(), which all processes share; all is in seconds. `late` is what we
    ourselves were late meanwhile, `past` the server where it was asked past the front.
    """

    kind: str
    at: float
    took: float
    late: float
    outcome: str
    code: str
    good: bool
    past: str

    @property
    def ended(self) -> float:
        return self.at + self.took

    @property
    def net(self) -> float:
        return max(0.0, self.took - self.late)

    @property
    def is_fair(self) -> bool:
        """Whether the machine had time for all of us. Where we came late ourselves, so did everybody on the way, and
        how long an answer took says nothing of the servers.
        """
        return self.late < _FAIR_SHARE * self.took


@dataclass(slots=True)
class Records:
    answers: list[Record] = field(default_factory=list)
    claims: list[dict[str, Any]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    lost: list[dict[str, Any]] = field(default_factory=list)
    followed: list[dict[str, Any]] = field(default_factory=list)
    began: bool = False
    ended: bool = False

    def take(self, line: dict[str, Any]) -> None:
        if "kind" in line:
            self.answers.append(Record(**line))
        elif "claim" in line:
            self.claims.append(line)
        elif "broken" in line:
            self.broken.append(line["broken"])
        elif "lost" in line:
            self.lost.append(line)
        elif "followed" in line:
            self.followed.append(line)
        self.began |= "began" in line
        self.ended |= "ended" in line

    def between(self, since: float, until: float) -> list[Record]:
        """What was in the hands of the servers at some time between."""
        return [record for record in self.answers if record.at < until and record.ended > since]

    def claims_about(self, about: str) -> list[dict[str, Any]]:
        return [claim for claim in self.claims if claim["claim"] == about]


def slowest(records: Iterable[Record], kind: str) -> str:
    """How many there were of a kind, and how long the slowest took."""
    times = [record.took for record in records if record.kind == kind]
    return f"{len(times)}, the slowest after {max(times, default=0.0):.1f} s"


def first_good(records: Iterable[Record], since: float) -> dict[str, float]:
    """By kind, after how many seconds a good answer was there that was asked for since then."""
    found: dict[str, float] = {}
    for record in sorted(records, key=lambda record: record.ended):
        if record.good and record.at >= since:
            found.setdefault(record.kind, record.ended - since)
    return found


def codes(records: Sequence[Record]) -> str:
    counted = Counter(record.code for record in records if record.outcome == "error" and not record.good)
    return " ".join(f"{code}×{count}" for code, count in counted.most_common()) or "-"
