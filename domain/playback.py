"""Playback: starting a stream, the reward that comes once, and the log of who saw what."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Protocol
from uuid import uuid4

from domain.contents import Content
from domain.errors import Refusal, RefusalCode, not_found
from domain.feeds import Feed
from domain.pages import Order, Page, PageRequest
from domain.patience import patiently
from domain.ports import Database, Signals, Transaction
from domain.tokens import Tickets
from domain.users import Viewer
from domain.video_assets import VideoAsset

# The reward for the first view of a content by a person, once for ever (FEATURES B8).
POINTS_FOR_FIRST_VIEW = 10
FIRST_VIEW = "FIRST_VIEW"
# A subscription remembers so many ids that it told, and looks so far back after a lost line.
_TOLD = 1000
_ON_THEIR_WAY = 200
_LOOK_AGAIN_SECONDS = 60
# Who has reported progress so lately is watching; players report every ten seconds.
_WATCHING = timedelta(seconds=30)
_ALWAYS = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ViewLog:
    id: int
    user_id: int
    content_id: int
    corporation_id: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PointEntry:
    id: int
    points: int
    reason: str
    content_id: int | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ViewLogFilter:
    """All of what is given must hold."""

    user_id: int | None = None
    content_id: int | None = None
    corporation_id: int | None = None


@dataclass(frozen=True, slots=True)
class Playable:
    """What can be played, where this person stopped (seconds), and the database's time."""

    content: Content
    asset: VideoAsset | None
    resume_at_seconds: float
    now: datetime


@dataclass(frozen=True, slots=True)
class View:
    """`log_id` and `view_count` are None where this person saw the content before; `balance` is in points, and None
    where somebody else was writing this very view, of whom nothing could be seen yet.
    """

    log_id: int | None
    balance: int | None
    view_count: int | None


@dataclass(frozen=True, slots=True)
class Start:
    """What could be chosen from: one for each video file, oldest first; one without a file where there is none; none
    for no such content. `beside` is how many other contents this person is watching.
    """

    choices: Sequence[Playable]
    beside: int
    view: View


@dataclass(frozen=True, slots=True)
class StreamStarted:
    """`path` is the address below the server's own; nothing of the object store shows in it."""

    stream_id: str
    content: Content
    asset: VideoAsset
    path: str
    expires_at: datetime
    resume_at_seconds: float
    first_view: bool
    points_awarded: int
    points_balance: int

    @property
    def content_type(self) -> str:
        return self.asset.content_type


VIEW_LOGS_BY_AGE = Order("view_logs", ("created_at", "id"), (datetime, int))
POINT_ENTRIES_BY_AGE = Order("point_entries", ("created_at", "id"), (datetime, int))


class PlaybackStore(Protocol):
    async def start(
        self,
        transaction: Transaction,
        user_id: int,
        content_id: int,
        asset_id: int | None,
        streams_at_once: int | None,
        within: timedelta,
    ) -> Start:
        """One statement. Where there is such a file, or any if none is named, and not too much watched beside: log,
        ledger entry, balance and the content's view count, all of them once, announced as `view_logs`, 0 and
        `view_logs_of`, the company. Who has reported progress `within` that time, and not finished, is watching.
        """

    async def asset_for(self, session_id: int, user_id: int, asset_id: int, until: datetime) -> VideoAsset | None:
        """The file before `until`, while its content is visible and the session alive."""

    async def view_logs(self, page: PageRequest, only: ViewLogFilter) -> Page[ViewLog]: ...

    async def view_logs_by_ids(self, ids: Sequence[int]) -> list[ViewLog | None]:
        """Those of visible contents."""

    async def view_logs_since(self, log_id: int, only: ViewLogFilter) -> list[ViewLog]:
        """In order of their ids, at most a thousand at a time."""

    async def newest_view_log_id(self) -> int: ...

    async def point_entries(self, user_id: int, page: PageRequest) -> Page[PointEntry]: ...

    async def point_entries_by_ids(self, user_id: int, ids: Sequence[int]) -> list[PointEntry | None]: ...

    async def points(self, user_id: int) -> int: ...


