"""A server with an empty database, and imports into it."""

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from composition import Marquee
from composition.importing import Importing
from domain.importing import Kind, Outcome, Tally, Trust
from tests.api.conftest import api, base_url, client, home, marquee, password_hash, world  # noqa: F401

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "import"
WHEN = "2021-03-01T09:00:00+09:00"


@dataclass
class Imported:
    tally: Tally
    report: list[dict[str, Any]]

    @property
    def reasons(self) -> dict[tuple[str, int], list[str]]:
        return {(Path(line["file"]).name, line["line"]): line["reasons"] for line in self.report}

    def count(self, kind: Kind, outcome: Outcome) -> int:
        return self.tally.outcomes.get((kind, outcome), 0)

    @property
    def outcomes(self) -> dict[Outcome, int]:
        """Of all kinds together."""
        counts: dict[Outcome, int] = {}
        for (_, outcome), count in self.tally.outcomes.items():
            counts[outcome] = counts.get(outcome, 0) + count
        return counts


@dataclass
class Desk:
    """Where files are laid down and imported from."""

    folder: Path
    dsn: str

    def lay(self, name: str, *rows: Mapping[str, Any] | str | bytes) -> Path:
        """A file of these rows; what is no mapping is a line as it stands."""
        path = self.folder / name
        lines = [
            row if isinstance(row, bytes) else row.encode() if isinstance(row, str) else _line(row) for row in rows
        ]
        path.write_bytes(b"".join(line + b"\n" for line in lines))
        return path

    def lay_csv(self, name: str, rows: Sequence[Mapping[str, Any]]) -> Path:
        with (self.folder / name).open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)
        return self.folder / name

    async def take(
        self, *paths: Path, system: str = "old", dry: bool = False, join_unproven: bool = False, admins: bool = False
    ) -> Imported:
        report = self.folder / "import-report.jsonl"
        importing = Importing(paths or [self.folder], system, report, Trust(join_unproven, admins), is_dry=dry)
        tally = await importing.work(self.dsn, importing.files(), lambda _: None)
        return Imported(tally, [json.loads(line) for line in report.read_text().splitlines()])


def _line(row: Mapping[str, Any]) -> bytes:
    return json.dumps(row, ensure_ascii=False).encode()


@pytest.fixture
def desk(tmp_path: Path, marquee: Marquee, world: object) -> Desk:
    return Desk(tmp_path, marquee.settings.direct_dsn() or marquee.database.dsn)


TABLES = (
    *("corporations", "users", "contents", "genres", "content_genres", "video_assets", "view_logs", "point_entries"),
    *("content_likes", "reviews", "watch_progress", "progress_counters", "progress_changes", "title_terms"),
    *("content_terms", "content_titles", "imported", "imported_deeds", "notifications", "fan_outs"),
)


@pytest.fixture
def everything(world: Any) -> Callable[[], Any]:
    """What stands in the database, to be compared."""

    async def read() -> dict[str, list[Any]]:
        return {table: sorted(map(repr, await world.rows(f"select * from {table}"))) for table in TABLES}

    return read
