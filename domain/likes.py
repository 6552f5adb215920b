"""Likes: one for each person and content."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.contents import Content
from domain.errors import not_found
from domain.pages import Order, Page, PageRequest
from domain.ports import Database, Transaction
from domain.users import Viewer


@dataclass(frozen=True, slots=True)
class Like:
    liked_at: datetime
    content: Content

    @property
    def liked_id(self) -> int:
        return self.content.id


LIKED = Order("liked_contents", ("liked_at", "liked_id"), (datetime, int))


class LikeStore(Protocol):
    async def liked_by(self, user_id: int, content_ids: Sequence[int]) -> list[bool]: ...

    async def liked(self, user_id: int, page: PageRequest) -> Page[Content]: ...

    async def set(self, transaction: Transaction, user_id: int, content_id: int, *, liked: bool) -> Content | None:
        """The content as it then is, counted anew only where this changed something; None where there is none. This is
        one statement.
        """


class Likes:
    def __init__(self, database: Database, store: LikeStore) -> None:
        self._database, self._store = database, store

    async def set(self, viewer: Viewer, content_id: int, *, liked: bool) -> Content:
        """A like of a like changes nothing. Raises Refusal NOT_FOUND."""
        async with self._database.single() as transaction:
            content = await self._store.set(transaction, viewer.user.id, content_id, liked=liked)
        if content is None:
            raise not_found("content")
        return content
