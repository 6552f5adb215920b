"""Importing what an older system wrote out: lines of files become rows, and each row has an end that is told."""

import enum
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from domain.users import Role


class Kind(enum.Enum):
    """What a file is of, by the beginning of its name. In the order of importing: what is referred to comes first."""

    CORPORATIONS = "corporations"
    GENRES = "genres"
    PEOPLE = "people"
    CONTENTS = "contents"
    VIDEO_ASSETS = "video_assets"
    VIEW_LOGS = "view_logs"
    LIKES = "likes"
    REVIEWS = "reviews"
    WATCH_PROGRESS = "watch_progress"

    # Each is one object. By their names, as enums do it, hashing takes ten times as long, and every line is looked up.
    __hash__ = object.__hash__


# What a person does with a content: known by the two of them, once for each.
DEEDS = frozenset({Kind.VIEW_LOGS, Kind.LIKES, Kind.REVIEWS, Kind.WATCH_PROGRESS})
# What keys are put together with; no id can have it.
APART = "\t"
# How errors call one of each kind.
NOUNS = {
    Kind.CORPORATIONS: "company",
    Kind.GENRES: "genre",
    Kind.PEOPLE: "person",
    Kind.CONTENTS: "content",
    Kind.VIDEO_ASSETS: "video file",
    Kind.VIEW_LOGS: "view log",
    Kind.LIKES: "like",
    Kind.REVIEWS: "review",
    Kind.WATCH_PROGRESS: "watch progress",
}


class Outcome(enum.Enum):
    """`JOINED`: it was here already, though not by an import of this system; nothing of it is changed. `DIFFERENT`: it
    was imported before, when its line said something else; nothing of it is changed either. `GONE`: it, or what it
    belongs to, was deleted, here or over there.
    """

    WRITTEN = "written"
    JOINED = "here already, and joined to it"
    KNOWN = "imported before"
    DIFFERENT = "imported before from a line that said something else; not changed"
    GONE = "of something deleted; left out"
    REFUSED = "refused"

    __hash__ = object.__hash__


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a line is refused. `column` is None where it is about the whole line; `detail` tells this line from others
    that are refused for the same.
    """

    column: str | None
    message: str
    detail: str = ""

    @property
    def rule(self) -> str:
        return f"{self.column}: {self.message}" if self.column else self.message

    def __str__(self) -> str:
        return f"{self.rule} ({self.detail})" if self.detail else self.rule


@dataclass(frozen=True, slots=True)
class Place:
    """`file` is the path as it was given, which no other file of an import has. `line` counts from 1, the line with
    the names of the columns too.
    """

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Line:
    """What stands in a line, by the names of its columns; or why that cannot be read. `end` is the byte behind it."""

    place: Place
    end: int
    fields: Mapping[str, object] | Reason


@dataclass(frozen=True, slots=True)
class Reference:
    """That a column names something of that kind by its old id. Of one that is not `required` nothing is left where
    what it names was deleted here.
    """

    column: str
    kind: Kind
    old_id: str
    required: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A line that is in order by itself. `claims` are what none but it may have, each as what it is and its value."""

    place: Place
    key: str
    values: Mapping[str, Any]
    references: Sequence[Reference]
    claims: Sequence[tuple[str, str]]
    seal: bytes
    old_id: str | None

    @property
    def is_admin(self) -> bool:
        return self.values.get("role") is Role.ADMIN


@dataclass(frozen=True, slots=True)
class Verdict:
    outcome: Outcome
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class RefusedLine:
    place: Place
    old_id: str | None
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Trust:
    """What is believed of files only where somebody says so. `join_unproven`: that people here own their e-mail
    addresses, which nobody has asked them to prove. `admins`: that these people shall be admins here.
    """

    join_unproven: bool = False
    admins: bool = False


_MOST_RULES = 500


@dataclass(slots=True)
class Tally:
    """How many lines of each kind had which end, for which rules lines were refused, and how many ADMINs were made."""

    admins: int = 0
    outcomes: dict[tuple[Kind, Outcome], int] = field(default_factory=dict)
    rules: dict[tuple[Kind, str], int] = field(default_factory=dict)

    def count(self, kind: Kind, verdict: Verdict, row: Row | None) -> None:
        """`row` is None where the line could not be read."""
        one = (kind, verdict.outcome)
        self.outcomes[one] = self.outcomes.get(one, 0) + 1
        self.admins += verdict.outcome is Outcome.WRITTEN and row is not None and row.is_admin
        for reason in verdict.reasons:
            rule = (kind, reason.rule)
            if rule not in self.rules and len(self.rules) >= _MOST_RULES:
                rule = (kind, "for other reasons")
            self.rules[rule] = self.rules.get(rule, 0) + 1

    @property
    def refused(self) -> int:
        return sum(count for (_, outcome), count in self.outcomes.items() if outcome is Outcome.REFUSED)


class SourceFile(Protocol):
    """A file of one kind. Opening it again reads it from the beginning."""

    @property
    def name(self) -> str:
        """No other file of an import has it."""

    @property
    def kind(self) -> Kind: ...

    @property
    def size_bytes(self) -> int: ...

    def header(self) -> Sequence[str] | None:
        """The names of its columns, where the file says them once. Raises Unreadable."""

    def lines(self) -> Iterator[Line]:
        """Raises Unreadable."""


class Unreadable(Exception):
    """Files that cannot be imported as they are, or not any further."""


class ImportStore(Protocol):
    """Of one import into one database."""

    async def now(self) -> datetime:
        """By the database's clock. Raises Unavailable."""

    async def take(self, kind: Kind, rows: Sequence[Row]) -> list[Verdict]:
        """All that can be of these rows, in one transaction, in their order. Raises Unavailable."""

    async def finish(self) -> None:
        """After the last row: all that was taken is there for good. Raises Unavailable."""


class Report(Protocol):
    def refuse(self, line: RefusedLine) -> None: ...


def sealed(values: Mapping[str, object]) -> bytes:
    """Tells whether two lines say the same."""
    said = repr(sorted((name, str(value)) for name, value in values.items() if value is not None))
    return hashlib.blake2b(said.encode(errors="replace"), digest_size=12).digest()
