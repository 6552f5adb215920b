"""View logs, points and watch progress."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from persistence.tables.base import key, metadata, moment, reference

# Unique (person, content): what makes the reward come once. The company is kept here too, since its managers read the
# log newest first, and a content never changes its company.
view_logs = sa.Table(
    "view_logs",
    metadata,
    key(),
    reference("user_id", "users", cascade=True),
    reference("content_id", "contents"),
    reference("corporation_id", "corporations"),
    moment("created_at", default=True),
    sa.UniqueConstraint("user_id", "content_id"),
    sa.Index("ix_view_logs_created_at", "created_at", "id"),
    sa.Index("ix_view_logs_user_id", "user_id", "created_at", "id"),
    sa.Index("ix_view_logs_content_id", "content_id", "created_at", "id"),
    sa.Index("ix_view_logs_corporation_id", "corporation_id", "created_at", "id"),
)

point_entries = sa.Table(
    "point_entries",
    metadata,
    key(),
    sa.Column("points", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    reference("content_id", "contents", nullable=True),
    moment("created_at", default=True),
    reference("user_id", "users", cascade=True),
    sa.UniqueConstraint("user_id", "content_id", "reason"),
    sa.Index("ix_point_entries_user_id", "user_id", "created_at", "id"),
    sa.Index("ix_point_entries_content_id", "content_id"),
)

# One row for each person: the lock under which a batch is judged, and the sequence that subscriptions resume by.
progress_counters = sa.Table(
    "progress_counters",
    metadata,
    sa.Column("user_id", sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
)

watch_progress = sa.Table(
    "watch_progress",
    metadata,
    key(),
    reference("user_id", "users", cascade=True),
    reference("content_id", "contents", cascade=True),
    sa.Column("position_seconds", sa.Double, nullable=False),
    sa.Column("duration_seconds", sa.Double),
    sa.Column("completed", sa.Boolean, nullable=False),
    moment("observed_at"),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("user_id", "content_id"),
    sa.UniqueConstraint("user_id", "sequence"),
    sa.Index("ix_watch_progress_user_id", "user_id", "observed_at", "id"),
    sa.Index("ix_watch_progress_content_id", "content_id"),
)

# Every event heard, so that a repeat is known, for as long as the sweep leaves it.
watch_events = sa.Table(
    "watch_events",
    metadata,
    sa.Column("user_id", sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("event_id", pg.UUID, primary_key=True),
    moment("recorded_at", default=True),
    sa.Index("ix_watch_events_recorded_at", "recorded_at"),
)

# Every change of progress as it was, so that a subscription that was cut off hears each one.
progress_changes = sa.Table(
    "progress_changes",
    metadata,
    # No foreign key: progress goes with its person only, and this with it.
    sa.Column("progress_id", sa.BigInteger, nullable=False),
    sa.Column("user_id", sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("content_id", sa.ForeignKey("contents.id", ondelete="CASCADE"), nullable=False),
    sa.Column("position_seconds", sa.Double, nullable=False),
    sa.Column("duration_seconds", sa.Double),
    sa.Column("completed", sa.Boolean, nullable=False),
    moment("observed_at"),
    sa.Column("sequence", sa.BigInteger, primary_key=True),
    moment("recorded_at", default=True),
    sa.Index("ix_progress_changes_recorded_at", "recorded_at"),
)
