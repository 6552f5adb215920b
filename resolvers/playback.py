"""Streams, view logs and points."""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any

import strawberry

from domain import ids
from domain.errors import Forbidden
from domain.pages import Page, PageRequest
from domain.playback import VIEW_LOGS_BY_AGE, StreamStarted, ViewLog, ViewLogFilter
from domain.users import DELETED_USER, User, Viewer
from resolvers.arguments import After, First
from resolvers.context import Context, Info
from resolvers.fields import batched, computed
from resolvers.live import until_ended

CorporationId = Annotated[
    strawberry.ID | None, strawberry.argument(description="Only of this company; an ADMIN may name any, or none.")
]


async def start_stream(info: Info, input: Any) -> StreamStarted:
    """Starts playing: an address that plays and seeks. The first time a person plays a content earns 10 points."""
    asset_id = None if input.video_asset_id is None else ids.decode("VideoAsset", input.video_asset_id)
    content_id = ids.decode("Content", input.content_id)
    return await info.context.services.playback.start_stream(info.context.signed_in(), content_id, asset_id)


async def view_logs(info: Info, first: First = 20, after: After = None, filter: Any = None) -> Page[ViewLog]:
    """Who saw what first when, newest first: a MANAGER sees the own company's, an ADMIN all."""
    page = PageRequest.of(VIEW_LOGS_BY_AGE, first, after)
    return await info.context.stores.playback.view_logs(page, _filter(info.context.signed_in(), filter))


def view_log_added(info: Info, corporation_id: CorporationId = None) -> AsyncIterator[ViewLog]:
    """First views as they come, of the own company's contents."""
    viewer = info.context.signed_in()
    only = _own(viewer, None if corporation_id is None else ids.decode("Corporation", corporation_id))
    logs = info.context.services.playback.watch_view_logs(only)
    return until_ended(info.context, logs, by_rights=True)


@batched
async def user_of(context: Context, parents: Sequence[ViewLog]) -> Sequence[User]:
    users = await context.stores.users.by_ids([parent.user_id for parent in parents])
    return [user or DELETED_USER for user in users]  # gone between this statement and the one before


@computed
def url(context: Context, started: StreamStarted) -> str:
    return context.url(started.path)


def _filter(viewer: Viewer, given: Any) -> ViewLogFilter:
    if given is None:
        return _own(viewer, None)
    corporation_id = None if given.corporation_id is None else ids.decode("Corporation", given.corporation_id)
    return ViewLogFilter(
        user_id=None if given.user_id is None else ids.decode("User", given.user_id),
        content_id=None if given.content_id is None else ids.decode("Content", given.content_id),
        corporation_id=_own(viewer, corporation_id).corporation_id,
    )


def _own(viewer: Viewer, corporation_id: int | None) -> ViewLogFilter:
    """An ADMIN sees all; a MANAGER the own company, and of another one as much as of one that does not exist."""
    if viewer.is_admin:
        return ViewLogFilter(corporation_id=corporation_id)
    if viewer.user.corporation_id is None:
        raise Forbidden("You manage no company.")
    own = viewer.user.corporation_id
    return ViewLogFilter(corporation_id=own if corporation_id in (None, own) else ids.NOTHING)
