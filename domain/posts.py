"""Posts: what a person says to everybody, with a picture or without."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.errors import not_found
from domain.images import ImageStore, UploadTicket
from domain.pages import Order, Page, PageRequest
from domain.ports import Database, Transaction
from domain.uploads import NewUpload, Uploads
from domain.users import Viewer
from domain.validation import Problems

LONGEST_POST = 10_000


@dataclass(frozen=True, slots=True)
class Post:
    id: int
    author_id: int
    body: str
    image_id: int | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PostCreated:
    """`upload` says where the picture's bytes go, where there is to be one."""

    post: Post
    upload: UploadTicket | None


POSTS_BY_AGE = Order("posts", ("created_at", "id"), (datetime, int))


class PostStore(Protocol):
    async def by_ids(self, ids: Sequence[int]) -> list[Post | None]: ...

    async def page(self, page: PageRequest) -> Page[Post]: ...

    async def insert(self, transaction: Transaction, author_id: int, body: str, image_id: int | None) -> Post: ...

    async def delete(self, transaction: Transaction, post_id: int) -> bool:
        """Whether it was still there."""


class Posts:
    def __init__(self, database: Database, store: PostStore, images: ImageStore, uploads: Uploads) -> None:
        self._database, self._store, self._images, self._uploads = database, store, images, uploads

    async def create(self, viewer: Viewer, body: str, picture: NewUpload | None) -> PostCreated:
        """Raises Refusal: VALIDATION_FAILED, FILE_TOO_LARGE, UNSUPPORTED_FILE_TYPE."""
        with Problems("input") as problems:
            body = problems.text("body", body, longest=LONGEST_POST, lines=True)
            planned = await self._uploads.plan(picture, problems, "image") if picture else None
        async with self._database.writing() as transaction:
            image = await self._images.insert(transaction, viewer.user.id, planned.image) if planned else None
            post = await self._store.insert(transaction, viewer.user.id, body, image.id if image else None)
        return PostCreated(post, UploadTicket(image, planned.signed) if image and planned else None)

    async def delete(self, viewer: Viewer, post_id: int) -> None:
        """With its picture. For the author and for administrators. Raises Refusal NOT_FOUND."""
        (post,) = await self._store.by_ids([post_id])
        if post is None or not (post.author_id == viewer.user.id or viewer.is_admin):
            raise not_found("post that is yours to delete")
        async with self._database.writing() as transaction:
            # The picture first, as the sweep does it: what locks in one order never waits for each other.
            if post.image_id is not None:
                await self._images.delete(transaction, post.image_id)
            if not await self._store.delete(transaction, post.id):
                raise not_found("post that is yours to delete")
