"""View logs, likes, reviews and progress of older systems, written a batch at a time, with what they are counted in.
Locks are taken in the order of everybody: people, then contents, each by their ids.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from domain.importing import Kind, Outcome, Row
from domain.playback import FIRST_VIEW, POINTS_FOR_FIRST_VIEW
from domain.progress_ledger import Report, WatchEvent, WatchProgress
from persistence import progress_ledger
from persistence.arrays import Bulk, arrays, given, of_table
from persistence.database import Connection
from persistence.importing_batch import Batch
from persistence.statements import Statement, is_any, plain
from persistence.tables import (
    content_likes,
    contents,
    imported_deeds,
    point_entries,
    reviews,
    users,
    view_logs,
    watch_progress,
)

_BOTH = ("user_id", "content_id")
_NOBODY = UUID(int=0)


def _pair(user_id: int, content_id: int, *rest: Any) -> Any:
    """What is known of a person and a content together, by the two of them."""
    return ((user_id, content_id), *rest) if rest else (user_id, content_id)


_pairs = given("pair", user_id=sa.BigInteger, content_id=sa.BigInteger)
# What is looked up for each row by itself is a column, not a join: whatever the planner thinks of tables that grow
# while it looks, it goes by the index.
_noted = sa.and_(
    imported_deeds.c.user_id == _pairs.c.user_id,
    imported_deeds.c.content_id == _pairs.c.content_id,
    imported_deeds.c.kind == sa.bindparam("kind", type_=sa.Text),
)
_seal = sa.select(imported_deeds.c.seal).where(_noted, imported_deeds.c.system == sa.bindparam("system", type_=sa.Text))
_KNOWN = Statement(sa.select(*_pairs.c, _seal.scalar_subquery()), _pair)
_OWNERS = {
    Kind.VIEW_LOGS: (view_logs, view_logs.c.user_id),
    Kind.LIKES: (content_likes, content_likes.c.user_id),
    Kind.REVIEWS: (reviews, reviews.c.author_id),
    Kind.WATCH_PROGRESS: (watch_progress, watch_progress.c.user_id),
}
_HERE = {
    kind: Statement(
        sa.select(
            *_pairs.c,
            sa.exists(sa.select(owner).where(owner == _pairs.c.user_id, table.c.content_id == _pairs.c.content_id)),
            sa.exists(sa.select(imported_deeds.c.kind).where(_noted)),
        ),
        _pair,
    )
    for kind, (table, owner) in _OWNERS.items()
}
_NOTE = Bulk(imported_deeds, "user_id", "kind", "content_id", "system", "seal")
_HOLD_PEOPLE, _HOLD_CONTENTS = (
    plain(sa.select(table.c.id).where(is_any(table.c.id, "ids")).order_by(table.c.id).with_for_update(key_share=True))
    for table in (users, contents)
)
_COUNT = sa.func.count()

_log = of_table("log", view_logs, *_BOTH, "created_at")
_logged = (
    insert(view_logs)
    .from_select(
        [*_BOTH, "corporation_id", "created_at"],
        sa.select(_log.c.user_id, _log.c.content_id, contents.c.corporation_id, _log.c.created_at).join_from(
            _log, contents, contents.c.id == _log.c.content_id
        ),
    )
    .on_conflict_do_nothing()
    .returning(view_logs.c.user_id, view_logs.c.content_id, view_logs.c.created_at)
    .cte("logged")
)
_entered = (
    sa.insert(point_entries)
    .from_select(
        [*_BOTH, "points", "reason", "created_at"],
        sa.select(
            _logged.c.user_id,
            _logged.c.content_id,
            sa.literal(POINTS_FOR_FIRST_VIEW, sa.Integer),
            sa.literal(FIRST_VIEW, sa.Text),
            _logged.c.created_at,
        ),
    )
    .cte("entered")
)
_seen_by = sa.select(_logged.c.user_id, _COUNT.label("count")).group_by(_logged.c.user_id).subquery("seen_by")
_paid = (
    sa.update(users)
    .where(users.c.id == _seen_by.c.user_id)
    .values(points=users.c.points + POINTS_FOR_FIRST_VIEW * _seen_by.c.count)
    .cte("paid")
)


def _counted(written: Any, column: str) -> Any:
    """One more in that column for each row of a content."""
    of = sa.select(written.c.content_id, _COUNT.label("count")).group_by(written.c.content_id).subquery("of")
    return (
        sa.update(contents)
        .where(contents.c.id == of.c.content_id)
        .values({column: contents.c[column] + of.c.count})
        .cte("counted")
    )


_like = of_table("like_of", content_likes, *_BOTH, "created_at")
_liked = (
    insert(content_likes)
    .from_select([*_BOTH, "created_at"], sa.select(*_like.c))
    .on_conflict_do_nothing()
    .returning(content_likes.c.user_id, content_likes.c.content_id)
    .cte("liked")
)
_REVIEW = ("author_id", "content_id", "rating", "body", "created_at", "updated_at")
_review = of_table("review", reviews, *_REVIEW)
_reviewed = (
    insert(reviews)
    .from_select(_REVIEW, sa.select(*_review.c))
    .on_conflict_do_nothing()
    .returning(reviews.c.author_id.label("user_id"), reviews.c.content_id, reviews.c.rating)
    .cte("reviewed")
)
_ratings = (
    sa.select(_reviewed.c.content_id, _COUNT.label("count"), sa.func.sum(_reviewed.c.rating).label("sum"))
    .group_by(_reviewed.c.content_id)
    .subquery("ratings")
)
_rated = (
    sa.update(contents)
    .where(contents.c.id == _ratings.c.content_id)
    .values(review_count=contents.c.review_count + _ratings.c.count, rating_sum=contents.c.rating_sum + _ratings.c.sum)
    .cte("rated")
)


def _writing(written: Any, *beside: Any) -> Statement[tuple[int, int]]:
    return Statement(sa.select(written.c.user_id, written.c.content_id).add_cte(*beside), _pair)


_WRITE = {
    Kind.VIEW_LOGS: (_log, _writing(_logged, _entered, _paid, _counted(_logged, "view_count")), ("created_at",)),
    Kind.LIKES: (_like, _writing(_liked, _counted(_liked, "like_count")), ("created_at",)),
    Kind.REVIEWS: (_review, _writing(_reviewed, _rated), _REVIEW[2:]),
}


async def end_known_deeds(batch: Batch) -> None:
    """Those that were imported from this system before."""
    asked = arrays(_pairs, sorted({_ids(batch, row) for _, row in batch.left}))
    known = dict(await _KNOWN.all(batch.connection, system=batch.system, kind=batch.kind.value, **asked))
    for number, row in list(batch.left):
        seal = known.get(_ids(batch, row))
        if seal is not None:
            batch.end(number, Outcome.KNOWN if seal == row.seal else Outcome.DIFFERENT)


async def write_deeds(batch: Batch) -> None:
    """In a dry run nothing is locked, and nothing written."""
    if not batch.is_dry:
        await _hold(batch)
    here = await _here_already(batch)
    left = list(batch.left)
    if not batch.is_dry:
        new = [row for _, row in left if _ids(batch, row) not in here]
        written = await (_write_progress if batch.kind is Kind.WATCH_PROGRESS else _write)(batch, new)
        notes = [
            (user_id, batch.kind.value, content_id, batch.system, row.seal)
            for _, row in left
            for user_id, content_id in [_ids(batch, row)]
        ]
        await _NOTE.write(batch.connection, notes)
        here |= {_ids(batch, row) for row in new} - written
    for number, row in left:
        batch.end(number, Outcome.JOINED if _ids(batch, row) in here else Outcome.WRITTEN)


async def _here_already(batch: Batch) -> set[tuple[int, int]]:
    """Those that came from another system and were taken back here are left out."""
    asked = arrays(_pairs, sorted({_ids(batch, row) for _, row in batch.left}))
    found = await _HERE[batch.kind].all(batch.connection, kind=batch.kind.value, **asked)
    taken_back = {ids for ids, is_here, was_imported in found if was_imported and not is_here}
    for number, row in list(batch.left):
        if _ids(batch, row) in taken_back:
            batch.end(number, Outcome.GONE)
    return {ids for ids, is_here, _ in found if is_here}


async def _hold(batch: Batch) -> None:
    """Whoever has just been deleted is left out."""
    people = sorted({_ids(batch, row)[0] for _, row in batch.left})
    held = set(await _HOLD_PEOPLE.all(batch.connection, ids=people))
    for number, row in list(batch.left):
        if _ids(batch, row)[0] not in held:
            batch.end(number, Outcome.GONE)
    if batch.kind is not Kind.WATCH_PROGRESS:
        of = sorted({_ids(batch, row)[1] for _, row in batch.left})
        await _HOLD_CONTENTS.run(batch.connection, ids=of)


async def _write(batch: Batch, new: Sequence[Row]) -> set[tuple[int, int]]:
    table, statement, columns = _WRITE[batch.kind]
    rows = [(*_ids(batch, row), *(row.values[name] for name in columns)) for row in new]
    return set(await statement.all(batch.connection, **arrays(table, rows)))


async def _write_progress(batch: Batch, new: Sequence[Row]) -> set[tuple[int, int]]:
    """As changes of each person's, with sequences of their own; under the locks of their counters."""
    reports = [Report(user_id, [_event(content_id, row)]) for row in new for user_id, content_id in [_ids(batch, row)]]
    if not reports:
        return set()
    connection: Connection = batch.connection
    ledgers = await progress_ledger.ledgers(connection, reports, patient=True)
    sequences = {user_id: ledger.sequence for user_id, ledger in ledgers.items()}
    changed = []
    for row in sorted(new, key=_observed_at):
        user_id, content_id = _ids(batch, row)
        if content_id not in ledgers[user_id].progress:
            sequences[user_id] += 1
            changed.append(_standing(user_id, content_id, row, sequences[user_id]))
    written = await progress_ledger.write(connection, [], changed)
    return {(progress.user_id, progress.content_id) for progress in written}


def _event(content_id: int, row: Row) -> WatchEvent:
    return WatchEvent(_NOBODY, content_id, row.values["position_seconds"], None, None, _observed_at(row))


def _standing(user_id: int, content_id: int, row: Row, sequence: int) -> WatchProgress:
    values = row.values
    return WatchProgress(
        id=0,
        user_id=user_id,
        content_id=content_id,
        position_seconds=values["position_seconds"],
        duration_seconds=values["duration_seconds"],
        completed=bool(values["completed"]),
        observed_at=_observed_at(row),
        sequence=sequence,
    )


def _observed_at(row: Row) -> datetime:
    observed_at: datetime = row.values["observed_at"]
    return observed_at


def _ids(batch: Batch, row: Row) -> tuple[int, int]:
    ids = batch.pairs.get(row.key)
    if ids is None:
        person, content = row.values["user_id"], row.values["content_id"]
        ids = batch.pairs[row.key] = (batch.new_id(Kind.PEOPLE, person), batch.new_id(Kind.CONTENTS, content))
    return ids
