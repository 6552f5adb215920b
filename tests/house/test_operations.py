"""What docs/operations.md names is there: events of the log with their fields, settings, commands, files, links."""

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from persistence.migrate import configuration
from server import cli
from settings import Settings

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text()
ROOMS = ("composition", "domain", "integrations", "jobs", "migrations", "persistence", "resolvers", "web")
LEVELS = {"debug", "info", "warning", "error", "exception"}
# What each line may have beside its own fields: docs/metrics.md.
ALWAYS = {"event", "level", "timestamp"}
BELONGS = {"request_id", "socket_id", "job", "run_id", "trace_id"}
# Of others, or of the shell's own in the commands.
NO_SETTINGS = {"BACKUP", "NEW_NAME", "NEW_DATABASE_URL", "NEW_MEDIA_ROOT", "ON_ERROR_STOP"}
# What else stands in such quotes: settings of Prometheus and PostgreSQL, a topic, severities.
NO_EVENTS = (
    ALWAYS
    | BELONGS
    | {
        *(
            "honor_labels",
            "lock_timeout",
            "recovery_target_time",
            "archive_command",
            "pg_dump",
            "push",
            "page",
            "ticket",
        ),
        *("drop", "after"),
    }
)
# Of answers.
CODES = {"RATE_LIMITED", "SEARCH_UNAVAILABLE", "UPSTREAM_FAILED"}


def is_of_log(called: ast.expr, others: set[str]) -> bool:
    """`_log.info`, `structlog.get_logger(...).info`, or a name that one of these was given before."""
    if isinstance(called, ast.Name):
        return called.id in others
    return isinstance(called, ast.Attribute) and called.attr in LEVELS and "log" in ast.unparse(called.value)


def names_of_log(tree: ast.Module) -> set[str]:
    """As in `tell = log.debug if ... else log.info`."""
    given = (node for node in ast.walk(tree) if isinstance(node, ast.Assign) and isinstance(node.value, ast.IfExp))
    return {ast.unparse(one.targets[0]) for one in given if is_of_log(one.value.body, set())}  # type: ignore[attr-defined]


def logged(path: Path) -> Iterator[tuple[str, set[str]]]:
    """Every event that a file writes, and its fields."""
    tree = ast.parse(path.read_text())
    others = names_of_log(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and is_of_log(node.func, others):
            fields = {keyword.arg for keyword in node.keywords if keyword.arg}
            for said in ast.walk(node.args[0]):
                if isinstance(said, ast.Constant) and isinstance(said.value, str):
                    yield said.value, fields


@cache
def events() -> dict[str, set[str]]:
    """All fields of each event, wherever it is written."""
    found: dict[str, set[str]] = {}
    for path in [ROOT / "server.py", *(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))]:
        for event, fields in logged(path):
            found.setdefault(event, set()).update(fields)
    return found


def told(text: str) -> Iterator[tuple[str, set[str]]]:
    """Events as the table names them: `event: field, field`."""
    for event, fields in re.findall(r"`([a-z_]+)(?:: ([a-z_, ]+))?`", text):
        yield event, set(fields.split(", ")) if fields else set()


def section(heading: str) -> str:
    return PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def table() -> list[list[str]]:
    lines = [line for line in section("Ten things that go wrong").splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def quoted() -> list[dict[str, object]]:
    lines = re.findall(r"^    \d+  (\{.*\})$", section("Ten things that go wrong"), re.MULTILINE)
    return [json.loads(line) for line in lines]


def test_there_are_ten_and_each_says_all() -> None:
    rows = table()
    assert [row[0] for row in rows] == [str(number) for number in range(1, 11)]
    assert all(len(row) == 5 and all(row) for row in rows), [len(row) for row in rows]


@pytest.mark.parametrize("row", table(), ids=lambda row: row[0])
def test_every_event_is_written_with_these_fields(row: list[str]) -> None:
    named = list(told(row[2]))
    assert named or "no event" in row[2]
    for event, fields in named:
        assert event in events(), event
        assert fields <= events()[event] | {"traceback"}, (event, fields - events()[event])


def test_every_event_elsewhere_on_the_page_is_written() -> None:
    outside = PAGE.replace(section("Ten things that go wrong"), "")
    words = set(re.findall(r"`([a-z]+(?:_[a-z]+)*)`", outside))
    assert {"cut", "migration_waits", "key_unreadable", "not_opened", "waits", "stranger_failed"} <= words
    assert words - NO_EVENTS <= events().keys(), words - NO_EVENTS - events().keys()


def test_the_lines_that_are_quoted_are_of_this_form() -> None:
    assert len(quoted()) >= 8
    for line in quoted():
        own = line.keys() - ALWAYS - BELONGS
        assert line.keys() >= ALWAYS
        assert own <= events()[str(line["event"])], line
        assert str(line["event"]) in section("Ten things that go wrong").partition("What they said")[0]


def test_every_setting_is_one() -> None:
    names = set(re.findall(r"\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b", PAGE)) - NO_SETTINGS - CODES
    known = {name.upper() for name in Settings.model_fields}
    assert names <= known, names - known
    assert {"SESSION_SECRET", "ENCRYPTION_KEYS", "METRICS_TOKEN", "MEDIA_ROOT", "DATABASE_DIRECT_URL"} <= names


def test_every_command_is_one_and_those_for_people_are_there() -> None:
    known = {
        command.name or command.callback.__name__.replace("_", "-")
        for command in cli.registered_commands
        if command.callback
    }
    named = set(re.findall(r"server\.py ([a-z-]+)", PAGE))
    assert named <= known, named - known
    assert known - named == {"serve", "seed", "export-schema"}, "what is for developers stands in the README"


def test_every_file_and_link_is_there() -> None:
    linked = re.findall(r"\]\(([^)#]+)\)", PAGE)
    assert linked
    assert [name for name in linked if not (ROOT / "docs" / name).exists()] == []
    files = re.findall(r"`([a-z-]+\.(?:yaml|json))`", PAGE)
    assert [name for name in files if not (ROOT / "deploy" / "grafana" / name).exists()] == []


def test_the_way_back_leads_to_the_revision_before_the_newest() -> None:
    (newest,) = ScriptDirectory.from_config(configuration("")).get_revisions("head")
    assert newest is not None
    assert f"'{newest.down_revision}')" in PAGE
