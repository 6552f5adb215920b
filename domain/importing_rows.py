"""From lines to rows: every cell read, every rule asked, and all that is wrong told at once."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from domain.errors import Problem, Refusal
from domain.importing import APART, Kind, Line, Place, Reason, Reference, RefusedLine, Row, sealed
from domain.importing_forms import FORMS, Form
from domain.validation import Problems

# Columns that begin so are somebody's own, and not read.
_OWN = "_"
_EMPTY: tuple[object, ...] = (None, "", [])


def row_of(kind: Kind, line: Line, now: datetime) -> Row | RefusedLine:
    """`now` is the database's; what is left out of some columns is that."""
    fields = line.fields
    if isinstance(fields, Reason):
        return RefusedLine(line.place, None, (fields,))
    form = FORMS[kind]
    shown = _shown_id(fields.get("id"))
    try:
        with Problems() as problems:
            values = _read(problems, form, fields)
            seal = sealed({name: value for name, value in values.items() if name != "id" or "id" in form.key})
            problems.raise_if_any()
            form.settle(values, problems, now)
    except Refusal as refusal:
        return RefusedLine(line.place, shown, tuple(map(_reason, refusal.refused.problems)))
    return _row(line.place, form, values, seal, shown)


def header_problems(kind: Kind, names: Sequence[str]) -> list[str]:
    """What is wrong with the names of a file's columns."""
    form = FORMS[kind]
    unknown = [name for name in names if name not in form.columns and not name.startswith(_OWN)]
    missing = [name for name, column in form.columns.items() if column.required and name not in names]
    doubled = sorted({name for name in names if names.count(name) > 1})
    said = {"There are no such columns": unknown, "These columns are missing": missing, "These come twice": doubled}
    problems = [f"{what}: {', '.join(which)}." for what, which in said.items() if which]
    return [*problems, f"Columns of {kind.value} are {', '.join(form.columns)}."] if problems else []


def _read(problems: Problems, form: Form, fields: Mapping[str, object]) -> dict[str, Any]:
    for name in fields:
        if name not in form.columns and not name.startswith(_OWN):
            problems.add(name[:50], "There is no such column.")
    values: dict[str, Any] = {}
    for name, column in form.columns.items():
        given = fields.get(name)
        if given in _EMPTY or (isinstance(given, str) and not given.strip()):
            values[name] = None
            if column.required:
                problems.add(name, "This must not be empty.")
        else:
            values[name] = column.read(problems, name, given)
    return values


def _row(place: Place, form: Form, values: dict[str, Any], seal: bytes, shown: str | None) -> Row:
    references = [
        Reference(name, column.refers_to, written, column.required)
        for name, column in form.columns.items()
        if column.refers_to
        for written in _listed(values[name])
    ]
    claims = []
    for columns in form.claims if values.get("deleted_at") is None else ():
        parts = [values[name] for name in columns]
        if None not in parts:
            claims.append((" and ".join(columns), APART.join(str(part).lower() for part in parts)))
    key = APART.join(values[name] for name in form.key)
    return Row(place, key, values, references, claims, seal, shown)


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _shown_id(value: object) -> str | None:
    """What a report calls the line by; whatever it is, not much of it."""
    return str(value)[:100] if isinstance(value, int | str) and value != "" else None


def _reason(problem: Problem) -> Reason:
    """The column is the first part of the path: the rest counts entries of a list."""
    return Reason(problem.field[0] if problem.field else None, problem.message)
