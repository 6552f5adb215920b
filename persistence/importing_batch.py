"""One batch of rows on its way into the database: what is decided of each, and what is still to be."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from domain.importing import Kind, Outcome, Reason, Row, Trust, Verdict
from persistence.database import Connection


@dataclass(frozen=True, slots=True)
class Found:
    """What an old id has become. A dry run has written nothing: what it would have has a number below 0."""

    new_id: int | None
    is_alive: bool


@dataclass(slots=True)
class Batch:
    """`system` is whose old ids these are. `found` has what is known of all that its rows refer to, `pairs` our ids of
    the person and the content of deeds, by their keys.
    """

    connection: Connection
    system: str
    kind: Kind
    rows: Sequence[Row]
    is_dry: bool
    trust: Trust
    found: dict[tuple[Kind, str], Found] = field(default_factory=dict)
    pairs: dict[str, tuple[int, int]] = field(default_factory=dict)
    _verdicts: dict[int, Verdict] = field(default_factory=dict)

    @property
    def left(self) -> Iterator[tuple[int, Row]]:
        """Rows that nothing is decided of, with their numbers."""
        return ((number, row) for number, row in enumerate(self.rows) if number not in self._verdicts)

    @property
    def verdicts(self) -> list[Verdict]:
        return [self._verdicts[number] for number in range(len(self.rows))]

    def end(self, number: int, outcome: Outcome) -> None:
        self._verdicts.setdefault(number, Verdict(outcome))

    def refuse(self, number: int, reason: Reason) -> None:
        """Every reason counts."""
        before = self._verdicts.get(number, Verdict(Outcome.REFUSED))
        self._verdicts[number] = Verdict(Outcome.REFUSED, (*before.reasons, reason))

    def new_id(self, kind: Kind, old_id: str) -> int:
        """Of something that is alive."""
        new_id = self.new_id_if_alive(kind, old_id)
        assert new_id is not None
        return new_id

    def new_id_if_alive(self, kind: Kind, old_id: str) -> int | None:
        found = self.found[kind, old_id]
        return found.new_id if found.is_alive else None
