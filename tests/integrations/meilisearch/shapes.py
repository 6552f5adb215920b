"""What a body or a query may hold, refused in the words of deserr, which the real engine parses with."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from tests.integrations.meilisearch.errors import Refusal

# A check takes a value, where it was found and the code to refuse it with; it returns what was meant.
Check = Callable[[Any, str, str], Any]

_UID = re.compile(r"[A-Za-z0-9_-]{1,400}", re.ASCII)


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int():
            return "a positive integer" if value >= 0 else "a negative integer"
        case float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "an array"
    return "an object"


def _place(at: str, word: str = "at") -> str:
    return f" {word} `{at}`" if at else ""


def wrong_type(value: Any, at: str, code: str, expected: str) -> Refusal:
    shown = "" if value is None else f": `{orjson.dumps(value).decode()}`"
    return Refusal(code, f"Invalid value type{_place(at)}: expected {expected}, but found {_kind(value)}{shown}")


def wrong_value(at: str, code: str, message: str) -> Refusal:
    return Refusal(code, f"Invalid value{_place(at)}: {message}")


def anything(value: Any, at: str, code: str) -> Any:
    return value


def string(value: Any, at: str, code: str) -> str:
    if not isinstance(value, str):
        raise wrong_type(value, at, code, "a string")
    return value


def boolean(value: Any, at: str, code: str) -> bool:
    if not isinstance(value, bool):
        raise wrong_type(value, at, code, "a boolean")
    return value


def number(value: Any, at: str, code: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong_type(value, at, code, "a number")
    return float(value)


def natural(value: Any, at: str, code: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise wrong_type(value, at, code, "a positive integer")
    return value


def byte(value: Any, at: str, code: str) -> int:
    if natural(value, at, code) > 255:
        expected = "value: `{0}` is too large to be deserialized, maximum value authorized is `255`"
        raise wrong_value(at, code, expected.format(value))
    return int(value)


def optional(check: Check) -> Check:
    return lambda value, at, code: None if value is None else check(value, at, code)


def one_of(*names: str) -> Check:
    def check(value: Any, at: str, code: str) -> str:
        if string(value, at, code) not in names:
            listed = ", ".join(f"`{name}`" for name in names)
            raise Refusal(code, f"Unknown value `{value}`{_place(at)}: expected one of {listed}")
        return str(value)

    return check


def list_of(check: Check) -> Check:
    def checked(value: Any, at: str, code: str) -> list[Any]:
        if not isinstance(value, list):
            raise wrong_type(value, at, code, "an array")
        return [check(one, f"{at}[{place}]", code) for place, one in enumerate(value)]

    return checked


def map_of(check: Check) -> Check:
    def checked(value: Any, at: str, code: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise wrong_type(value, at, code, "an object")
        return {name: check(one, f"{at}.{name}", code) for name, one in value.items()}

    return checked


def fields(
    value: Any,
    known: Mapping[str, tuple[str | None, Check]],
    at: str = "",
    code: str = "bad_request",
    required: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """An object with these fields and no other. Each has its own code, or None for its parent's; `required` has the
    code to say what is missing with.
    """
    if not isinstance(value, dict):
        raise wrong_type(value, at, code, "an object")
    for name in value:
        if name not in known:
            listed = ", ".join(f"`{one}`" for one in known)
            raise Refusal(code, f"Unknown field `{name}`{_place(at, 'inside')}: expected one of {listed}")
    for name, missing in (required or {}).items():
        if name not in value:
            raise Refusal(missing, f"Missing field `{name}`{_place(at, 'inside')}")
    return {name: known[name][1](one, f"{at}.{name}", known[name][0] or code) for name, one in value.items()}


def index_uid(value: str) -> str:
    """The name of an index, as a path holds it."""
    if not _UID.fullmatch(value):
        raise Refusal(
            "invalid_index_uid",
            f"`{value}` is not a valid index uid. Index uid can be an integer or a string containing only alphanumeric"
            " characters, hyphens (-) and underscores (_), and can not be more than 512 bytes.",
        )
    return value


def index_uid_field(value: Any, at: str, code: str) -> str:
    try:
        return index_uid(string(value, at, code))
    except Refusal as refusal:
        if refusal.code != "invalid_index_uid" or refusal.message.startswith("Invalid"):
            raise
        raise wrong_value(at, code, refusal.message) from None
