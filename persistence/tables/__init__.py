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
from persistence.tables.importing import imported, imported_deeds
from persistence.tables.leases import leases
from persistence.tables.notifications import devices, fan_outs, notifications, pushes
from persistence.tables.people import (
    attempts,
    corporations,
    identities,
    one_time_codes,
    sessions,
    signing_keys,
    users,
)
from persistence.tables.personas import instagram_links, instagram_tokens, personas
from persistence.tables.playback import (
    point_entries,
    progress_changes,
    progress_counters,
    view_logs,
    watch_events,
    watch_progress,
)
from persistence.tables.posts import images, posts
from persistence.tables.search import content_terms, outbox, outbox_topics, search_rebuilds, title_terms, title_words

__all__ = [
    "ENUMS",
    "Moment",
    "attempts",
    "content_genres",
    "content_likes",
    "content_terms",
    "content_titles",
    "contents",
    "corporations",
    "devices",
    "fan_outs",
    "genres",
    "identities",
    "images",
    "imported",
    "imported_deeds",
    "instagram_links",
    "instagram_tokens",
    "leases",
    "metadata",
    "notifications",
    "one_time_codes",
    "outbox",
    "outbox_topics",
    "personas",
    "point_entries",
    "posts",
    "progress_changes",
    "progress_counters",
    "pushes",
    "reviews",
    "search_rebuilds",
    "sessions",
    "signing_keys",
    "title_terms",
    "title_words",
    "users",
    "video_assets",
    "view_logs",
    "watch_events",
    "watch_progress",
]
