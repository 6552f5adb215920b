"""What may stand in a cell of an imported line. Cells of CSV are all text; those of JSON have their own types."""

import enum
import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TypeAlias

from domain.media import is_safe_key
from domain.registration import normal_email
from domain.validation import Problems, has_control_characters

# Takes a cell that is not empty; adds a problem where it cannot be read, and then answers anything.
Reader: TypeAlias = Callable[[Problems, str, object], object]

LONGEST_ID = 200
_EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
# As older systems wrote them. What would take seconds to compare with a password would hold up everybody's sign-in.
_BCRYPT = re.compile(r"\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}")
_LEAST_COST, _MOST_COST = 4, 15
_YES_NO = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d{1,3})?")


def old_id(problems: Problems, name: str, value: object) -> object:
    """Of an older system: a whole number or a text."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        problems.add(name, "This must be an id: a whole number or a text.")
        return ""
    written = str(value).strip()
    if written.isalnum() and len(written) <= LONGEST_ID:  # as most are; the rest takes ten times as long
        return written
    if not written or len(written) > LONGEST_ID or has_control_characters(written):
        problems.add(name, f"An id has from 1 to {LONGEST_ID} characters, none of them a control character.")
    return written


def text(longest: int, *, required: bool = False, lines: bool = False) -> Reader:
    def read(problems: Problems, name: str, value: object) -> object:
        if not isinstance(value, str):
            problems.add(name, "This must be text.")
            return None
        return problems.text(name, value, longest=longest, required=required, lines=lines) or None

    return read


def texts(problems: Problems, name: str, value: object) -> object:
    """A list; in CSV, with | between. Each entry is checked by whoever knows what it is."""
    parts = value.split("|") if isinstance(value, str) else value
    if not isinstance(parts, Sequence) or not all(isinstance(part, str) for part in parts):
        problems.add(name, "This must be a list of texts; in CSV, with | between them.")
        return []
    return [part for part in parts if part.strip()]


def ids(problems: Problems, name: str, value: object) -> object:
    parts = value.split("|") if isinstance(value, str) else value
    if not isinstance(parts, Sequence):
        problems.add(name, "This must be a list of ids; in CSV, with | between them.")
        return []
    return list(dict.fromkeys(old_id(problems, name, part) for part in parts if part != ""))


def number(least: float, most: float) -> Reader:
    def read(problems: Problems, name: str, value: object) -> object:
        if isinstance(value, str) and len(value) < 50 and _NUMBER.fullmatch(value.strip()):
            value = float(value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            value = math.nan
        problems.number(name, value, least=least, most=most)
        return float(value) if least <= value <= most else None

    return read


def whole(least: int, most: int) -> Reader:
    read_number = number(least, most)

    def read(problems: Problems, name: str, value: object) -> object:
        found = read_number(problems, name, value)
        if not isinstance(found, float) or found.is_integer():
            return found if found is None else int(found)  # type: ignore[call-overload]
        problems.add(name, f"This must be a whole number from {least} to {most}.")
        return None

    return read


def moment(problems: Problems, name: str, value: object) -> object:
    """By ISO 8601, with the zone."""
    try:
        found = datetime.fromisoformat(value.strip()) if isinstance(value, str) else None
        if found is not None and found.tzinfo is not None and found.astimezone(UTC) >= _EARLIEST:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        found = None
    if found is not None and found.tzinfo is None:
        problems.add(name, "This moment has no time zone. Write Z or an offset behind it, as in 2026-11-21T09:00:00Z.")
    else:
        problems.add(name, "This must be a moment from 1900 on, written as in 2026-11-21T09:00:00+09:00.")
    return None


def day(problems: Problems, name: str, value: object) -> object:
    try:
        return date.fromisoformat(value.strip() if isinstance(value, str) else "")
    except ValueError:
        problems.add(name, "This must be a day, written as in 2026-11-21.")
        return None


def yes_no(problems: Problems, name: str, value: object) -> object:
    found = value if isinstance(value, bool) else _YES_NO.get(str(value).strip().lower())
    if found is None:
        problems.add(name, "This must be true or false.")
    return found


def choice(of: type[enum.Enum], others: Mapping[str, enum.Enum] | None = None) -> Reader:
    """A member of an enum by its value, in any case, or by another word for it."""
    members = {str(member.value): member for member in of} | dict(others or {})

    def read(problems: Problems, name: str, value: object) -> object:
        found = members.get(value.strip().upper()) if isinstance(value, str) else None
        if found is None:
            problems.add(name, f"This must be one of {', '.join(members)}.")
        return found

    return read


def email(problems: Problems, name: str, value: object) -> object:
    return normal_email(problems, name, value if isinstance(value, str) else "")


def bcrypt(problems: Problems, name: str, value: object) -> object:
    """Nothing of the hash itself is told."""
    found = _BCRYPT.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        problems.add(name, "This is not a bcrypt hash. Leave it empty; the person then signs in in another way.")
        return None
    if not _LEAST_COST <= int(found[1]) <= _MOST_COST:
        problems.add(name, f"A bcrypt hash of a cost above {_MOST_COST} or below {_LEAST_COST} is not taken.")
    return found[0]


def key(problems: Problems, name: str, value: object) -> object:
    """Of the object store."""
    if not isinstance(value, str) or has_control_characters(value) or not is_safe_key(value):
        problems.add(name, "This is no key: it climbs, hides, or has characters that cannot be stored.")
        return None
    return value