class Playback:
    """A ticket lives for `lifetime`. Nobody watches more than `streams_at_once`, where that is limited."""

    def __init__(
        self,
        database: Database,
        store: PlaybackStore,
        tickets: Tickets,
        signals: Signals,
        lifetime: timedelta,
        streams_at_once: int | None = None,
    ) -> None:
        self._database, self._store, self._tickets = database, store, tickets
        self._signals, self._lifetime, self._streams_at_once = signals, lifetime, streams_at_once

    async def start_stream(self, viewer: Viewer, content_id: int, asset_id: int | None) -> StreamStarted:
        """A ticket for the file asked for, or the content's first. Raises Refusal: NOT_FOUND, NO_VIDEO,
        STREAM_LIMIT_REACHED.
        """
        async with self._database.single() as transaction:
            start = await self._store.start(
                transaction, viewer.user.id, content_id, asset_id, self._streams_at_once, _WATCHING
            )
        playable, asset = _chosen(start.choices, asset_id)
        self._refuse_one_too_many(start.beside)
        view = start.view
        balance = await self._store.points(viewer.user.id) if view.balance is None else view.balance
        expires_at = playable.now + self._lifetime
        stream_id = str(uuid4())
        ticket = self._tickets.sign(stream_id, viewer.session_id, viewer.user.id, asset.id, expires_at)
        return StreamStarted(
            stream_id=stream_id,
            content=playable.content
            if view.view_count is None
            else replace(playable.content, view_count=view.view_count),
            asset=asset,
            path=f"/stream/{ticket}",
            expires_at=expires_at,
            resume_at_seconds=playable.resume_at_seconds,
            first_view=view.log_id is not None,
            points_awarded=POINTS_FOR_FIRST_VIEW if view.log_id is not None else 0,
            points_balance=balance,
        )

    def _refuse_one_too_many(self, beside: int) -> None:
        """The same content goes on on another screen whatever else is watched."""
        if self._streams_at_once is not None and beside >= self._streams_at_once:
            message = f"At most {self._streams_at_once} may be watched at the same time. Stop one of the others first."
            raise Refusal(RefusalCode.STREAM_LIMIT_REACHED, message)

    async def redeem(self, ticket: str) -> tuple[VideoAsset, datetime] | None:
        """The file a ticket opens, and until when; None for whatever opens nothing, or no longer."""
        found = self._tickets.read(ticket)
        if found is None:
            return None
        session_id, user_id, asset_id, expires_at = found
        asset = await self._store.asset_for(session_id, user_id, asset_id, expires_at)
        return (asset, expires_at) if asset else None

    async def closed(self, ticket: str, asset: VideoAsset) -> None:
        """Returns once this file may not be seen any longer: its content or itself was deleted, or the session has
        ended. That the ticket is over says nothing of a stream that is open.
        """
        found = self._tickets.read(ticket)
        if found is None:
            return
        session_id, user_id, asset_id, _ = found
        with self._signals.listen(("content", asset.content_id), ("person", user_id)) as inbox:
            while await patiently(lambda: self._store.asset_for(session_id, user_id, asset_id, _ALWAYS)):
                with suppress(TimeoutError):  # a session that runs out tells nobody
                    await asyncio.wait_for(inbox.wait(), _LOOK_AGAIN_SECONDS)

    async def watch_view_logs(self, only: ViewLogFilter) -> AsyncIterator[ViewLog]:
        """Every view log as it comes, once."""
        store, topic = self._store, "view_logs" if only.corporation_id is None else "view_logs_of"
        since = partial(store.view_logs_since, only=only)
        feed = Feed(only, store.newest_view_log_id, store.view_logs_by_ids, since, _ON_THEIR_WAY, _TOLD)
        with self._signals.listen((topic, only.corporation_id or 0)) as inbox:
            async for log in feed.watch(inbox):
                yield log


def _chosen(choices: Sequence[Playable], asset_id: int | None) -> tuple[Playable, VideoAsset]:
    if not choices:
        raise not_found("content")
    for playable in choices:
        if playable.asset and asset_id in (None, playable.asset.id):
            return playable, playable.asset
    if choices[0].asset is None:
        raise Refusal(RefusalCode.NO_VIDEO, "There is no video of this content yet.")
    raise not_found("video file of this content")
