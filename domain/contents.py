"""Contents: the films and episodes of the catalogue, their genres and their video files."""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from domain.errors import Refusal, RefusalCode, not_found
from domain.media import ObjectStore, is_safe_key, video_type
from domain.pages import Order, Page, PageRequest
from domain.ports import Database, Transaction
from domain.users import Viewer
from domain.validation import Problems


class AgeRating(enum.Enum):
    ALL = "ALL"
    AGE_12 = "AGE_12"
    AGE_15 = "AGE_15"
    AGE_19 = "AGE_19"


class ContentOrder(enum.Enum):
    NEWEST = "NEWEST"
    OLDEST = "OLDEST"
    TITLE = "TITLE"
    MOST_LIKED = "MOST_LIKED"
    MOST_VIEWED = "MOST_VIEWED"
    TOP_RATED = "TOP_RATED"


CONTENT_ORDERS = {
    ContentOrder.NEWEST: Order("contents.newest", ("created_at", "id"), (datetime, int)),
    ContentOrder.OLDEST: Order("contents.oldest", ("created_at", "id"), (datetime, int), descending=False),
    ContentOrder.TITLE: Order("contents.title", ("title", "id"), (str, int), descending=False),
    ContentOrder.MOST_LIKED: Order("contents.most_liked", ("like_count", "id"), (int, int)),
    ContentOrder.MOST_VIEWED: Order("contents.most_viewed", ("view_count", "id"), (int, int)),
    ContentOrder.TOP_RATED: Order("contents.top_rated", ("rating", "id"), (float, int)),
}


@dataclass(frozen=True, slots=True)
class Content:
    """`rating` is the mean of its reviews, 0 where there are none. `deleted_at` is set for what lies in the trash."""

    id: int
    corporation_id: int
    title: str
    description: str | None
    age_rating: AgeRating
    release_date: date | None
    runtime_minutes: int | None
    poster_key: str | None
    like_count: int
    rating: float
    view_count: int
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Genre:
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class VideoAsset:
    id: int
    content_id: int
    key: str
    content_type: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class ContentFilter:
    """All of what is given must hold. An id of nothing (0) matches nothing; dates are inclusive."""

    genre_id: int | None = None
    age_rating: AgeRating | None = None
    corporation_id: int | None = None
    released_after: date | None = None
    released_before: date | None = None
    title_contains: str | None = None


@dataclass(frozen=True, slots=True)
class NewContent:
    corporation_id: int | None
    title: str
    description: str | None = None
    age_rating: AgeRating = AgeRating.ALL
    release_date: date | None = None
    runtime_minutes: int | None = None
    genres: Sequence[str] = field(default_factory=tuple)
    poster_key: str | None = None


class ContentStore(Protocol):
    async def by_ids(self, ids: Sequence[int], *, deleted_too: bool = False) -> list[Content | None]: ...

    async def page(self, page: PageRequest, only: ContentFilter) -> Page[Content]: ...

    async def of_corporations(
        self, corporation_ids: Sequence[int], page: PageRequest, *, deleted_too: bool
    ) -> list[Page[Content]]: ...

    async def genres(self) -> list[Genre]: ...

    async def genres_by_ids(self, ids: Sequence[int]) -> list[Genre | None]: ...

    async def genres_of(self, content_ids: Sequence[int]) -> list[list[Genre]]: ...

    async def video_assets_of(self, content_ids: Sequence[int]) -> list[list[VideoAsset]]: ...

    async def video_assets_by_ids(self, ids: Sequence[int]) -> list[VideoAsset | None]:
        """Those of visible contents."""

    async def liked_by(self, user_id: int, content_ids: Sequence[int]) -> list[bool]: ...

    async def insert(self, transaction: Transaction, new: NewContent) -> Content | None:
        """None where there is no such company."""

    async def update(
        self, transaction: Transaction, content_id: int, changes: Mapping[str, object]
    ) -> Content | None: ...

    async def set_genres(self, transaction: Transaction, content_id: int, names: Sequence[str]) -> None:
        """Genres are shared by name, in any case; those that are new are made."""

    async def delete(self, transaction: Transaction, content_id: int) -> Content | None: ...

    async def add_video_asset(
        self, transaction: Transaction, content_id: int, key: str, content_type: str, size_bytes: int
    ) -> VideoAsset | None:
        """None where this content has this key already."""

    async def remove_video_asset(self, transaction: Transaction, asset_id: int) -> None: ...

    async def set_liked(self, transaction: Transaction, user_id: int, content_id: int, *, liked: bool) -> bool:
        """Counted in the content only where it changed; False where there is no such content."""


