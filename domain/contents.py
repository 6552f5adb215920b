"""Contents: the films and episodes of the catalogue."""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from domain.corporations import CorporationStore, Plan
from domain.errors import Refusal, RefusalCode, ValidationFailed, not_found
from domain.genres import GenreStore, checked_genres
from domain.news import News
from domain.pages import Order, Page, PageRequest
from domain.ports import Database, Signals, Transaction
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


# Of a text in characters, of a film in minutes.
LONGEST_TITLE, LONGEST_DESCRIPTION, LONGEST_RUNTIME = 300, 10_000, 6000


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
    tmdb_id: int | None
    like_count: int
    review_count: int
    rating: float
    view_count: int
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None

    @property
    def is_new(self) -> bool:
        """Whether it was never changed since it was made."""
        return self.created_at == self.updated_at

    @property
    def average_rating(self) -> float | None:
        return self.rating if self.review_count else None


@dataclass(frozen=True, slots=True)
class ContentFilter:
    """All of what is given must hold. An id of nothing (0) matches nothing; dates are inclusive. Raises
    ValidationFailed.
    """

    genre_id: int | None = None
    age_rating: AgeRating | None = None
    corporation_id: int | None = None
    released_after: date | None = None
    released_before: date | None = None
    title_contains: str | None = None

    def __post_init__(self) -> None:
        if len(self.title_contains or "") > LONGEST_TITLE:
            raise ValidationFailed(f"`titleContains` may have at most {LONGEST_TITLE} characters.")


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
    tmdb_id: int | None = None


class TitleTaken(Exception):
    """The company has another content of the same TMDB title."""


class ContentStore(Protocol):
    async def by_ids(self, ids: Sequence[int], *, deleted_too: bool = False) -> list[Content | None]: ...

    async def page(self, page: PageRequest, only: ContentFilter) -> Page[Content]: ...

    async def of_corporations(
        self, corporation_ids: Sequence[int], page: PageRequest, *, deleted_too: bool
    ) -> list[Page[Content]]: ...

    async def insert(self, transaction: Transaction, new: NewContent) -> Content | None:
        """None where there is no such company."""

    async def put_title(self, transaction: Transaction, new: NewContent) -> Content | None:
        """The company's content of a TMDB title, made or brought up to date but for its age rating; None where there
        is no such company.
        """

    async def update(
        self, transaction: Transaction, content_id: int, changes: Mapping[str, object]
    ) -> Content | None: ...

    async def delete(self, transaction: Transaction, content_id: int) -> Content | None: ...

    async def restore(self, transaction: Transaction, content_id: int) -> Content | None:
        """None where it does not lie in the trash. Raises TitleTaken."""


class Contents:
    def __init__(
        self,
        database: Database,
        store: ContentStore,
        genres: GenreStore,
        corporations: CorporationStore,
        signals: Signals,
        news: News,
    ) -> None:
        self._database, self._store, self._genres = database, store, genres
        self._corporations, self._signals, self._news = corporations, signals, news

    async def create(self, viewer: Viewer, new: NewContent) -> Content:
        """For the company named, or else the viewer's own. Raises Refusal: NOT_FOUND, VALIDATION_FAILED."""
        corporation_id = owner_of(viewer, new.corporation_id)
        with Problems("input") as problems:
            rest = _checked(problems, {"title": new.title, "description": new.description, **_numbers(new)})
            genres = checked_genres(problems, new.genres)
        async with self._database.writing() as transaction:
            written = NewContent(corporation_id=corporation_id, **rest)
            content = await self._store.insert(transaction, written)
            if content is None:
                raise not_found("company")
            await self._genres.set(transaction, content.id, genres)
            await self._news.content_added(transaction, content.id, viewer.user.id)
        return content

    async def update(self, viewer: Viewer, content_id: int, changes: Mapping[str, Any]) -> Content:
        """`changes` holds only the fields to change. Raises Refusal: NOT_FOUND, VALIDATION_FAILED."""
        content = await managed(self._store, viewer, content_id)
        genres = changes.get("genres", ()) or ()
        with Problems("input") as problems:
            rest = _checked(problems, {name: value for name, value in changes.items() if name != "genres"})
            names = checked_genres(problems, genres)
        async with self._database.writing() as transaction:
            updated = await self._store.update(transaction, content.id, rest)
            if updated is None:
                raise not_found("content")
            if "genres" in changes:
                await self._genres.set(transaction, content.id, names)
        return updated

    async def delete(self, viewer: Viewer, content_id: int) -> Content:
        """Into the company's trash, and its open streams end. Raises Refusal NOT_FOUND, also for what is there."""
        content = await managed(self._store, viewer, content_id)
        async with self._database.writing() as transaction:
            deleted = await self._store.delete(transaction, content.id)
            if deleted is None:
                raise not_found("content")
            await self._signals.announce(transaction, "content", content.id, [])
        return deleted

    async def restore(self, viewer: Viewer, content_id: int) -> Content:
        """Out of the trash, with everything that hung from it; what is not in there stays as it is. Raises Refusal:
        NOT_FOUND, PAID_PLAN_REQUIRED, CONFLICT.
        """
        content = await managed(self._store, viewer, content_id, deleted_too=True)
        if content.deleted_at is None:
            return content
        try:
            async with self._database.writing() as transaction:
                owner = await self._corporations.held(transaction, content.corporation_id)
                if owner is None or owner.plan is not Plan.PAID:
                    raise Refusal(
                        RefusalCode.PAID_PLAN_REQUIRED, "Restoring needs the paid plan. Please upgrade first."
                    )
                restored = await self._store.restore(transaction, content.id)
        except TitleTaken as error:
            message = "The company has this TMDB title again by now; delete that content first."
            raise Refusal(RefusalCode.CONFLICT, message) from error
        return restored or await managed(self._store, viewer, content_id, deleted_too=True)


async def managed(store: ContentStore, viewer: Viewer, content_id: int, *, deleted_too: bool = False) -> Content:
    """The content, where it is this person's to change. Raises Refusal NOT_FOUND."""
    content = (await store.by_ids([content_id], deleted_too=deleted_too))[0]
    if content is None or not viewer.manages(content.corporation_id):
        raise not_found("content")
    return content


def owner_of(viewer: Viewer, corporation_id: int | None) -> int:
    """The company for which this person adds something: the one named, or else the own. Raises Refusal NOT_FOUND."""
    owner = viewer.user.corporation_id if corporation_id is None else corporation_id
    if owner is None or not viewer.manages(owner):
        raise not_found("company")
    return owner


def _numbers(new: NewContent) -> dict[str, object]:
    return {"age_rating": new.age_rating, "release_date": new.release_date, "runtime_minutes": new.runtime_minutes}


def _checked(problems: Problems, values: Mapping[str, Any]) -> dict[str, Any]:
    checked = dict(values)
    if "title" in values:
        checked["title"] = problems.text("title", values["title"] or "", longest=LONGEST_TITLE)
    if "description" in values:
        checked["description"] = problems.optional_text(
            "description", values["description"], longest=LONGEST_DESCRIPTION, lines=True
        )
    if values.get("runtime_minutes") is not None:
        problems.number("runtimeMinutes", values["runtime_minutes"], least=1, most=LONGEST_RUNTIME)
    if "age_rating" in values and values["age_rating"] is None:
        problems.add("ageRating", "An age rating can be changed but not taken away.")
    return checked
