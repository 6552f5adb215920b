"""Watch progress."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

import strawberry

from domain import ids
from domain.progress import ProgressChanged, ProgressRecorded, WatchEvent
from resolvers.context import Info
from resolvers.live import until_ended

ContentId = Annotated[strawberry.ID | None, strawberry.argument(description="Only of this content.")]
Resume = Annotated[
    str | None,
    strawberry.argument(
        description="The cursor of the last event that arrived: what was missed since comes first. "
        "If null, a snapshot of how things stand comes first."
    ),
]


async def record_watch_progress(info: Info, input: Any) -> ProgressRecorded:
    """Records where players are. Repeats and late arrivals change nothing."""
    events = [
        WatchEvent(
            event_id=event.event_id,
            content_id=ids.decode("Content", event.content_id),
            position_seconds=event.position_seconds,
            duration_seconds=event.duration_seconds,
            completed=event.completed,
            observed_at=event.observed_at,
        )
        for event in input.events
    ]
    return await info.context.services.progress.record(info.context.signed_in(), events)


def watch_progress(info: Info, content_id: ContentId = None, after: Resume = None) -> AsyncIterator[ProgressChanged]:
    """The viewer's own progress on all devices: first how it stands, then every change as it comes."""
    only = None if content_id is None else ids.decode("Content", content_id)
    changes = info.context.services.progress.watch(info.context.signed_in(), only, after)
    return until_ended(info.context, changes)
