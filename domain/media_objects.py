"""The video files of the object store, for those who put them into the catalogue."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from domain.errors import UpstreamSilent, ValidationFailed
from domain.media import (
    READ_SECONDS,
    Cdn,
    ObjectStore,
    StoredObject,
    answered,
    checked_key,
    checked_prefix,
    is_safe_key,
    video_type,
)
from domain.pages import Order, PageInfo

MOST_OBJECTS = 1000
# A store that is slow, or has little video among much else, is gone through for so long; the rest is another page.
_LOOKING_SECONDS = 4.0
_BY_KEY = Order("media_objects", ("key",), (str,), descending=False)


@dataclass(frozen=True, slots=True)
class MediaPage:
    """There may be more behind a page that is not full."""

    nodes: Sequence[StoredObject]
    page_info: PageInfo


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a page ends, which may be at an object that it does not show."""

    key: str


class MediaObjects:
    def __init__(self, objects: ObjectStore, cdn: Cdn | None) -> None:
        self._objects, self._cdn = objects, cdn

    async def page(self, prefix: str, first: int, after: str | None) -> MediaPage:
        """Those whose key begins with `prefix`, in the order of their keys. Raises ValidationFailed."""
        if not 1 <= first <= MOST_OBJECTS:
            raise ValidationFailed(f"`first` must be from 1 to {MOST_OBJECTS}, not {first}.")
        begin = "" if after is None else _place(after)
        found, last = await self._find(checked_prefix(prefix), begin, first)
        start = _BY_KEY.cursor(found[0]) if found else None
        end = _BY_KEY.cursor(_Place(last or found[-1].key)) if last or found else None
        return MediaPage(found, PageInfo(bool(last), after is not None, start, end))

    async def one(self, key: str) -> StoredObject | None:
        """None where it is not there, or no video. Raises ValidationFailed for what is no key."""
        is_video = video_type(checked_key(key)) is not None
        stored = await self._objects.head(key) if is_video else None
        return _as_video(stored) if stored else None

    async def address(self, stored: StoredObject) -> str:
        """By the CDN, where there is one; below the server's own, or absolute."""
        if self._cdn:
            return self._cdn.address(stored.key, datetime.now(UTC) + timedelta(seconds=READ_SECONDS))
        return await self._objects.address(stored.key, READ_SECONDS, content_type=stored.content_type)

    async def _find(self, prefix: str, begin: str, most: int) -> tuple[list[StoredObject], str]:
        """At most so many, and the key where to go on; an empty one where nothing is left."""
        found: list[StoredObject] = []
        last = begin
        try:
            async with answered(_LOOKING_SECONDS):
                while len(some := await self._objects.list(prefix, last, MOST_OBJECTS)) == MOST_OBJECTS:
                    found += _videos(some)
                    last = some[-1].key
                    if len(found) > most:
                        return found[:most], found[most - 1].key
        except UpstreamSilent:
            if last == begin:
                raise
            return found, last
        found += _videos(some)
        return found[:most], found[most - 1].key if len(found) > most else ""


def _place(after: str) -> str:
    """Raises ValidationFailed for a cursor that is not ours."""
    return checked_key(str(_BY_KEY.position(after)[0]))


def _videos(some: Sequence[StoredObject]) -> list[StoredObject]:
    return [_as_video(stored) for stored in some if video_type(stored.key) and is_safe_key(stored.key)]


def _as_video(stored: StoredObject) -> StoredObject:
    """With the type of its ending, which whoever put it there may have said otherwise."""
    return replace(stored, content_type=video_type(stored.key) or stored.content_type)
