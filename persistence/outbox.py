"""The outbox in PostgreSQL. Triggers write into it: see the migration that made the table."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import INTERVAL, insert

from domain.outbox import TOPICS, Backlog, OutboxState, Waiting
from persistence.database import Database
from persistence.statements import Statement, is_any, plain
from persistence.tables import outbox, outbox_topics

_ONCE_MORE = timedelta(seconds=4)

_TOPIC = sa.bindparam("topic", type_=sa.Text)
_OF_TOPIC = outbox.c.topic == _TOPIC
_LATER = sa.func.now() + sa.bindparam("later", type_=INTERVAL)
_SUBJECTS = sa.func.unnest(sa.bindparam("subjects", type_=sa.ARRAY(sa.Text))).column_valued("subject")

_IS_OPEN = plain(sa.select(outbox_topics.c.topic).where(outbox_topics.c.topic == _TOPIC))
# Who writes now has perhaps not seen that somebody listens; they end before it counts as opened.
_WAIT_FOR_WRITERS = plain(sa.text("lock table contents, content_genres, genres in share mode"))
_OPEN = plain(insert(outbox_topics).values(topic=_TOPIC).on_conflict_do_nothing().returning(outbox_topics.c.topic))
_CLOSE = [
    plain(sa.delete(outbox_topics).where(outbox_topics.c.topic == _TOPIC)),
    plain(sa.delete(outbox).where(_OF_TOPIC)),
]
_ADD = plain(insert(outbox).from_select(["topic", "subject"], sa.select(_TOPIC, _SUBJECTS)))
_due = (
    sa.select(outbox.c.id)
    .where(_OF_TOPIC, outbox.c.refusal.is_(None), outbox.c.due_at <= sa.func.now())
    .order_by(outbox.c.id)
    .limit(sa.bindparam("most", type_=sa.BigInteger))
    .with_for_update(skip_locked=True)
    .cte("due")
)
_TAKE = Statement(
    sa.update(outbox)
    .where(outbox.c.id == _due.c.id)
    .values(due_at=_LATER, taken=outbox.c.taken + 1)
    .returning(outbox.c.id, outbox.c.subject, outbox.c.attempts),
    Waiting,
)
_KEEP = plain(sa.update(outbox).where(is_any(outbox.c.id, "ids")).values(due_at=_LATER))
_FINISH = [
    # Whoever had taken it before may still be on the way with what it then was: it is told once more, a little later.
    plain(
        sa.update(outbox)
        .where(is_any(outbox.c.id, "ids"), outbox.c.taken > 1)
        .values(due_at=_LATER, taken=0)
        .returning(outbox.c.id)
    ),
    plain(
        sa.delete(outbox).where(
            sa.or_(
                sa.and_(is_any(outbox.c.id, "ids"), outbox.c.taken == 1),
                sa.and_(_OF_TOPIC, outbox.c.refusal.is_not(None), is_any(outbox.c.subject, "subjects")),
            )
        )
    ),
]
_GIVE_BACK = plain(
    sa.update(outbox)
    .where(is_any(outbox.c.id, "ids"))
    .values(due_at=sa.func.now(), taken=0)
    .returning(outbox.c.subject)
)
_given = (
    sa.func.unnest(
        sa.bindparam("ids", type_=sa.ARRAY(sa.BigInteger)), sa.bindparam("refusals", type_=sa.ARRAY(sa.Text))
    )
    .table_valued(sa.column("id", sa.BigInteger), sa.column("refusal", sa.Text), name="given")
    .render_derived()
)
_pauses = (
    sa.func.unnest(sa.bindparam("ids", type_=sa.ARRAY(sa.BigInteger)), sa.bindparam("pauses", type_=sa.ARRAY(INTERVAL)))
    .table_valued(sa.column("id", sa.BigInteger), sa.column("pause", INTERVAL), name="pauses")
    .render_derived()
)
_PUT_OFF = plain(
    sa.update(outbox)
    .where(outbox.c.id == _pauses.c.id)
    .values(due_at=sa.func.now() + _pauses.c.pause, taken=0, attempts=outbox.c.attempts + 1)
)
_SET_ASIDE = plain(sa.update(outbox).where(outbox.c.id == _given.c.id).values(refusal=_given.c.refusal))
_waiting = sa.func.count().filter(outbox.c.refusal.is_(None)).label("waiting")
_refused = sa.func.count().filter(outbox.c.refusal.is_not(None)).label("refused")
_SUBJECTS_WAITING = plain(sa.select(outbox.c.subject).where(_OF_TOPIC, outbox.c.refusal.is_(None)).distinct())
_STATE = Statement(sa.select(_waiting, _refused).where(_OF_TOPIC), OutboxState)
_oldest = sa.func.now() - sa.func.min(outbox.c.created_at).filter(outbox.c.refusal.is_(None))
_seconds = sa.func.coalesce(sa.extract("epoch", _oldest), 0).cast(sa.Double).label("oldest_seconds")
_BACKLOGS = Statement(sa.select(outbox.c.topic, _waiting, _refused, _seconds).group_by(outbox.c.topic), Backlog)


class Outbox:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def open(self, topic: str) -> bool:
        async with self._database.single() as connection:
            if await _IS_OPEN.first(connection, topic=topic):
                return False
        async with self._database.writing() as transaction:
            await _WAIT_FOR_WRITERS.run(transaction)
            return await _OPEN.first(transaction, topic=topic) is not None

    async def close(self, topic: str) -> None:
        async with self._database.writing() as transaction:
            for statement in _CLOSE:
                await statement.run(transaction, topic=topic)

    async def add(self, topic: str, subjects: Sequence[str]) -> None:
        async with self._database.single() as connection:
            await _ADD.run(connection, topic=topic, subjects=subjects)

    async def take(self, topic: str, most: int, seconds: float) -> list[Waiting]:
        async with self._database.single() as connection:
            taken = await _TAKE.all(connection, topic=topic, most=most, later=timedelta(seconds=seconds))
        return sorted(taken, key=lambda one: one.id)

    async def keep(self, ids: Sequence[int], seconds: float) -> None:
        async with self._database.single() as connection:
            await _KEEP.run(connection, ids=ids, later=timedelta(seconds=seconds))

    async def finish(self, topic: str, taken: Sequence[Waiting]) -> None:
        subjects = list({one.subject for one in taken})
        values = {"topic": topic, "ids": [one.id for one in taken], "subjects": subjects, "later": _ONCE_MORE}
        async with self._database.writing() as transaction:
            for statement in reversed(_FINISH):
                await statement.run(transaction, **values)

    async def give_back(self, topic: str, taken: Sequence[Waiting]) -> None:
        async with self._database.writing() as transaction:
            still = set(await _GIVE_BACK.all(transaction, ids=[one.id for one in taken]))
            # Others have told it, while we were perhaps telling what it was before.
            await _ADD.run(transaction, topic=topic, subjects=list({one.subject for one in taken} - still))

    async def put_off(self, pauses: Mapping[int, float]) -> None:
        waits = [timedelta(seconds=seconds) for seconds in pauses.values()]
        async with self._database.single() as connection:
            await _PUT_OFF.run(connection, ids=list(pauses), pauses=waits)

    async def set_aside(self, refusals: Mapping[int, str]) -> None:
        async with self._database.single() as connection:
            await _SET_ASIDE.run(connection, ids=list(refusals), refusals=list(refusals.values()))

    async def waiting(self, topic: str) -> list[str]:
        async with self._database.reading() as connection:
            return await _SUBJECTS_WAITING.all(connection, topic=topic)

    async def state(self, topic: str) -> OutboxState:
        async with self._database.reading() as connection:
            return await _STATE.one(connection, topic=topic)

    async def backlogs(self) -> list[Backlog]:
        """One of every topic, also of those in which nothing waits."""
        async with self._database.reading() as connection:
            found = {one.topic: one for one in await _BACKLOGS.all(connection)}
        return [found.get(topic) or Backlog(topic, 0, 0, 0.0) for topic in TOPICS]
