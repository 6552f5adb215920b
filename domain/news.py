"""News: what happens that people are told of, and in which words (FEATURES D7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.corporations import Corporation
from domain.images import Swept
from domain.notifications import Message, NotificationKind, Notifications
from domain.ports import Transaction

_LONGEST_QUOTE = 200


@dataclass(frozen=True, slots=True)
class Audience:
    """Who hears of something about a content, and what it is called."""

    title: str
    user_ids: Sequence[int]


@dataclass(frozen=True, slots=True)
class FanOut:
    """A new content of which everybody is told who likes one of its genres, but for one person, as far as they were.
    `title` is None where it was deleted meanwhile.
    """

    content_id: int
    after_user_id: int
    but_user_id: int
    title: str | None
    genres: Sequence[str]


@dataclass(frozen=True, slots=True)
class Batch:
    """The next people in the order of their ids: the last of them, and which ones like the genres of a content."""

    last_id: int | None
    user_ids: Sequence[int]


class NewsStore(Protocol):
    async def managers_of_content(self, transaction: Transaction, content_id: int, but: int) -> Audience:
        """The managers of its company, but for one person."""

    async def managers_of(self, transaction: Transaction, corporation_id: int) -> list[int]: ...

    async def begin_fan_out(self, transaction: Transaction, content_id: int, but: int) -> None:
        """All but one person are told."""

    async def next_fan_out(self, transaction: Transaction) -> FanOut | None:
        """The oldest that no other transaction is at."""

    async def batch(self, transaction: Transaction, fan_out: FanOut, most: int) -> Batch:
        """Of `most` people behind those who were told."""

    async def go_on(self, transaction: Transaction, content_id: int, after_user_id: int) -> None: ...

    async def end_fan_out(self, transaction: Transaction, content_id: int) -> None: ...


class News:
    """Each is told in the transaction that it is about, before this locks a content: people are locked first."""

    def __init__(self, store: NewsStore, notifications: Notifications) -> None:
        self._store, self._notifications = store, notifications

    async def review_added(
        self, transaction: Transaction, content_id: int, author_id: int, rating: int, body: str | None
    ) -> None:
        """Once for each person and content, however often they take it back and write another."""
        audience = await self._store.managers_of_content(transaction, content_id, author_id)
        quoted = f"{rating} of 10: {_cut(body)}" if body else f"{rating} of 10"
        kind, title = NotificationKind.REVIEW_ADDED, f"New review of {audience.title}"
        message = Message(kind, f"review:{content_id}:{author_id}", title, quoted, content_id)
        await self._notifications.tell(transaction, audience.user_ids, message)

    async def content_added(self, transaction: Transaction, content_id: int, by: int) -> None:
        """Those who like one of its genres are told by and by, since there may be a hundred thousand of them."""
        await self._store.begin_fan_out(transaction, content_id, by)

    async def plan_expired(self, transaction: Transaction, corporation: Corporation) -> None:
        title = f"The paid plan of {corporation.name} has expired"
        body = "It is on the free plan now, with which deleted contents cannot be restored."
        await self._tell_managers(transaction, NotificationKind.PLAN_EXPIRED, corporation, title, body)

    async def plan_expiring(self, transaction: Transaction, corporation: Corporation) -> None:
        title = f"The paid plan of {corporation.name} ends soon"
        body = f"It ends on {corporation.plan_expires_at:%Y-%m-%d at %H:%M} UTC."
        await self._tell_managers(transaction, NotificationKind.PLAN_EXPIRING, corporation, title, body)

    async def upload_swept(self, transaction: Transaction, swept: Swept) -> None:
        title = "An upload was given up"
        body = f"{_cut(swept.filename)} was announced a day ago, and never completed."
        message = Message(NotificationKind.UPLOAD_SWEPT, f"upload:{swept.image_id}", title, body)
        await self._notifications.tell(transaction, [swept.owner_id], message)

    async def fan_out(self, transaction: Transaction, fan_out: FanOut, most: int) -> None:
        """Tells those among the next `most` people whom it concerns."""
        concerns = fan_out.title is not None and fan_out.genres
        batch = await self._store.batch(transaction, fan_out, most) if concerns else Batch(None, ())
        if batch.last_id is None:
            await self._store.end_fan_out(transaction, fan_out.content_id)
            return
        title, body = f"New: {fan_out.title}", ", ".join(fan_out.genres)
        kind, event = NotificationKind.CONTENT_ADDED, f"content:{fan_out.content_id}"
        message = Message(kind, event, title, body, fan_out.content_id)
        await self._notifications.tell(transaction, batch.user_ids, message)
        await self._store.go_on(transaction, fan_out.content_id, batch.last_id)

    async def _tell_managers(
        self, transaction: Transaction, kind: NotificationKind, corporation: Corporation, title: str, body: str
    ) -> None:
        """Once for each end of a plan."""
        managers = await self._store.managers_of(transaction, corporation.id)
        assert corporation.plan_expires_at
        event = f"{kind.value}:{corporation.id}:{corporation.plan_expires_at:%Y%m%dT%H%M%S.%f}"
        await self._notifications.tell(transaction, managers, Message(kind, event, title, body))


def _cut(text: str) -> str:
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= _LONGEST_QUOTE else f"{one_line[: _LONGEST_QUOTE - 1]}…"
