"""Parts of a file over HTTP (RFC 9110, sections 13 and 14)."""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from email.utils import format_datetime, parsedate_to_datetime

import structlog
from starlette.datastructures import Headers
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from domain.errors import Unavailable
from domain.media import ObjectStore, StoredObject
from web.errors import Cut

_log = structlog.get_logger("media")
_ONE_RANGE = re.compile(r"bytes=\s*(\d{0,19})-(\d{0,19})\s*", re.ASCII | re.IGNORECASE)


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


class Streamed(StreamingResponse):
    """A file out of a store, of which the first piece is there: before it is, another status can still be answered.
    However it ends, also where the client takes nothing, the store is told that nobody reads on.
    """

    def __init__(
        self, first: bytes, rest: AsyncGenerator[bytes, None], status_code: int, headers: Mapping[str, str]
    ) -> None:
        super().__init__(self._pieces(first), status_code, headers)
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._rest.aclose()

    async def _pieces(self, first: bytes) -> AsyncIterator[bytes]:
        """Raises Cut where the store gives no more of them, for then it is too late to say so."""
        yield first
        try:
            async for piece in self._rest:
                # Pieces that come without waiting leave no moment in which it is noticed that the client has gone.
                await asyncio.sleep(0)
                yield piece
        except Unavailable as error:
            _log.warning("broken_off", reason=error.message)
            raise Cut from error


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
    if not _may_be_served(asked, stored):
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
    if method == "HEAD":
        return StreamingResponse(_nothing(), headers=headers)
    pieces = store.read(stored, start, end - start + 1)
    return Streamed(await anext(pieces, b""), pieces, 206 if part else 200, headers)


def _may_be_served(asked: Headers, stored: StoredObject) -> bool:
    """Whether If-Match, by the strong comparison, or else If-Unmodified-Since names this version."""
    if "if-match" in asked:
        return bool({"*", stored.etag} & {tag.strip() for tag in asked["if-match"].split(",")})
    try:
        since = parsedate_to_datetime(asked["if-unmodified-since"]) if "if-unmodified-since" in asked else None
        return since is None or stored.last_modified <= since
    except (ValueError, TypeError):
        return True


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


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""
