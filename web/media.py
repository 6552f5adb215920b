"""Doors to the object store: streams by ticket, and the embedded store's signed addresses."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from functools import partial
from typing import Any, Protocol

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from domain.errors import Forbidden, NotFound
from domain.media import STREAM_PATIENCE_SECONDS, Cdn, ObjectStore, StoredObject, answered
from domain.playback import Playback
from domain.video_assets import VideoAsset
from web.errors import Cut
from web.ranges import Streamed, served

_log = structlog.get_logger("media")
# What a browser may do with something that is not video: show it as a picture, and run nothing in it.
_INERT = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
# How long a client may be silent in the middle of an upload.
_PATIENCE_SECONDS = 30.0


class SignedAddresses(Protocol):
    def is_good(self, method: str, key: str, asked: Mapping[str, str]) -> bool: ...


class ReceivingStore(ObjectStore, Protocol):
    async def receive(self, key: str, size_bytes: int, pieces: AsyncIterator[bytes]) -> None:
        """Whole or not at all. Raises ValidationFailed."""


class StreamDoor:
    """GET and HEAD /stream/{ticket}. Whatever opens nothing answers 404: expired, tampered with, revoked, deleted."""

    def __init__(self, playback: Playback, objects: ObjectStore, cdn: Cdn | None) -> None:
        self._playback, self._objects = playback, objects
        # One that does not sign would go on showing the file to whoever once saw its address.
        self._cdn = cdn if cdn and cdn.signs else None

    async def __call__(self, request: Request) -> Response:
        ticket = request.path_params["ticket"]
        found = await self._playback.redeem(ticket)
        if found is None:
            raise _no_stream()
        asset, expires_at = found
        if self._cdn:
            address = self._cdn.address(asset.key, expires_at)
            return RedirectResponse(address, 302, {"Cache-Control": "private, no-store"})
        async with answered(STREAM_PATIENCE_SECONDS):
            response = await self._served(request, asset)
        closed = partial(self._playback.closed, ticket, asset)
        return _WhileOpen(response, closed) if isinstance(response, Streamed) else response

    async def _served(self, request: Request, asset: VideoAsset) -> Response:
        stored = await self._objects.head(asset.key, to_stream=True)
        if stored is None:
            raise _no_stream()
        video = StoredObject(stored.key, stored.size_bytes, asset.content_type, stored.last_modified, stored.etag)
        # Kept by the player alone, and asked for again whenever the session may have ended.
        headers = {"Cache-Control": "private, no-cache", "Content-Disposition": "inline"}
        return await served(self._objects, video, request.method, request.headers, headers)


class _WhileOpen(Response):
    """What is sent as long as the permission lasts. Then it is cut, also where the client takes nothing."""

    def __init__(self, response: Response, closed: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._response, self._closed = response, closed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sending = asyncio.ensure_future(self._response(scope, receive, send))
        ending = asyncio.create_task(self._closed())
        try:
            await asyncio.wait({sending, ending}, return_when=asyncio.FIRST_COMPLETED)
            if not sending.done():
                ending.result()  # a fault of the watch is told as a fault
                raise Cut
            sending.result()
        finally:
            sending.cancel()
            ending.cancel()
            await asyncio.wait({sending, ending})


class MediaDoor:
    """GET, HEAD and PUT /media/{key} of the embedded store, by a signed address only."""

    def __init__(self, objects: ReceivingStore, addresses: SignedAddresses) -> None:
        self._objects, self._addresses = objects, addresses

    async def __call__(self, request: Request) -> Response:
        key = request.path_params["key"]
        good = self._addresses.is_good(request.method, key, request.query_params)
        if request.method == "PUT":
            return await self._receive(request, key, good)
        stored = await self._objects.head(key) if good else None
        if stored is None:
            raise NotFound("There is nothing at this address, or no longer.")
        content_type = request.query_params.get("type", stored.content_type)
        shown = "inline" if content_type.startswith(("image/", "video/")) else "attachment"
        headers = {
            "Cache-Control": "private, max-age=3600",
            "Content-Security-Policy": _INERT,
            "Content-Disposition": request.query_params.get("disposition", shown),
        }
        media = StoredObject(key, stored.size_bytes, content_type, stored.last_modified, stored.etag)
        return await served(self._objects, media, request.method, request.headers, headers)

    async def _receive(self, request: Request, key: str, good: bool) -> Response:
        """The bytes of an upload, of exactly the type and size that were signed."""
        if not good:
            raise Forbidden("This address takes nothing, or no longer.")
        size = int(request.query_params["size"])
        _refuse_others(request, request.query_params["type"], size)
        try:
            async with asyncio.timeout(int(request.query_params["expires"]) - time.time()):
                await self._objects.receive(key, size, _pieces(request))
        except TimeoutError as error:
            raise _too_slow() from error
        return Response()


def _too_slow() -> HTTPException:
    return HTTPException(408, "The bytes did not come in time.", {"Connection": "close"})


def _no_stream() -> NotFound:
    return NotFound("This address plays nothing, or no longer. Start the stream again.")


def _refuse_others(request: Request, content_type: str, size: int) -> None:
    if request.headers.get("content-type") != content_type:
        raise HTTPException(415, f"Content-Type must be {content_type}, as it was announced.")
    announced = request.headers.get("content-length")
    if announced is None:
        raise HTTPException(411, f"Content-Length must be {size}.")
    if int(announced) != size:
        raise HTTPException(413 if int(announced) > size else 400, f"There must be exactly {size} bytes.")


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    """The body as it comes."""
    stream = request.stream()
    try:
        while piece := await _next(stream):
            yield piece
    except TimeoutError as error:
        raise _too_slow() from error
    except ClientDisconnect as error:
        raise Cut from error


async def _next(stream: AsyncIterator[bytes]) -> bytes:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        return await anext(stream, b"")
