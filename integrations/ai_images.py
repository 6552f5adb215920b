"""The AI service that makes images of personas: one door, POST /predict, and a data URI that comes back."""

import asyncio
import json
import re
from base64 import b64decode
from collections.abc import Iterator
from typing import Any

import httpx2
from pydantic import RootModel

from domain.errors import Refusal, RefusalCode
from domain.generated_images import Description, Picture
from domain.image_types import FIRST_BYTES, is_whole, type_of
from domain.uploads import MOST_BYTES
from domain.users import Gender
from integrations.strangers import Again, Stranger, failed, read

_NAME = "The AI service"
_PATIENCE_SECONDS = 10.0
# A little less, so that the circuit hears of silence, and what came late is still judged in time.
_TRY_SECONDS = 9.5
_CONNECT_SECONDS = 3.0
# Each may hold some 50 MB for a moment, and keeps others from computing.
_AT_ONCE = 8
_MOST_ANSWERED = 16 * 1024 * 1024  # an image in base64, in lines, in JSON
# A good answer is one long string. Millions of lists fill the memory when they are read.
_MOST_PARTS, _OPENERS = 10_000, (b",", b"[", b"{")
_NEVER_CONNECTED = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)
_GENDERS = {Gender.MALE: "남성", Gender.FEMALE: "여성"}
# RFC 2397
_DATA_URI = re.compile(r"\s*data:[^,]{0,200};\s{0,9}base64\s{0,9},", re.IGNORECASE)
_BLANK = b" \t\r\n\f"
_ESCAPED = {b"%2B": b"+", b"%2F": b"/", b"%3D": b"=", b"%2b": b"+", b"%2f": b"/", b"%3d": b"="}


class _Answer(RootModel[Any]):
    """Any JSON."""


class AiImages:
    """Speaks domain.generated_images.ImageGenerator. Without a `url` it refuses."""

    def __init__(self, *, client: httpx2.AsyncClient, url: str | None) -> None:
        self._url = f"{url.rstrip('/')}/predict" if url else None
        self._stranger = Stranger(
            _NAME, client, patience_seconds=_PATIENCE_SECONDS, try_seconds=_TRY_SECONDS, most_bytes=_MOST_ANSWERED
        )
        self._at_once = asyncio.Semaphore(_AT_ONCE)

    async def generate(self, wanted: Description) -> Picture:
        if self._url is None:
            message = "This server cannot have images generated: its setting AI_SERVICE_URL is empty."
            raise Refusal(RefusalCode.NOT_CONFIGURED, message)
        request = _request(self._url, wanted)
        async with self._stranger.asking() as limit, self._at_once:
            response = await self._stranger.send(limit, request, again=_was_never_asked)
            return await asyncio.to_thread(_picture, response)


def _request(url: str, wanted: Description) -> httpx2.Request:
    body = {"name": wanted.name, "gender": _GENDERS[wanted.gender], "options": list(wanted.options)}
    if wanted.feature is not None:
        body["feature"] = wanted.feature
    # A connection that idled may be hung up just as it is used, and nobody knows whether an image is being made: each
    # has its own. The client's time-outs are for strangers who answer at once.
    headers = {"Accept": "application/json", "Content-Type": "application/json", "Connection": "close"}
    timeout = httpx2.Timeout(_PATIENCE_SECONDS, connect=_CONNECT_SECONDS).as_dict()
    return httpx2.Request("POST", url, headers=headers, content=json.dumps(body), extensions={"timeout": timeout})


def _was_never_asked(error: Again) -> bool:
    """An image is dear: it is not asked for again where one may have been begun."""
    return isinstance(error.__cause__, _NEVER_CONNECTED)


def _picture(response: httpx2.Response) -> Picture:
    """What was answered, if it is an image; its type is what its bytes are. Raises Refusal UPSTREAM_FAILED."""
    written = next(filter(_DATA_URI.match, _texts(_told(response))), None)
    if written is None:
        raise failed(_NAME, "answered without an image")
    try:
        data = _decoded(_DATA_URI.sub("", written, count=1))
    except ValueError:
        raise failed(_NAME, "answered with base64 that is none") from None
    if len(data) > MOST_BYTES:
        raise failed(_NAME, "answered with an image that is too large")
    content_type = type_of(data[:FIRST_BYTES])
    if content_type is None or not is_whole(data, content_type):
        raise failed(_NAME, "answered with something that is no image")
    return Picture(content_type, data)


def _told(response: httpx2.Response) -> Any:
    """The JSON of the answer, or its text where that is a data URI. Raises Refusal UPSTREAM_FAILED."""
    if response.is_success and response.content[:100].lstrip()[:5].lower() == b"data:":
        return response.content.decode("ascii", "replace")
    if response.is_success and sum(map(response.content.count, _OPENERS)) > _MOST_PARTS:
        raise failed(_NAME, "gave an answer of too many parts")
    told = read(_NAME, response, _Answer).root
    if isinstance(told, dict) and not told.get("ok", True):
        raise failed(_NAME, "says that it made no image")
    return told


def _texts(told: Any, levels: int = 2) -> Iterator[str]:
    """The texts in an answer, what is called `image` before all else."""
    if isinstance(told, str):
        yield told
    elif isinstance(told, dict | list) and levels:
        values = [told.get("image"), *told.values()] if isinstance(told, dict) else told
        for value in values:
            yield from _texts(value, levels - 1)


def _decoded(written: str) -> bytes:
    """Base64 as browsers take it in a data URI: in lines, without the padding, its three signs escaped; nothing else.
    Raises ValueError.
    """
    signs = written.encode("ascii").translate(None, _BLANK)
    for escaped, sign in _ESCAPED.items():
        signs = signs.replace(escaped, sign)
    return b64decode(signs + b"=" * (-len(signs) % 4), validate=True)
