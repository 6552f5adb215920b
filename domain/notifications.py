"""Notifications: what people are told of, each of them once."""

import enum
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from domain.errors import ValidationFailed
from domain.feeds import Feed
from domain.pages import MOST_PER_PAGE, Order, Page, PageRequest
from domain.ports import Database, Signals, Transaction
from domain.users import Viewer

# A subscription looks so many ids back after a lost line, and remembers as many that it told: none comes twice.
_ON_THEIR_WAY = 2000


class NotificationKind(enum.Enum):
    REVIEW_ADDED = "REVIEW_ADDED"
    PLAN_EXPIRED = "PLAN_EXPIRED"
    PLAN_EXPIRING = "PLAN_EXPIRING"
    UPLOAD_SWEPT = "UPLOAD_SWEPT"
    CONTENT_ADDED = "CONTENT_ADDED"


@dataclass(frozen=True, slots=True)
class Notification:
    id: int
    user_id: int
    kind: NotificationKind
    title: str
    body: str
    content_id: int | None
    read_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Message:
    """What is told. `event` names the cause: nobody is told of one twice."""

    kind: NotificationKind
    event: str
    title: str
    body: str
    content_id: int | None = None


NOTIFICATIONS_BY_AGE = Order("notifications", ("created_at", "id"), (datetime, int))


class NotificationStore(Protocol):
    """What is read is one person's."""

    async def page(self, user_id: int, page: PageRequest) -> Page[Notification]: ...

    async def by_ids(self, user_id: int, ids: Sequence[int]) -> list[Notification | None]: ...

    async def unread(self, user_id: int) -> int:
        """How many were not read yet."""

    async def newest_id(self) -> int:
        """Of anybody's."""

    async def since(self, user_id: int, notification_id: int) -> list[Notification]:
        """In order of their ids, at most a hundred at a time."""

    async def insert(self, transaction: Transaction, user_ids: Sequence[int], message: Message) -> dict[int, int]:
        """The new ids by person; not of those who are gone, or were told of the same event before."""

    async def mark_read(self, user_id: int, ids: Sequence[int]) -> int:
        """How many of these were not read before."""

    async def sweep(self, kept: timedelta) -> None:
        """Deletes those that are older."""


class Notifications:
    def __init__(self, database: Database, store: NotificationStore, signals: Signals) -> None:
        self._database, self._store, self._signals = database, store, signals

    async def tell(self, transaction: Transaction, user_ids: Sequence[int], message: Message) -> None:
        """In the transaction of the cause: who is told is told if, and only if, it commits."""
        added = await self._store.insert(transaction, user_ids, message) if user_ids else {}
        if added:
            await self._signals.announce_each(transaction, "notifications", added)

    async def mark_read(self, viewer: Viewer, ids: Sequence[int]) -> int:
        """How many of the viewer's were not read before. Raises ValidationFailed."""
        if len(ids) > MOST_PER_PAGE:
            raise ValidationFailed(f"`ids` may hold at most {MOST_PER_PAGE}, not {len(ids)}.")
        return await self._store.mark_read(viewer.user.id, ids)

    async def watch(self, viewer: Viewer) -> AsyncIterator[Notification]:
        """Every one as it comes, once."""
        store, user_id = self._store, viewer.user.id
        by_ids, since = partial(store.by_ids, user_id), partial(store.since, user_id)
        feed = Feed(user_id, store.newest_id, by_ids, since, _ON_THEIR_WAY, _ON_THEIR_WAY)
        with self._signals.listen(("notifications", user_id)) as inbox:
            async for notification in feed.watch(inbox):
                yield notification
