"""Anything with an id: a table from the type's name to how such things are read, under the usual visibility."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import resolvers.images
from domain import ids
from domain.errors import ValidationFailed
from domain.pages import MOST_PER_PAGE
from domain.users import Viewer
from resolvers.arguments import Id, Ids
from resolvers.context import Context, Info

Reader = Callable[[Context, Sequence[int]], Awaitable[Sequence[Any]]]


def _own(read: Callable[[Context, int, Sequence[int]], Awaitable[Sequence[Any]]]) -> Reader:
    """What only the person whose it is may see."""

    async def reader(context: Context, wanted: Sequence[int]) -> Sequence[Any]:
        return await read(context, context.viewer.user.id, wanted) if context.viewer else [None] * len(wanted)

    return reader


async def _own_sessions(context: Context, wanted: Sequence[int]) -> Sequence[Any]:
    if context.viewer is None:
        return [None] * len(wanted)
    living = {session.id: session for session in await context.services.sessions.living(context.viewer)}
    return [living.get(key) for key in wanted]


async def _view_logs(context: Context, wanted: Sequence[int]) -> Sequence[Any]:
    viewer = context.viewer
    if viewer is None:
        return [None] * len(wanted)
    logs = await context.stores.playback.view_logs_by_ids(wanted)
    return [log if log and _may_see_log(viewer, log.user_id, log.corporation_id) else None for log in logs]


def _may_see_log(viewer: Viewer, user_id: int, corporation_id: int) -> bool:
    return user_id == viewer.user.id or viewer.manages(corporation_id)


READERS: dict[str, Reader] = {
    "User": lambda context, wanted: context.stores.users.by_ids(wanted),
    "Session": _own_sessions,
    "Corporation": lambda context, wanted: context.stores.corporations.by_ids(wanted),
    "Content": lambda context, wanted: context.stores.contents.by_ids(wanted),
    "Genre": lambda context, wanted: context.stores.genres.by_ids(wanted),
    "VideoAsset": lambda context, wanted: context.stores.video_assets.by_ids(wanted),
    "Review": lambda context, wanted: context.stores.reviews.by_ids(wanted),
    "ViewLog": _view_logs,
    "PointEntry": _own(lambda context, own, wanted: context.stores.playback.point_entries_by_ids(own, wanted)),
    "WatchProgress": _own(lambda context, own, wanted: context.stores.progress.by_ids(own, wanted)),
    "Image": resolvers.images.visible,
    "Post": lambda context, wanted: context.stores.posts.by_ids(wanted),
    "Persona": _own(lambda context, own, wanted: context.stores.personas.by_ids(own, wanted)),
    "Device": _own(lambda context, own, wanted: context.stores.devices.by_ids(own, wanted)),
    "Notification": _own(lambda context, own, wanted: context.stores.notifications.by_ids(own, wanted)),
}


async def node(info: Info, id: Id) -> Any:
    """Anything by its global id; null for what is not yours to see."""
    return (await nodes(info, [id]))[0]


async def nodes(info: Info, ids: Ids) -> list[Any]:
    """Many things by their global ids, in the same order."""
    if len(ids) > MOST_PER_PAGE:
        raise ValidationFailed(f"`ids` may hold at most {MOST_PER_PAGE}, not {len(ids)}.")
    return await _read(info.context, ids)


async def _read(context: Context, wanted: Sequence[str]) -> list[Any]:
    """One statement for each kind, however many there are of it."""
    places: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for place, global_id in enumerate(wanted):
        found = ids.split(global_id)
        if found and found[0] in READERS:
            places[found[0]].append((place, found[1]))
    results: list[Any] = [None] * len(wanted)
    for kind, numbered in places.items():
        rows = await READERS[kind](context, [key for _, key in numbered])
        for (place, _), row in zip(numbered, rows, strict=True):
            results[place] = row
    return results