class Contents:
    def __init__(self, database: Database, store: ContentStore, objects: ObjectStore) -> None:
        self._database, self._store, self._objects = database, store, objects

    async def create(self, viewer: Viewer, new: NewContent) -> Content:
        """For the company named, or else the viewer's own. Raises Refusal: NOT_FOUND, VALIDATION_FAILED."""
        corporation_id = viewer.user.corporation_id if new.corporation_id is None else new.corporation_id
        if corporation_id is None or not viewer.manages(corporation_id):
            raise not_found("company")
        with Problems("input") as problems:
            rest = _checked(problems, {"title": new.title, "description": new.description, **_numbers(new)})
            genres = _checked_genres(problems, new.genres)
        async with self._database.writing() as transaction:
            written = NewContent(corporation_id=corporation_id, **rest)
            content = await self._store.insert(transaction, written)
            if content is None:
                raise not_found("company")
            await self._store.set_genres(transaction, content.id, genres)
        return content

    async def update(self, viewer: Viewer, content_id: int, changes: Mapping[str, Any]) -> Content:
        """`changes` holds only the fields to change. Raises Refusal: NOT_FOUND, VALIDATION_FAILED."""
        content = await self._managed(viewer, content_id)
        genres = changes.get("genres", ()) or ()
        with Problems("input") as problems:
            rest = _checked(problems, {name: value for name, value in changes.items() if name != "genres"})
            names = _checked_genres(problems, genres)
        async with self._database.writing() as transaction:
            updated = await self._store.update(transaction, content.id, rest)
            if updated is None:
                raise not_found("content")
            if "genres" in changes:
                await self._store.set_genres(transaction, content.id, names)
        return updated

    async def delete(self, viewer: Viewer, content_id: int) -> Content:
        """Into the company's trash. Raises Refusal NOT_FOUND, also for what is deleted already."""
        content = await self._managed(viewer, content_id)
        async with self._database.writing() as transaction:
            deleted = await self._store.delete(transaction, content.id)
        if deleted is None:
            raise not_found("content")
        return deleted

    async def add_video_asset(self, viewer: Viewer, content_id: int, key: str) -> VideoAsset:
        """Takes a key only if the object is there and is video. Raises Refusal: NOT_FOUND, UNSUPPORTED_FILE_TYPE,
        ALREADY_EXISTS.
        """
        content = await self._managed(viewer, content_id)
        content_type = video_type(key)
        if content_type is None:
            raise Refusal(RefusalCode.UNSUPPORTED_FILE_TYPE, "Only .mp4 .avi .mov .mkv .webm .m4v and .flv can play.")
        stored = await self._objects.head(key) if is_safe_key(key) else None
        if stored is None:
            raise not_found("file in the object store")
        async with self._database.writing() as transaction:
            asset = await self._store.add_video_asset(transaction, content.id, key, content_type, stored.size_bytes)
        if asset is None:
            raise Refusal(RefusalCode.ALREADY_EXISTS, "This content has this file already.")
        return asset

    async def remove_video_asset(self, viewer: Viewer, asset_id: int) -> None:
        """Raises Refusal NOT_FOUND."""
        asset = (await self._store.video_assets_by_ids([asset_id]))[0]
        if asset is None:
            raise not_found("video file")
        try:
            await self._managed(viewer, asset.content_id)
        except Refusal as error:
            raise not_found("video file") from error
        async with self._database.writing() as transaction:
            await self._store.remove_video_asset(transaction, asset.id)

    async def set_liked(self, viewer: Viewer, content_id: int, *, liked: bool) -> Content:
        """A like of a like changes nothing. Raises Refusal NOT_FOUND."""
        async with self._database.writing() as transaction:
            known = await self._store.set_liked(transaction, viewer.user.id, content_id, liked=liked)
        content = (await self._store.by_ids([content_id]))[0] if known else None
        if content is None:
            raise not_found("content")
        return content

    async def _managed(self, viewer: Viewer, content_id: int) -> Content:
        content = (await self._store.by_ids([content_id]))[0]
        if content is None or not viewer.manages(content.corporation_id):
            raise not_found("content")
        return content


def _numbers(new: NewContent) -> dict[str, object]:
    return {"age_rating": new.age_rating, "release_date": new.release_date, "runtime_minutes": new.runtime_minutes}


def _checked(problems: Problems, values: Mapping[str, Any]) -> dict[str, Any]:
    checked = dict(values)
    if "title" in values:
        checked["title"] = problems.text("title", values["title"] or "", longest=300)
    if "description" in values:
        checked["description"] = problems.optional_text(
            "description", values["description"], longest=10_000, lines=True
        )
    if values.get("runtime_minutes") is not None:
        problems.number("runtimeMinutes", values["runtime_minutes"], least=1, most=6000)
    if "age_rating" in values and values["age_rating"] is None:
        problems.add("ageRating", "An age rating can be changed but not taken away.")
    return checked


def _checked_genres(problems: Problems, names: Sequence[str]) -> list[str]:
    if len(names) > 20:
        problems.add("genres", f"A content may have at most 20 genres, not {len(names)}.")
        return []
    trimmed = [problems.text(("genres", str(index)), name, longest=50) for index, name in enumerate(names)]
    return list({name.lower(): name for name in reversed(trimmed)}.values())[::-1]
