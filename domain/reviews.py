"""Reviews: what a person thinks of a content, once for each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from domain.errors import Refusal, RefusalCode, not_found
from domain.news import News
from domain.pages import Order, Page, PageRequest
from domain.ports import Database, Transaction
from domain.users import Viewer
from domain.validation import Problems

LONGEST_REVIEW = 10_000


@dataclass(frozen=True, slots=True)
class Review:
    """`rating` is from 1 to 10. `author_id` is None once the author has gone."""

    id: int
    content_id: int
    author_id: int | None
    rating: int
    body: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """A review that nobody else changes meanwhile, and the company whose content it is about."""

    review: Review
    corporation_id: int


REVIEWS_BY_AGE = Order("reviews", ("created_at", "id"), (datetime, int))


class ReviewStore(Protocol):
    """What is read is of visible contents."""

    async def by_ids(self, ids: Sequence[int]) -> list[Review | None]: ...

    async def of_contents(self, content_ids: Sequence[int], page: PageRequest) -> list[Page[Review]]:
        """Of these very contents, which whoever asks may see."""

    async def by_author(self, author_id: int, page: PageRequest) -> Page[Review]: ...

    async def by_author_of(self, author_id: int, content_ids: Sequence[int]) -> list[Review | None]: ...

    async def takes_reviews(self, transaction: Transaction, content_id: int) -> bool:
        """Whether there is such a content."""

    async def insert(
        self, transaction: Transaction, content_id: int, author_id: int, rating: int, body: str | None
    ) -> Review | None:
        """None where this person has reviewed it already."""

    async def hold(self, transaction: Transaction, review_id: int) -> Held | None: ...

    async def update(self, transaction: Transaction, review_id: int, rating: int, body: str | None) -> Review: ...

    async def delete(self, transaction: Transaction, review_id: int) -> None: ...

    async def count(self, transaction: Transaction, content_id: int, *, reviews: int, rating: int) -> bool:
        """Adds to a content's number of reviews and sum of ratings; False where it was deleted meanwhile."""


class Reviews:
    def __init__(self, database: Database, store: ReviewStore, news: News) -> None:
        self._database, self._store, self._news = database, store, news

    async def create(self, viewer: Viewer, content_id: int, rating: int, body: str | None) -> Review:
        """Raises Refusal: VALIDATION_FAILED, NOT_FOUND, ALREADY_EXISTS."""
        with Problems("input") as problems:
            checked = _checked(problems, {"rating": rating, "body": body})
        async with self._database.writing() as transaction:
            if not await self._store.takes_reviews(transaction, content_id):
                raise not_found("content")
            review = await self._store.insert(transaction, content_id, viewer.user.id, **checked)
            if review is None:
                message = "You have reviewed this already; you can change your review."
                raise Refusal(RefusalCode.ALREADY_EXISTS, message)
            await self._news.review_added(transaction, content_id, viewer.user.id, rating, review.body)
            await self._count(transaction, content_id, reviews=1, rating=rating)
        return review

    async def update(self, viewer: Viewer, review_id: int, changes: Mapping[str, Any]) -> Review:
        """`changes` holds only the fields to change. Raises Refusal: VALIDATION_FAILED, NOT_FOUND."""
        with Problems("input") as problems:
            checked = _checked(problems, changes)
        async with self._database.writing() as transaction:
            held = await self._store.hold(transaction, review_id)
            if held is None or held.review.author_id != viewer.user.id:
                raise not_found("review of yours")
            before = held.review
            values = {"rating": before.rating, "body": before.body, **checked}
            if values == {"rating": before.rating, "body": before.body}:
                return before
            review = await self._store.update(transaction, review_id, **values)
            await self._count(transaction, before.content_id, reviews=0, rating=review.rating - before.rating)
        return review

    async def delete(self, viewer: Viewer, review_id: int) -> None:
        """For the author and the company's managers. Raises Refusal NOT_FOUND."""
        async with self._database.writing() as transaction:
            held = await self._store.hold(transaction, review_id)
            if held is None or not _may_delete(viewer, held):
                raise not_found("review that is yours to delete")
            await self._store.delete(transaction, review_id)
            await self._count(transaction, held.review.content_id, reviews=-1, rating=-held.review.rating)

    async def _count(self, transaction: Transaction, content_id: int, *, reviews: int, rating: int) -> None:
        if not await self._store.count(transaction, content_id, reviews=reviews, rating=rating):
            raise not_found("content")


def _may_delete(viewer: Viewer, held: Held) -> bool:
    return held.review.author_id == viewer.user.id or viewer.manages(held.corporation_id)


def _checked(problems: Problems, values: Mapping[str, Any]) -> dict[str, Any]:
    checked = dict(values)
    if "rating" in values and values["rating"] is None:
        problems.add("rating", "A rating can be changed but not taken away.")
    elif "rating" in values:
        problems.number("rating", values["rating"], least=1, most=10)
    if "body" in values:
        checked["body"] = problems.optional_text("body", values["body"], longest=LONGEST_REVIEW, lines=True)
    return checked
