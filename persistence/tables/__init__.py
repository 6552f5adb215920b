"""Every table. Columns stand in the order of the entity's fields, then what no entity shows."""

from persistence.tables.base import ENUMS, Moment, metadata
from persistence.tables.catalogue import (
    content_genres,
    content_likes,
    content_titles,
    contents,
    genres,
    reviews,
    video_assets,
)
from persistence.tables.people import (
    attempts,
    corporations,
    identities,
    one_time_codes,
    sessions,
    signing_keys,
    users,
)
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
    "Moment",
    "attempts",
    "content_genres",
    "content_likes",
    "content_titles",
    "contents",
    "corporations",
    "genres",
    "identities",
    "metadata",
    "one_time_codes",
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
