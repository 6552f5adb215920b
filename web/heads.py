"""What a request may begin with: what could be read in two ways, by us and by a proxy, is no request."""

from collections.abc import Sequence

from web.bounds import Bounds
from web.refusals import Refused

_LENGTHS = frozenset({b"content-length", b"transfer-encoding"})


def judge_head(url: bytes, headers: Sequence[tuple[bytes, bytes]], version: str, fed: int, bounds: Bounds) -> None:
    """Raises Refused. `headers` have lower names; `fed` is how many bytes were read since the head began, at least."""
    too_many = len(headers) > bounds.headers
    if too_many or (fed > bounds.head_bytes and _weight(url, headers) > bounds.head_bytes):
        raise head_too_large()
    if version not in {"1.0", "1.1"}:
        raise Refused(400, "We speak HTTP/1.1.")
    hosts = [value for name, value in headers if name == b"host"]
    if len(hosts) > 1 or (not hosts and version == "1.1"):
        raise Refused(400, "There must be one Host.")
    codings = [value.lower() for name, value in headers if name == b"transfer-encoding"]
    if codings and (codings != [b"chunked"] or version == "1.0"):
        raise Refused(400, "A body comes with its length or in chunks, and in no other coding.")


def judge_upgrade(headers: Sequence[tuple[bytes, bytes]], *, by_get: bool, behind_others: bool) -> None:
    """Raises Refused. Only what can be one thing alone: a body could be taken for the next request."""
    has_body = any(name in _LENGTHS and value != b"0" for name, value in headers)
    if has_body or behind_others or not by_get:
        raise Refused(400, "A connection is upgraded by a GET without a body.")


def head_too_large() -> Refused:
    return Refused(431, "The head of the request is too large.")


def _weight(url: bytes, headers: Sequence[tuple[bytes, bytes]]) -> int:
    return len(url) + sum(len(name) + len(value) for name, value in headers)
