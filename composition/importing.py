"""Everything of an import: files, the report, the database, and what a person at the terminal is told."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from domain.errors import CodedError
from domain.importing import Kind, Outcome, Tally, Trust, Unreadable
from integrations.import_files import ImportFile, files_in
from integrations.import_report import ImportReport
from jobs.importing import Import, check_headers
from persistence.importing import importing

_MOST_SHOWN = 20
_LONGEST_SYSTEM = 50


@dataclass(frozen=True, slots=True)
class Importing:
    """`paths` are files and folders; `system` is whose old ids they have."""

    paths: Sequence[Path]
    system: str
    report: Path
    trust: Trust
    is_dry: bool

    def files(self) -> list[ImportFile]:
        """All of them can be read, as far as can be told now. Raises Unreadable."""
        if not self.system.strip() or len(self.system) > _LONGEST_SYSTEM or not self.system.isprintable():
            raise Unreadable(f"The name of a system has from 1 to {_LONGEST_SYSTEM} characters.")
        files = files_in(self.paths, self.report)
        check_headers(files)
        return files

    async def work(self, dsn: str, files: Sequence[ImportFile], advance: Callable[[int], None]) -> Tally:
        """What became of the lines; `advance` hears how many bytes are done since the last time. `dsn` is past any
        PgBouncer. Raises Unreadable.
        """
        try:
            async with importing(dsn, self.system, self.trust, is_dry=self.is_dry) as store:
                # Not before: who waits for another import leaves that one's report alone.
                with ImportReport(self.report) as report:
                    whole = Import(files, store, report)
                    async for done in whole():
                        advance(done)
        except CodedError as error:
            raise Unreadable(error.message) from error
        return whole.tally

    def summary(self, tally: Tally) -> str:
        return "\n".join(summary(tally, self.report, is_dry=self.is_dry))


def summary(tally: Tally, report: Path, *, is_dry: bool) -> Iterator[str]:
    """How many lines of each kind had which end, and why lines were refused, what is most frequent first."""
    for kind in Kind:
        ends = [f"{tally.outcomes[kind, end]} {end.value}" for end in Outcome if (kind, end) in tally.outcomes]
        if ends:
            yield f"{kind.value}: {'; '.join(ends)}."
    if tally.admins:
        yield f"Of the people written {tally.admins} may do everything here: ADMIN."
    rules = sorted(tally.rules.items(), key=lambda rule: -rule[1])
    if rules:
        yield f"Why lines were refused; {report} names each:"
    for (kind, rule), count in rules[:_MOST_SHOWN]:
        yield f"  {count:>8} {kind.value}: {rule}"
    if len(rules) > _MOST_SHOWN:
        yield f"  and {len(rules) - _MOST_SHOWN} other reasons."
    if is_dry:
        yield "Nothing was written: this was a dry run."
