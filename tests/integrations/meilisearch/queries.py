"""What a query string may hold."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.integrations.meilisearch.errors import Refusal
from tests.integrations.meilisearch.shapes import index_uid

# Takes the text, and the name and code to refuse it with.
Parameter = Callable[[str, str, str], Any]


def _wrong(name: str, code: str, message: str) -> Refusal:
    return Refusal(code, f"Invalid value in parameter `{name}`: {message}")


def text(value: str, name: str, code: str) -> str:
    return value


def natural(value: str, name: str, code: str) -> int:
    if not (value.isascii() and value.isdigit()):
        raise _wrong(name, code, f"could not parse `{value}` as a positive integer")
    return int(value)


def boolean(value: str, name: str, code: str) -> bool:
    if value not in ("true", "false"):
        raise _wrong(name, code, f"could not parse `{value}` as a boolean, expected either `true` or `false`")
    return value == "true"


def moment(value: str, name: str, code: str) -> datetime | None:
    """A date, or a date with a time. `after` a day means after all of it."""
    if value == "*":
        return None
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        expected = "It should follow the YYYY-MM-DD or RFC 3339 date-time format."
        raise _wrong(name, code, f"`{value}` is an invalid date-time. {expected}") from None
    if len(value) == 10 and name.startswith("after"):
        parsed += timedelta(days=1)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def index_name(value: str, name: str, code: str) -> str:
    try:
        return index_uid(value)
    except Refusal as refusal:
        raise _wrong(name, code, refusal.message) from None


def among(what: str, plural: str, known: tuple[str, ...]) -> Parameter:
    def check(value: str, name: str, code: str) -> str:
        if value not in known:
            listed = ", ".join(f"`{one}`" for one in known)
            raise _wrong(name, code, f"`{value}` is not a valid {what}. Available {plural} are {listed}.")
        return value

    return check


def several(check: Parameter) -> Parameter:
    """A list with commas; a star means all, which is as if nothing was said."""

    def checked(value: str, name: str, code: str) -> list[Any] | None:
        if value == "*":
            return None
        parts = value.split(",")
        return [check(part, name if len(parts) == 1 else f"{name}[{place}]", code) for place, part in enumerate(parts)]

    return checked


def parameters(given: Mapping[str, str], known: Mapping[str, tuple[str, Parameter]]) -> dict[str, Any]:
    """The query's parameters, each checked; one that is not known is refused."""
    for name in given:
        if name not in known:
            listed = ", ".join(f"`{one}`" for one in known)
            raise Refusal("bad_request", f"Unknown parameter `{name}`: expected one of {listed}")
    return {name: known[name][1](value, name, known[name][0]) for name, value in given.items()}
