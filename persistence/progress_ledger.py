"""The ledgers of watch progress in PostgreSQL: locked and read for many people at once, and written likewise."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.dialects.postgresql import distinct_on, insert

from domain.progress import Ledger, Report, WatchProgress
from persistence.arrays import arrays, given
from persistence.contents import VISIBLE
from persistence.database import Connection
from persistence.statements import Statement, columns_of, is_any, plain
from persistence.tables import contents, progress_changes, progress_counters, users, watch_events, watch_progress

_STATE = ("content_id", "position_seconds", "duration_seconds", "completed", "observed_at", "sequence")
_NONE_YET = sa.literal(0, sa.BigInteger)

# The person before what is theirs, as everywhere: who deletes a person locks in this order too. And one person before
# the next in the order of their ids, so that no two groups wait for each other.
_people = sa.select(users.c.id).where(is_any(users.c.id, "user_ids")).order_by(users.c.id)
_person = _people.with_for_update(read=True, key_share=True).cte("person")
_LOCK = Statement(
    insert(progress_counters)
    .from_select(["user_id", "sequence"], sa.select(_person.c.id, _NONE_YET).order_by(_person.c.id))
    .on_conflict_do_update(index_elements=["user_id"], set_={"sequence": progress_counters.c.sequence})
    .returning(*progress_counters.c, sa.func.clock_timestamp()),
    lambda *row: row,
)

# Whom somebody else is at is left out, so that they are alone in waiting.
_free = _people.with_for_update(read=True, key_share=True, skip_locked=True).cte("person")
_held = (
    sa.select(*progress_counters.c)
    .join(_free, _free.c.id == progress_counters.c.user_id)
    .order_by(progress_counters.c.user_id)
    .with_for_update(of=progress_counters, key_share=True, skip_locked=True)
    .cte("held")
)
_has_counter = sa.exists(sa.select(progress_counters.c.user_id).where(progress_counters.c.user_id == _free.c.id))
_made = (
    insert(progress_counters)
    .from_select(["user_id", "sequence"], sa.select(_free.c.id, _NONE_YET).where(~_has_counter).order_by(_free.c.id))
    .on_conflict_do_nothing()
    .returning(*progress_counters.c)
    .cte("made")
)
# What locks a content, or makes the counter of the same newcomer, is waited for by whom it concerns alone.
_BE_IMPATIENT = plain(sa.select(sa.func.set_config("lock_timeout", "1s", sa.true())))
_LOCK_AT_ONCE = Statement(
    sa.union_all(*(sa.select(*locked.c, sa.func.clock_timestamp()) for locked in (_held, _made))), lambda *row: row
)

# A statement of its own: what it sees was committed before the locks were got.
_asked = given("asked", user_id=sa.BigInteger, event_id=pg.UUID, content_id=sa.BigInteger)
_STANDING = Statement(
    sa.select(
        _asked.c.user_id,
        contents.c.id.label("visible"),
        watch_events.c.event_id.label("known"),
        *columns_of(WatchProgress, watch_progress),
    )
    .select_from(_asked)
    .join(contents, sa.and_(contents.c.id == _asked.c.content_id, VISIBLE), isouter=True)
    .join(
        watch_events,
        sa.and_(watch_events.c.user_id == _asked.c.user_id, watch_events.c.event_id == _asked.c.event_id),
        isouter=True,
    )
    .join(
        watch_progress,
        sa.and_(watch_progress.c.user_id == _asked.c.user_id, watch_progress.c.content_id == _asked.c.content_id),
        isouter=True,
    ),
    lambda *row: row,
)

_heard = given("heard", user_id=sa.BigInteger, event_id=pg.UUID)
_remembered = (
    insert(watch_events)
    .from_select(["user_id", "event_id"], sa.select(*_heard.c))
    .on_conflict_do_nothing()
    .cte("remembered")
)
_change = given("change", user_id=sa.BigInteger, **{name: watch_progress.c[name].type for name in _STATE})
_counted_to = sa.select(_change.c.user_id, sa.func.max(_change.c.sequence).label("sequence")).group_by(
    _change.c.user_id
)
_last = _counted_to.subquery("last")
_counted = (
    sa.update(progress_counters)
    .where(progress_counters.c.user_id == _last.c.user_id)
    .values(sequence=_last.c.sequence)
    .cte("counted")
)
_standing = insert(watch_progress).from_select(
    ["user_id", *_STATE],
    sa.select(*_change.c)
    .ext(distinct_on(_change.c.user_id, _change.c.content_id))
    .order_by(_change.c.user_id, _change.c.content_id, _change.c.sequence.desc()),
)
_written = (
    _standing.on_conflict_do_update(
        index_elements=["user_id", "content_id"],
        set_={name: _standing.excluded[name] for name in _STATE if name != "content_id"},
    )
    .returning(watch_progress.c.id, watch_progress.c.user_id, watch_progress.c.content_id)
    .cte("written")
)
_logged = (
    sa.insert(progress_changes)
    .from_select(
        ["progress_id", "user_id", *_STATE],
        sa.select(_written.c.id, *_change.c).join(
            _written,
            sa.and_(_written.c.user_id == _change.c.user_id, _written.c.content_id == _change.c.content_id),
        ),
    )
    .returning(*columns_of(WatchProgress, progress_changes, id=progress_changes.c.progress_id))
    .cte("logged")
)
_WRITE = Statement(sa.select(*_logged.c).add_cte(_remembered, _counted), WatchProgress)
_FORGET_UNUSED = plain(sa.delete(progress_counters).where(is_any(progress_counters.c.user_id, "user_ids")))


@dataclass(slots=True)
class _Page:
    """What is found of one person."""

    visible: set[int] = field(default_factory=set)
    known: set[UUID] = field(default_factory=set)
    progress: dict[int, WatchProgress] = field(default_factory=dict)


async def ledgers(transaction: Connection, reports: Sequence[Report], *, patient: bool) -> Mapping[int, Ledger]:
    lock = _LOCK if patient else _LOCK_AT_ONCE
    if not patient and len(reports) > 1:
        await _BE_IMPATIENT.run(transaction)
    counters: list[tuple[int, int, datetime]] = await lock.all(
        transaction, user_ids=sorted({report.user_id for report in reports})
    )
    pages = await _pages(transaction, reports)
    return {
        user_id: Ledger(sequence, now, frozenset(page.visible), frozenset(page.known), page.progress)
        for user_id, sequence, now in counters
        for page in [pages[user_id]]
    }


async def _pages(transaction: Connection, reports: Sequence[Report]) -> Mapping[int, _Page]:
    asked = [(report.user_id, event.event_id, event.content_id) for report in reports for event in report.events]
    pages = defaultdict[int, _Page](_Page)
    for user_id, visible, known, *progress in await _STANDING.all(transaction, **arrays(_asked, asked)):
        page = pages[user_id]
        if visible:
            page.visible.add(visible)
        if known:
            # asyncpg answers with its own kind of UUID, which equals and hashes like the standard one.
            page.known.add(known)
        if progress[0]:
            stands = WatchProgress(*progress)
            page.progress[stands.content_id] = stands
    return pages


async def write(
    transaction: Connection, reports: Sequence[Report], changed: Sequence[WatchProgress]
) -> list[WatchProgress]:
    heard = [(report.user_id, event.event_id) for report in reports for event in report.events]
    changes = [(one.user_id, *(getattr(one, name) for name in _STATE)) for one in changed]
    return await _WRITE.all(transaction, **arrays(_heard, heard), **arrays(_change, changes))


async def forget_unused(transaction: Connection, user_ids: Sequence[int]) -> None:
    await _FORGET_UNUSED.run(transaction, user_ids=user_ids)
