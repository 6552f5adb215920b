"""Every table. Columns stand in the order of the entity's fields, then what no entity shows."""

from persistence.tables.base import ENUMS, metadata
from persistence.tables.catalogue import (
    content_genres,
    content_likes,
    content_titles,
    contents,
    genres,
    reviews,
    video_assets,
)
from persistence.tables.people import corporations, identities, sessions, signing_keys, users
from persistence.tables.playback import (
    point_entries,
    progress_changes,
    progress_counters,
    view_logs,
    watch_events,
    watch_progress,
)

__all__ = [
    "ENUMS",
    "content_genres",
    "content_likes",
    "content_titles",
    "contents",
    "corporations",
    "genres",
    "identities",
    "metadata",
    "point_entries",
    "progress_changes",
    "progress_counters",
    "reviews",
    "sessions",
    "signing_keys",
    "users",
    "video_assets",
    "view_logs",
    "watch_events",
    "watch_progress",
]
