"""Notifications in PostgreSQL. A trigger writes those that are to be pushed into the outbox."""

from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import INTERVAL, insert

from domain.notifications import NOTIFICATIONS_BY_AGE, Message, Notification
from domain.pages import Page, PageRequest
from persistence.database import Connection, Database
from persistence.pages import ordered, page_of, page_values
from persistence.statements import Statement, by_key, columns_of, is_any, plain
from persistence.sweeping import SWEPT_AT_ONCE, sweep
from persistence.tables import notifications, users

COLUMNS = columns_of(Notification, notifications)
_OWN = notifications.c.user_id == sa.bindparam("user_id", type_=sa.BigInteger)
_ALL = sa.select(*COLUMNS).where(_OWN)
_UNREAD = notifications.c.read_at.is_(None)
_SINCE_AT_ONCE = 100

_PAGE = {after: Statement(ordered(_ALL, NOTIFICATIONS_BY_AGE, after=after), Notification) for after in (False, True)}
_COUNT = Statement(sa.select(sa.func.count()).where(_OWN), int)
_COUNT_UNREAD = Statement(sa.select(sa.func.count()).where(_OWN, _UNREAD), int)
_BY_IDS = Statement(_ALL.where(is_any(notifications.c.id, "ids")), Notification)
_NEWEST_ID = Statement(sa.select(sa.func.coalesce(sa.func.max(notifications.c.id), 0)), int)
_SINCE = Statement(
    _ALL.where(notifications.c.id > sa.bindparam("after", type_=sa.BigInteger))
    .order_by(notifications.c.id)
    .limit(_SINCE_AT_ONCE),
    Notification,
)
# Who is just being deleted is waited for, and then not told.
_receivers = (
    sa.select(users.c.id)
    .where(is_any(users.c.id, "user_ids"))
    .order_by(users.c.id)
    .with_for_update(read=True, key_share=True)
    .cte("receivers")
)
_TOLD = ("kind", "title", "body", "content_id", "event")
_INSERT = Statement(
    insert(notifications)
    .from_select(
        ["user_id", *_TOLD],
        sa.select(_receivers.c.id, *(sa.bindparam(name, type_=notifications.c[name].type) for name in _TOLD)),
    )
    .on_conflict_do_nothing()
    .returning(notifications.c.user_id, notifications.c.id),
    lambda user_id, notification_id: (int(user_id), int(notification_id)),
)
_MARK_READ = plain(
    sa.update(notifications)
    .where(_OWN, _UNREAD, is_any(notifications.c.id, "ids"))
    .values(read_at=sa.func.now())
    .returning(notifications.c.id)
)
_old = (
    sa.select(notifications.c.id)
    .where(notifications.c.created_at < sa.func.now() - sa.bindparam("kept", type_=INTERVAL))
    .limit(SWEPT_AT_ONCE)
    .with_for_update(skip_locked=True)
)
_SWEEP = plain(sa.delete(notifications).where(notifications.c.id.in_(_old)).returning(notifications.c.id))


class Notifications:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, user_id: int, page: PageRequest) -> Page[Notification]:
        async with self._database.reading() as connection:
            rows = await _PAGE[page.after is not None].all(connection, user_id=user_id, **page_values(page))
        return page_of(page, rows, lambda: self._count(user_id))

    async def by_ids(self, user_id: int, ids: Sequence[int]) -> list[Notification | None]:
        async with self._database.reading() as connection:
            return by_key(ids, await _BY_IDS.all(connection, user_id=user_id, ids=ids), lambda one: one.id)

    async def unread(self, user_id: int) -> int:
        async with self._database.reading() as connection:
            return await _COUNT_UNREAD.one(connection, user_id=user_id)

    async def newest_id(self) -> int:
        async with self._database.reading() as connection:
            return await _NEWEST_ID.one(connection)

    async def since(self, user_id: int, notification_id: int) -> list[Notification]:
        async with self._database.reading() as connection:
            return await _SINCE.all(connection, user_id=user_id, after=notification_id)

    async def insert(self, transaction: Connection, user_ids: Sequence[int], message: Message) -> dict[int, int]:
        told = {name: getattr(message, name) for name in _TOLD}
        return dict(await _INSERT.all(transaction, user_ids=user_ids, **told))

    async def mark_read(self, user_id: int, ids: Sequence[int]) -> int:
        async with self._database.single() as connection:
            return len(await _MARK_READ.all(connection, user_id=user_id, ids=ids))

    async def sweep(self, kept: timedelta) -> None:
        await sweep(self._database, _SWEEP, kept=kept)

    async def _count(self, user_id: int) -> int:
        async with self._database.reading() as connection:
            return await _COUNT.one(connection, user_id=user_id)
