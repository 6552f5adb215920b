"""Streams, view logs and points in PostgreSQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import INTERVAL, insert

from domain.contents import Content
from domain.pages import Page, PageRequest
from domain.playback import (
    FIRST_VIEW,
    POINT_ENTRIES_BY_AGE,
    POINTS_FOR_FIRST_VIEW,
    VIEW_LOGS_BY_AGE,
    Playable,
    PointEntry,
    Start,
    View,
    ViewLog,
    ViewLogFilter,
)
from domain.video_assets import VideoAsset
from persistence import contents as catalogue
from persistence import sessions as signed_in
from persistence import video_assets as assets
from persistence.database import Connection, Database
from persistence.pages import ordered, page_of, page_values
from persistence.signals import told
from persistence.statements import Statement, by_key, columns_of, is_any, plain
from persistence.tables import contents, point_entries, sessions, users, video_assets, view_logs, watch_progress

_LOGS = columns_of(ViewLog, view_logs)
_ENTRIES = columns_of(PointEntry, point_entries)
_USER = sa.bindparam("user_id", type_=sa.BigInteger)
_CONTENT = sa.bindparam("content_id", type_=sa.BigInteger)
# So many columns of a start are one Playable.
_PLAYABLE = len(catalogue.COLUMNS) + len(assets.COLUMNS) + 2

_ASSET = sa.bindparam("asset_id", type_=sa.BigInteger)
_AT_ONCE = sa.bindparam("streams_at_once", type_=sa.BigInteger)
_watching = sa.select(sa.func.count()).where(
    watch_progress.c.user_id == _USER,
    watch_progress.c.observed_at > sa.func.now() - sa.bindparam("within", type_=INTERVAL),
    watch_progress.c.content_id != _CONTENT,
    watch_progress.c.completed.is_(False),
)
# Counted only where it matters.
_beside = sa.select(
    sa.case((_AT_ONCE.is_(None), 0), else_=_watching.scalar_subquery()).label("streams"),
).cte("beside")
_has_file = sa.exists(
    sa.select(video_assets.c.id).where(
        video_assets.c.content_id == contents.c.id, sa.or_(_ASSET.is_(None), video_assets.c.id == _ASSET)
    )
)
_has_room = sa.or_(_AT_ONCE.is_(None), sa.select(_beside.c.streams).scalar_subquery() < _AT_ONCE)
# Once is the unique constraint's doing: a second log is not written, and what hangs from the log then finds none.
_log = (
    insert(view_logs)
    .from_select(
        ["user_id", "content_id", "corporation_id"],
        sa.select(_USER, contents.c.id, contents.c.corporation_id).where(
            contents.c.id == _CONTENT, catalogue.VISIBLE, _has_file, _has_room
        ),
    )
    .on_conflict_do_nothing()
    .returning(view_logs.c.id, view_logs.c.content_id, view_logs.c.corporation_id)
    .cte("log")
)
_entry = (
    sa.insert(point_entries)
    .from_select(
        ["user_id", "content_id", "points", "reason"],
        sa.select(
            _USER,
            _log.c.content_id,
            sa.literal(POINTS_FOR_FIRST_VIEW, sa.Integer),
            sa.literal(FIRST_VIEW, sa.Text),
        ),
    )
    .cte("entry")
)
_balance = (
    sa.update(users)
    .where(users.c.id == _USER, sa.exists(sa.select(_log.c.id)))
    .values(points=users.c.points + POINTS_FOR_FIRST_VIEW)
    .returning(users.c.points)
    .cte("balance")
)
# The person is locked before the content, as everywhere: what waits in one order never waits for each other.
_counted = (
    sa.update(contents)
    .where(contents.c.id == _log.c.content_id, sa.exists(sa.select(_balance.c.points)))
    .values(view_count=contents.c.view_count + 1)
    .returning(contents.c.view_count)
    .cte("counted")
)
_told = told(
    _log, ("view_logs", sa.literal(0, sa.BigInteger), _log.c.id), ("view_logs_of", _log.c.corporation_id, _log.c.id)
)
# Who finds a log that this statement cannot see comes upon somebody who writes it: the points must be asked for anew.
_points_before = sa.select(users.c.points).where(
    users.c.id == _USER,
    sa.exists(sa.select(view_logs.c.id).where(view_logs.c.user_id == _USER, view_logs.c.content_id == _CONTENT)),
)
_START = Statement(
    sa.select(
        *catalogue.COLUMNS,
        *assets.COLUMNS,
        # A finished view starts again from the beginning.
        sa.case((watch_progress.c.completed, 0.0), else_=sa.func.coalesce(watch_progress.c.position_seconds, 0.0)),
        sa.func.now(),
        _beside.c.streams,
        _log.c.id.label("log_id"),
        sa.func.coalesce(_balance.c.points, _points_before.scalar_subquery()).label("balance"),
        _counted.c.view_count.label("counted"),
        _told,
    )
    .select_from(contents)
    .join(video_assets, video_assets.c.content_id == contents.c.id, isouter=True)
    .join(
        watch_progress,
        sa.and_(watch_progress.c.content_id == contents.c.id, watch_progress.c.user_id == _USER),
        isouter=True,
    )
    .join(_beside, sa.true())
    .join(_log, sa.true(), isouter=True)
    .join(_balance, sa.true(), isouter=True)
    .join(_counted, sa.true(), isouter=True)
    .where(contents.c.id == _CONTENT, catalogue.VISIBLE)
    .order_by(video_assets.c.id)
    .add_cte(_entry),
    lambda *row: row,
)
_POINTS = plain(sa.select(users.c.points).where(users.c.id == _USER))

_FILE = (
    sa.select(*assets.COLUMNS)
    .join(contents, contents.c.id == video_assets.c.content_id)
    .where(video_assets.c.id == _ASSET, catalogue.VISIBLE)
    .where(sa.func.now() < sa.bindparam("until", type_=sa.TIMESTAMP(timezone=True)))
)
_alive = sa.select(sessions.c.id).where(
    sessions.c.id == sa.bindparam("session_id", type_=sa.BigInteger), sessions.c.user_id == _USER, signed_in.ALIVE
)
_ASSET_FOR = Statement(_FILE.where(sa.exists(_alive)), VideoAsset)

_VISIBLE_LOGS = sa.select(*_LOGS).join(contents, contents.c.id == view_logs.c.content_id).where(catalogue.VISIBLE)
_LOGS_BY_IDS = Statement(_VISIBLE_LOGS.where(is_any(view_logs.c.id, "ids")), ViewLog)
_NEWEST_LOG = plain(sa.select(sa.func.coalesce(sa.func.max(view_logs.c.id), 0)))
_LOG_FILTERS: Mapping[str, sa.ColumnElement[bool]] = {
    name: view_logs.c[name] == sa.bindparam(name) for name in ViewLogFilter.__dataclass_fields__
}

_OWN_ENTRIES = sa.select(*_ENTRIES).where(point_entries.c.user_id == _USER)
_ENTRY_PAGE = {
    after: Statement(ordered(_OWN_ENTRIES, POINT_ENTRIES_BY_AGE, after=after), PointEntry) for after in (False, True)
}
_ENTRIES_BY_IDS = Statement(_OWN_ENTRIES.where(is_any(point_entries.c.id, "ids")), PointEntry)
_COUNT_ENTRIES = Statement(sa.select(sa.func.count()).where(point_entries.c.user_id == _USER), int)


class Playback:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def start(
        self,
        transaction: Connection,
        user_id: int,
        content_id: int,
        asset_id: int | None,
        streams_at_once: int | None,
        within: timedelta,
    ) -> Start:
        which = {"user_id": user_id, "content_id": content_id, "asset_id": asset_id}
        rows = await _START.all(transaction, **which, streams_at_once=streams_at_once, within=within)
        if not rows:
            return Start([], 0, View(None, None, None))
        beside, log_id, balance, view_count = rows[0][_PLAYABLE:-1]
        return Start([_playable(row) for row in rows], beside, View(log_id, balance, view_count))

    async def asset_for(self, session_id: int, user_id: int, asset_id: int, until: datetime) -> VideoAsset | None:
        values = {"session_id": session_id, "user_id": user_id, "asset_id": asset_id, "until": until}
        async with self._database.reading() as connection:
            return await _ASSET_FOR.first(connection, **values)

    async def view_logs(self, page: PageRequest, only: ViewLogFilter) -> Page[ViewLog]:
        wanted = _wanted(only)
        async with self._database.reading() as connection:
            statement = _log_page(page.after is not None, tuple(wanted))
            rows = await statement.all(connection, **page_values(page), **wanted)
        return page_of(page, rows, lambda: self._count_logs(wanted))

    async def view_logs_by_ids(self, ids: Sequence[int]) -> list[ViewLog | None]:
        async with self._database.reading() as connection:
            return by_key(ids, await _LOGS_BY_IDS.all(connection, ids=ids), lambda log: log.id)

    async def view_logs_since(self, log_id: int, only: ViewLogFilter) -> list[ViewLog]:
        wanted = _wanted(only)
        async with self._database.reading() as connection:
            return await _logs_since(tuple(wanted)).all(connection, log_id=log_id, **wanted)

    async def newest_view_log_id(self) -> int:
        async with self._database.reading() as connection:
            return int(await _NEWEST_LOG.one(connection))

    async def point_entries(self, user_id: int, page: PageRequest) -> Page[PointEntry]:
        async with self._database.reading() as connection:
            rows = await _ENTRY_PAGE[page.after is not None].all(connection, user_id=user_id, **page_values(page))
        return page_of(page, rows, lambda: self._count_entries(user_id))

    async def point_entries_by_ids(self, user_id: int, ids: Sequence[int]) -> list[PointEntry | None]:
        async with self._database.reading() as connection:
            return by_key(ids, await _ENTRIES_BY_IDS.all(connection, user_id=user_id, ids=ids), lambda entry: entry.id)

    async def points(self, user_id: int) -> int:
        async with self._database.reading() as connection:
            return int(await _POINTS.one(connection, user_id=user_id))

    async def _count_logs(self, wanted: Mapping[str, object]) -> int:
        async with self._database.reading() as connection:
            return await _log_count(tuple(wanted)).one(connection, **wanted)

    async def _count_entries(self, user_id: int) -> int:
        async with self._database.reading() as connection:
            return await _COUNT_ENTRIES.one(connection, user_id=user_id)


def _playable(row: Sequence[object]) -> Playable:
    contents_end = len(catalogue.COLUMNS)
    assets_end = contents_end + len(assets.COLUMNS)
    asset = VideoAsset(*row[contents_end:assets_end])  # type: ignore[arg-type]
    return Playable(Content(*row[:contents_end]), asset if asset.id else None, *row[assets_end:_PLAYABLE])  # type: ignore[arg-type]


def _wanted(only: ViewLogFilter) -> dict[str, object]:
    return {name: getattr(only, name) for name in _LOG_FILTERS if getattr(only, name) is not None}


def _filtered(filters: Sequence[str]) -> sa.Select[tuple[object, ...]]:
    return _VISIBLE_LOGS.where(*(_LOG_FILTERS[name] for name in filters))


@cache
def _log_page(after: bool, filters: tuple[str, ...]) -> Statement[ViewLog]:
    return Statement(ordered(_filtered(filters), VIEW_LOGS_BY_AGE, after=after), ViewLog)


@cache
def _log_count(filters: tuple[str, ...]) -> Statement[int]:
    return Statement(sa.select(sa.func.count()).select_from(_filtered(filters).subquery()), int)


@cache
def _logs_since(filters: tuple[str, ...]) -> Statement[ViewLog]:
    newer = _filtered(filters).where(view_logs.c.id > sa.bindparam("log_id", type_=sa.BigInteger))
    return Statement(newer.order_by(view_logs.c.id).limit(1000), ViewLog)
