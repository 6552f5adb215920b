"""Which of our media types an answer is in: the one that Accept prefers (RFC 9110, 12.5.1)."""

from functools import lru_cache

from starlette.datastructures import Headers

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
EVENTS = "text/event-stream"
# Where several are as welcome as each other, the first of these; what only a wildcard names is not meant.
_OURS = (EVENTS, GRAPHQL_JSON, JSON)
_LONGEST = 300  # of what is remembered: no browser says as much
_WILDCARDS = ("application/*", "*/*")


def media_type(headers: Headers) -> str:
    """Old clients say nothing, or that they take anything: what they understand is JSON."""
    accept = ",".join(headers.getlist("accept"))
    return _best(accept) if len(accept) < _LONGEST else _best.__wrapped__(accept)


@lru_cache(maxsize=200)
def _best(accept: str) -> str:
    welcome = dict(map(_read, accept.split(",")))
    if JSON not in welcome:
        welcome[JSON] = next((welcome[wildcard] for wildcard in _WILDCARDS if wildcard in welcome), 0.0)
    best = max(_OURS, key=lambda ours: welcome.get(ours, 0.0))
    return best if welcome.get(best, 0.0) > 0 else JSON


def _read(said: str) -> tuple[str, float]:
    """A media type, and how welcome it is, from 0 to 1."""
    name, *parameters = (part.strip().lower() for part in said.split(";"))
    quality = next((parameter[2:] for parameter in parameters if parameter.startswith("q=")), "1")
    try:
        return name, min(max(float(quality), 0.0), 1.0)
    except ValueError:
        return name, 1.0
