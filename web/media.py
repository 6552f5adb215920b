"""Doors to the object store: streams by ticket, and the embedded store's signed addresses."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from functools import partial
from typing import Any, Protocol, cast

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from domain.errors import NotFound
from domain.media import ObjectStore, StoredObject
from domain.playback import Playback
from web.ranges import served

# What a browser may do with something that is not video: show it as a picture, and run nothing in it.
_INERT = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


class Cut(Exception):
    """What was streamed may not be seen any longer. The connection is dropped in the middle of the file."""


class SignedAddresses(Protocol):
    def is_good(self, key: str, expires: str, signature: str) -> bool: ...


class StreamDoor:
    """GET and HEAD /stream/{ticket}. Whatever opens nothing answers 404: expired, tampered with, revoked, deleted."""

    def __init__(self, playback: Playback, objects: ObjectStore) -> None:
        self._playback, self._objects = playback, objects

    async def __call__(self, request: Request) -> Response:
        asset = await self._playback.redeem(request.path_params["ticket"])
        stored = await self._objects.head(asset.key) if asset else None
        if asset is None or stored is None:
            raise NotFound("This address plays nothing, or no longer. Start the stream again.")
        video = StoredObject(stored.key, stored.size_bytes, asset.content_type, stored.last_modified, stored.etag)
        # Kept by the player alone, and asked for again whenever the session may have ended.
        headers = {"Cache-Control": "private, no-cache", "Content-Disposition": "inline"}
        response = served(self._objects, video, request.method, request.headers, headers)
        if isinstance(response, StreamingResponse):
            closed = partial(self._playback.closed, request.path_params["ticket"], asset)
            response.body_iterator = _while_open(cast(AsyncGenerator[bytes, None], response.body_iterator), closed)
        return response


class MediaDoor:
    """GET and HEAD /media/{key} of the embedded store, by a signed address only."""

    def __init__(self, objects: ObjectStore, addresses: SignedAddresses) -> None:
        self._objects, self._addresses = objects, addresses

    async def __call__(self, request: Request) -> Response:
        key, asked = request.path_params["key"], request.query_params
        good = self._addresses.is_good(key, asked.get("expires", ""), asked.get("signature", ""))
        stored = await self._objects.head(key) if good else None
        if stored is None:
            raise NotFound("There is nothing at this address, or no longer.")
        shown = stored.content_type.startswith(("image/", "video/"))
        headers = {
            "Cache-Control": "private, max-age=3600",
            "Content-Security-Policy": _INERT,
            "Content-Disposition": "inline" if shown else "attachment",
        }
        return served(self._objects, stored, request.method, request.headers, headers)


async def _while_open(
    body: AsyncGenerator[bytes, None], closed: Callable[[], Coroutine[Any, Any, None]]
) -> AsyncGenerator[bytes, None]:
    """The pieces of a file until the permission ends. Raises Cut."""
    async with aclosing(body):
        ending = asyncio.create_task(closed())
        try:
            async for piece in body:
                if ending.done():
                    ending.result()  # a fault of the watch is told as a fault
                    raise Cut
                yield piece
        finally:
            ending.cancel()
