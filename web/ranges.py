"""Parts of a file over HTTP (RFC 9110, sections 13 and 14)."""

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from email.utils import format_datetime, parsedate_to_datetime

from starlette.datastructures import Headers
from starlette.responses import Response, StreamingResponse

from domain.media import ObjectStore, StoredObject

_ONE_RANGE = re.compile(r"bytes=\s*(\d{0,19})-(\d{0,19})\s*", re.ASCII)


class Unsatisfiable(Exception):
    """The range begins behind the end of the file."""


def wanted(range_header: str | None, size: int) -> tuple[int, int] | None:
    """First and last byte of the one range asked for; None where the whole file is the answer: no range, several, or
    one that is not well formed. Raises Unsatisfiable.
    """
    found = _ONE_RANGE.fullmatch(range_header) if range_header else None
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        start, end = max(size - int(last), 0), size - 1
        if int(last) == 0:
            raise Unsatisfiable
    else:
        start, end = int(first), min(int(last), size - 1) if last else size - 1
        if last and int(last) < int(first):
            return None
    if start >= size:
        raise Unsatisfiable
    return start, end


async def served(
    store: ObjectStore, stored: StoredObject, method: str, asked: Headers, extra: dict[str, str]
) -> Response:
    """The file, or the part of it that was asked for: 200, 206, 304, 412 or 416. Parts are for GET alone. Raises
    Unavailable where the store does not begin to give it.
    """
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": stored.etag,
        "Last-Modified": format_datetime(stored.last_modified, usegmt=True),
        **extra,
    }
    if "if-match" in asked and not _names(asked["if-match"], stored.etag):
        return Response(status_code=412, headers=headers)
    if _not_modified(asked, stored):
        return Response(status_code=304, headers=headers)
    try:
        in_parts = method == "GET" and _range_holds(asked, stored)
        part = wanted(asked.get("range"), stored.size_bytes) if in_parts else None
    except Unsatisfiable:
        return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{stored.size_bytes}"})
    start, end = part or (0, stored.size_bytes - 1)
    if part:
        headers["Content-Range"] = f"bytes {start}-{end}/{stored.size_bytes}"
    headers |= {"Content-Length": str(end - start + 1), "Content-Type": stored.content_type}
    body = _nothing() if method == "HEAD" else await _begun(store.read(stored, start, end - start + 1))
    return StreamingResponse(body, 206 if part else 200, headers=headers)


def _range_holds(asked: Headers, stored: StoredObject) -> bool:
    """Whether If-Range, where it is sent, still names this very file."""
    condition = asked.get("if-range")
    return condition is None or condition == stored.etag or _same_moment(condition, stored)


def _not_modified(asked: Headers, stored: StoredObject) -> bool:
    if "if-none-match" in asked:
        return _names(asked["if-none-match"], stored.etag)
    try:
        since = parsedate_to_datetime(asked["if-modified-since"]) if "if-modified-since" in asked else None
        return since is not None and stored.last_modified <= since
    except (ValueError, TypeError):
        return False


def _same_moment(condition: str, stored: StoredObject) -> bool:
    try:
        return parsedate_to_datetime(condition) == stored.last_modified
    except (ValueError, TypeError):
        return False


def _names(condition: str, etag: str) -> bool:
    tags = [tag.strip().removeprefix("W/") for tag in condition.split(",")]
    return "*" in tags or etag in tags


async def _nothing() -> AsyncGenerator[bytes, None]:
    return
    yield b""


async def _begun(pieces: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """The same pieces, of which the first is there: before it is, another status can still be answered."""
    first = await anext(pieces, b"")

    async def all_of_them() -> AsyncGenerator[bytes, None]:
        async with aclosing(pieces):
            yield first
            async for piece in pieces:
                yield piece

    return all_of_them()
