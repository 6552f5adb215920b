"""What is pushed, in PostgreSQL: one row for each device and event, written before anything is sent."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import INTERVAL, insert

from domain.outbox import PUSH, PUSH_TO_MANY
from domain.push import Claimed
from persistence.database import Database
from persistence.devices import LISTENS
from persistence.statements import Statement, plain
from persistence.sweeping import SWEPT_AT_ONCE, sweep
from persistence.tables import devices, notifications, outbox, pushes

_STALE = timedelta(days=1)


def _pairs(first: str, second: sa.types.TypeEngine[Any]) -> sa.TableValuedAlias:
    """Rows of a notification's or device's id and what goes with it, from two arrays."""
    given = sa.func.unnest(
        sa.bindparam("firsts", type_=sa.ARRAY(sa.BigInteger)), sa.bindparam("seconds", type_=sa.ARRAY(second))
    )
    return given.table_valued(
        sa.column(first, sa.BigInteger), sa.column("second", second), name="given"
    ).render_derived()


_given = _pairs("notification_id", sa.BigInteger())
_due = (
    sa.select(
        notifications.c.id.label("notification_id"),
        devices.c.id.label("device_id"),
        notifications.c.event,
        notifications.c.kind,
        notifications.c.title,
        notifications.c.body,
        notifications.c.content_id,
        devices.c.token,
    )
    .join(_given, _given.c.notification_id == notifications.c.id)
    .join(devices, sa.and_(devices.c.id == _given.c.second, devices.c.user_id == notifications.c.user_id))
    .where(
        LISTENS,
        notifications.c.read_at.is_(None),
        notifications.c.created_at > sa.func.now() - sa.literal(_STALE, INTERVAL),
    )
    .with_for_update(of=devices, read=True, key_share=True)
    .cte("due")
)
_claimed = (
    insert(pushes)
    .from_select(["device_id", "event"], sa.select(_due.c.device_id, _due.c.event))
    .on_conflict_do_nothing()
    .returning(pushes.c.device_id, pushes.c.event)
    .cte("claimed")
)
_CLAIM = Statement(
    sa.select(*_due.c).join(
        _claimed, sa.and_(_claimed.c.device_id == _due.c.device_id, _claimed.c.event == _due.c.event)
    ),
    Claimed,
)
_given_back = _pairs("device_id", sa.Text())
_RELEASE = plain(
    sa.delete(pushes).where(pushes.c.device_id == _given_back.c.device_id, pushes.c.event == _given_back.c.second)
)
_FORGET_DEVICE = plain(
    sa.delete(devices).where(
        devices.c.id == sa.bindparam("device_id", type_=sa.BigInteger), devices.c.token == sa.bindparam("token")
    )
)
_KEPT = sa.bindparam("kept", type_=INTERVAL)
_old = (
    sa.select(pushes.c.device_id, pushes.c.event).where(pushes.c.sent_at < sa.func.now() - _KEPT).limit(SWEPT_AT_ONCE)
)
_SWEEP = plain(
    sa.delete(pushes).where(sa.tuple_(pushes.c.device_id, pushes.c.event).in_(_old)).returning(pushes.c.event)
)
_GIVE_UP = plain(
    sa.delete(outbox).where(
        sa.or_(outbox.c.topic == PUSH, outbox.c.topic == PUSH_TO_MANY),
        outbox.c.refusal.is_not(None),
        outbox.c.created_at < sa.func.now() - _KEPT,
    )
)


class Pushes:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, subjects: Sequence[str]) -> list[Claimed]:
        pairs = [tuple(map(int, subject.split())) for subject in subjects]
        async with self._database.single() as connection:
            return await _CLAIM.all(
                connection, firsts=[first for first, _ in pairs], seconds=[last for _, last in pairs]
            )

    async def release(self, claimed: Sequence[Claimed]) -> None:
        device_ids, events = [one.device_id for one in claimed], [one.event for one in claimed]
        async with self._database.single() as connection:
            await _RELEASE.run(connection, firsts=device_ids, seconds=events)

    async def forget_device(self, device_id: int, token: str) -> None:
        async with self._database.single() as connection:
            await _FORGET_DEVICE.run(connection, device_id=device_id, token=token)

    async def sweep(self, kept: timedelta) -> None:
        await sweep(self._database, _SWEEP, kept=kept)
        async with self._database.single() as connection:
            await _GIVE_UP.run(connection, kept=kept)
