"""Watch progress in PostgreSQL."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import INTERVAL

from domain.pages import Page, PageRequest
from domain.progress import CONTINUE_WATCHING, HISTORY, Ledger, Report, WatchProgress
from persistence import progress_ledger
from persistence.contents import VISIBLE
from persistence.database import Connection, Database
from persistence.pages import ordered, page_of, page_values
from persistence.statements import Statement, by_key, columns_of, is_any, plain
from persistence.sweeping import oldest_of, sweep
from persistence.tables import contents, progress_changes, progress_counters, watch_events, watch_progress

_COLUMNS = columns_of(WatchProgress, watch_progress)
_CHANGES = columns_of(WatchProgress, progress_changes, id=progress_changes.c.progress_id)
_USER = sa.bindparam("user_id", type_=sa.BigInteger)
_AFTER = sa.bindparam("after", type_=sa.BigInteger)
_OWN = sa.select(*_COLUMNS).where(watch_progress.c.user_id == _USER)
_VISIBLE = _OWN.join(contents, contents.c.id == watch_progress.c.content_id).where(VISIBLE)
# Started and not finished: what was only opened is not started.
_UNFINISHED = _VISIBLE.where(watch_progress.c.completed.is_(False), watch_progress.c.position_seconds > 0)

_OF_CONTENTS = Statement(_OWN.where(is_any(watch_progress.c.content_id, "ids")), WatchProgress)
_BY_IDS = Statement(_VISIBLE.where(is_any(watch_progress.c.id, "ids")), WatchProgress)
_SEQUENCE = plain(sa.select(progress_counters.c.sequence).where(progress_counters.c.user_id == _USER))
_LATEST = _VISIBLE.order_by(watch_progress.c.sequence.desc()).limit(sa.bindparam("most", type_=sa.BigInteger))
_LATEST_OF = {
    False: Statement(_LATEST, WatchProgress),
    True: Statement(_LATEST.where(watch_progress.c.content_id == sa.bindparam("content_id")), WatchProgress),
}
_next_is_kept = sa.exists(
    sa.select(progress_changes.c.sequence).where(
        progress_changes.c.user_id == _USER, progress_changes.c.sequence == _AFTER + 1
    )
)
_single_changes = (
    sa.select(*_CHANGES)
    .join(contents, contents.c.id == progress_changes.c.content_id)
    .where(VISIBLE, progress_changes.c.user_id == _USER, progress_changes.c.sequence > _AFTER, _next_is_kept)
)
_present_state = _VISIBLE.where(watch_progress.c.sequence > _AFTER, ~_next_is_kept)
_CHANGES_SINCE = Statement(sa.union_all(_single_changes, _present_state).order_by("sequence").limit(500), WatchProgress)
_PAGE = {
    (unfinished, after): Statement(
        ordered(_UNFINISHED if unfinished else _VISIBLE, CONTINUE_WATCHING if unfinished else HISTORY, after=after),
        WatchProgress,
    )
    for unfinished in (False, True)
    for after in (False, True)
}
_COUNT = {
    unfinished: Statement(
        sa.select(sa.func.count()).select_from((_UNFINISHED if unfinished else _VISIBLE).subquery()), int
    )
    for unfinished in (False, True)
}
_SWEEP = [
    oldest_of(table, table.c.recorded_at < sa.func.now() - sa.bindparam("kept", type_=INTERVAL))
    for table in (watch_events, progress_changes)
]


class Progress:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def ledgers(
        self, transaction: Connection, reports: Sequence[Report], *, patient: bool
    ) -> Mapping[int, Ledger]:
        return await progress_ledger.ledgers(transaction, reports, patient=patient)

    async def write(
        self, transaction: Connection, reports: Sequence[Report], changed: Sequence[WatchProgress]
    ) -> list[WatchProgress]:
        return await progress_ledger.write(transaction, reports, changed)

    async def forget_unused(self, transaction: Connection, user_ids: Sequence[int]) -> None:
        await progress_ledger.forget_unused(transaction, user_ids)

    async def of_contents(self, user_id: int, content_ids: Sequence[int]) -> list[WatchProgress | None]:
        async with self._database.reading() as connection:
            rows = await _OF_CONTENTS.all(connection, user_id=user_id, ids=content_ids)
        return by_key(content_ids, rows, lambda progress: progress.content_id)

    async def by_ids(self, user_id: int, ids: Sequence[int]) -> list[WatchProgress | None]:
        async with self._database.reading() as connection:
            return by_key(ids, await _BY_IDS.all(connection, user_id=user_id, ids=ids), lambda progress: progress.id)

    async def page(self, user_id: int, page: PageRequest, *, unfinished: bool) -> Page[WatchProgress]:
        async with self._database.reading() as connection:
            statement = _PAGE[unfinished, page.after is not None]
            rows = await statement.all(connection, user_id=user_id, **page_values(page))
        return page_of(page, rows, lambda: self._count(user_id, unfinished))

    async def latest(self, user_id: int, content_id: int | None, most: int) -> list[WatchProgress]:
        one = {} if content_id is None else {"content_id": content_id}
        async with self._database.reading() as connection:
            return (await _LATEST_OF[bool(one)].all(connection, user_id=user_id, most=most, **one))[::-1]

    async def changes(self, user_id: int, after: int) -> list[WatchProgress]:
        async with self._database.reading() as connection:
            return await _CHANGES_SINCE.all(connection, user_id=user_id, after=after)

    async def sequence(self, user_id: int) -> int:
        async with self._database.reading() as connection:
            return await _SEQUENCE.first(connection, user_id=user_id) or 0

    async def sweep(self, kept: timedelta) -> None:
        """Forgets events and single changes older than `kept`; how things stand now is never forgotten."""
        for statement in _SWEEP:
            await sweep(self._database, statement, kept=kept)

    async def _count(self, user_id: int, unfinished: bool) -> int:
        async with self._database.reading() as connection:
            return await _COUNT[unfinished].one(connection, user_id=user_id)
