"""Doors to the object store: streams by ticket, and the embedded store's signed addresses."""

from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response

from domain.errors import NotFound
from domain.media import ObjectStore, StoredObject
from domain.playback import Playback
from web.ranges import served

# What a browser may do with something that is not video: show it as a picture, and run nothing in it.
_INERT = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


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
        return served(self._objects, video, request.method, request.headers, headers)


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
