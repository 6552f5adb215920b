"""One line of the log: bounded, and never more than one, whatever is in what it tells."""

import itertools
import json
import math
from collections.abc import Mapping
from typing import Any

import orjson
from structlog.typing import EventDict, WrappedLogger

MOST_BYTES = 8192
# Up to here nothing need be cut: no single value of it can be long.
_SHORT_BYTES = 2048
# How many characters a text may have and how many items a list, tried in turn until the line fits.
_BOUNDS = ((1000, 50), (300, 20), (100, 8), (40, 4))
_DEEPEST = 8
_BITS = 256


def line(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    """JSON of at most MOST_BYTES, in which nothing but what can be seen stands as it is."""
    text = _whole(event)
    tries = iter(_BOUNDS)
    while text is None or len(text.encode()) > MOST_BYTES:
        bounds = next(tries, None)
        text = _seen(_dumped(_bounded(event, *bounds) if bounds else _stump(event)))
    return text


def escaped(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """For people at a terminal: what could move its cursor, or begin a line of its own, is shown as what it is."""
    longest, most = _BOUNDS[0]
    bounded = {key: _bounded(value, longest, most) for key, value in event.items() if key != "exc_info"}
    seen = {key: _seen(value) if isinstance(value, str) else value for key, value in bounded.items()}
    return {**seen, **({"exc_info": event["exc_info"]} if "exc_info" in event else {})}


def _whole(event: EventDict) -> str | None:
    """The line as it is, which nearly all of them can be; None where it is long, or no JSON."""
    try:
        short = orjson.dumps(event, default=repr)
    except TypeError:  # half a character, an integer beyond 64 bits
        return None
    return _seen(short.decode()) if len(short) <= _SHORT_BYTES else None


def _dumped(event: Any) -> str:
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"))


def _seen(text: str) -> str:
    """What is invisible, turns the direction of writing or ends a line in some program is written as JSON escapes."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else json.dumps(character)[1:-1] for character in text)


def _stump(event: EventDict) -> dict[str, Any]:
    """The least that a line says."""
    kept = ("level", "timestamp", "request_id", "run_id", "event")
    return {key: str(event[key])[:100] for key in kept if key in event} | {"cut": True}


def _bounded(value: Any, longest: int, most: int, depth: int = 0) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if value.bit_length() <= _BITS else f"an integer of {value.bit_length()} bits"
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Mapping) and depth < _DEEPEST:
        first = itertools.islice(value.items(), most)
        return {_cut(str(key), longest): _bounded(item, longest, most, depth + 1) for key, item in first}
    if isinstance(value, list | tuple) and depth < _DEEPEST:
        return [_bounded(item, longest, most, depth + 1) for item in _ends(list(value), most)]
    return _cut(value if isinstance(value, str) else repr(value), longest)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}… ({len(text)} characters)"


def _ends(items: list[Any], most: int) -> list[Any]:
    """Of a long list its beginning and its end: of a traceback, where it came from and where it went wrong."""
    return items if len(items) <= most else [*items[: most // 2], "…", *items[-(most // 2) :]]
