"""Every table. Columns stand in the order of the entity's fields, then what no entity shows."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from domain.contents import AgeRating
from domain.corporations import Plan
from domain.users import Role

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

ENUMS = {"role": Role, "plan": Plan, "age_rating": AgeRating}

_Moment = sa.TIMESTAMP(timezone=True)


def _enum(name: str) -> sa.Enum:
    return sa.Enum(ENUMS[name], name=name, metadata=metadata)


def _key() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True)


def _reference(name: str, target: str, *, nullable: bool = False, cascade: bool = False) -> sa.Column[int]:
    ondelete = "CASCADE" if cascade else None
    return sa.Column(name, sa.BigInteger, sa.ForeignKey(f"{target}.id", ondelete=ondelete), nullable=nullable)


def _moment(name: str, *, nullable: bool = False, default: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, _Moment, nullable=nullable, server_default=sa.func.now() if default else None)


corporations = sa.Table(
    "corporations",
    metadata,
    _key(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("plan", _enum("plan"), nullable=False),
    _moment("plan_expires_at", nullable=True),
    _moment("created_at", default=True),
    _moment("updated_at", default=True),
    sa.Index("uq_corporations_name", sa.text("lower(name)"), unique=True),
    sa.Index("ix_corporations_created_at", "created_at", "id"),
)

users = sa.Table(
    "users",
    metadata,
    _key(),
    sa.Column("email", sa.Text),
    sa.Column("display_name", sa.Text, nullable=False),
    sa.Column("first_name", sa.Text),
    sa.Column("last_name", sa.Text),
    sa.Column("role", _enum("role"), nullable=False),
    _reference("corporation_id", "corporations", nullable=True),
    sa.Column("region_code", sa.Text),
    sa.Column("subscription_status", sa.Text),
    sa.Column("points", sa.Integer, nullable=False, server_default="0"),
    _moment("created_at", default=True),
    sa.Column("password_hash", sa.Text),
    sa.UniqueConstraint("email"),
    sa.Index("ix_users_corporation_id", "corporation_id", "created_at", "id"),
    # The e-mail is kept in one spelling; a second person with another spelling cannot be written by any way.
    sa.CheckConstraint("email = lower(email)", name="email_spelling"),
)

# A person at another issuer. The subject is pinned at first sight; from then on the e-mail no longer counts.
identities = sa.Table(
    "identities",
    metadata,
    sa.Column("issuer", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, primary_key=True),
    _reference("user_id", "users", cascade=True),
    _moment("linked_at", default=True),
    sa.UniqueConstraint("user_id", "issuer"),
)

sessions = sa.Table(
    "sessions",
    metadata,
    _key(),
    _reference("user_id", "users", cascade=True),
    sa.Column("user_agent", sa.Text),
    _moment("created_at", default=True),
    _moment("last_used_at", default=True),
    _moment("expires_at"),
    _moment("absolute_end"),
    _moment("revoked_at", nullable=True),
    _moment("rotated_at", default=True),
    sa.Column("refresh_hash", sa.LargeBinary, nullable=False),
    sa.Column("previous_hash", sa.LargeBinary),
    sa.Index("ix_sessions_user_id", "user_id", "last_used_at"),
    sa.Index("ix_sessions_expires_at", "expires_at"),
)

# The private half is encrypted with a key derived from SESSION_SECRET.
signing_keys = sa.Table(
    "signing_keys",
    metadata,
    sa.Column("kid", sa.Text, primary_key=True),
    sa.Column("private_key", sa.LargeBinary, nullable=False),
    _moment("created_at", default=True),
)

contents = sa.Table(
    "contents",
    metadata,
    _key(),
    _reference("corporation_id", "corporations"),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("description", sa.Text),
    sa.Column("age_rating", _enum("age_rating"), nullable=False),
    sa.Column("release_date", sa.Date),
    sa.Column("runtime_minutes", sa.Integer),
    sa.Column("poster_key", sa.Text),
    sa.Column("like_count", sa.Integer, nullable=False, server_default="0"),
    sa.Column("rating", sa.Double, nullable=False, server_default="0"),
    sa.Column("view_count", sa.Integer, nullable=False, server_default="0"),
    _moment("created_at", default=True),
    _moment("updated_at", default=True),
    _moment("deleted_at", nullable=True),
    sa.CheckConstraint("like_count >= 0", name="like_count"),
)

_visible = contents.c.deleted_at.is_(None)
_INDEXES: dict[str, Sequence[sa.ColumnElement[Any]]] = {
    "created_at": [contents.c.created_at, contents.c.id],
    "title": [sa.func.lower(contents.c.title), contents.c.id],
    "like_count": [contents.c.like_count, contents.c.id],
    "view_count": [contents.c.view_count, contents.c.id],
    "rating": [contents.c.rating, contents.c.id],
}
for _name, _columns in _INDEXES.items():
    sa.Index(f"ix_contents_{_name}", *_columns, postgresql_where=_visible)
sa.Index("ix_contents_corporation_id", contents.c.corporation_id, contents.c.created_at, contents.c.id)

genres = sa.Table(
    "genres",
    metadata,
    _key(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Index("uq_genres_name", sa.text("lower(name)"), unique=True),
)

content_genres = sa.Table(
    "content_genres",
    metadata,
    sa.Column("content_id", sa.ForeignKey("contents.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("genre_id", sa.ForeignKey("genres.id"), primary_key=True),
    sa.Index("ix_content_genres_genre_id", "genre_id", "content_id"),
)

content_likes = sa.Table(
    "content_likes",
    metadata,
    sa.Column("user_id", sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("content_id", sa.ForeignKey("contents.id", ondelete="CASCADE"), primary_key=True),
    _moment("created_at", default=True),
    sa.Index("ix_content_likes_content_id", "content_id"),
)

video_assets = sa.Table(
    "video_assets",
    metadata,
    _key(),
    _reference("content_id", "contents", cascade=True),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("content_type", sa.Text, nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("content_id", "key"),
)

# Unique (person, content): what makes the reward come once. The company is kept here too, since its managers read the
# log newest first, and a content never changes its company.
view_logs = sa.Table(
    "view_logs",
    metadata,
    _key(),
    _reference("user_id", "users", cascade=True),
    _reference("content_id", "contents"),
    _reference("corporation_id", "corporations"),
    _moment("created_at", default=True),
    sa.UniqueConstraint("user_id", "content_id"),
    sa.Index("ix_view_logs_created_at", "created_at", "id"),
    sa.Index("ix_view_logs_user_id", "user_id", "created_at", "id"),
    sa.Index("ix_view_logs_content_id", "content_id", "created_at", "id"),
    sa.Index("ix_view_logs_corporation_id", "corporation_id", "created_at", "id"),
)

point_entries = sa.Table(
    "point_entries",
    metadata,
    _key(),
    sa.Column("points", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    _reference("content_id", "contents", nullable=True),
    _moment("created_at", default=True),
    _reference("user_id", "users", cascade=True),
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
    _key(),
    _reference("user_id", "users", cascade=True),
    _reference("content_id", "contents", cascade=True),
    sa.Column("position_seconds", sa.Double, nullable=False),
    sa.Column("duration_seconds", sa.Double),
    sa.Column("completed", sa.Boolean, nullable=False),
    _moment("observed_at"),
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
    _moment("recorded_at", default=True),
    sa.Index("ix_watch_events_recorded_at", "recorded_at"),
)

# Every change of progress as it was, so that a subscription that was cut off hears each one.
progress_changes = sa.Table(
    "progress_changes",
    metadata,
    sa.Column("progress_id", sa.ForeignKey("watch_progress.id", ondelete="CASCADE"), nullable=False),
    sa.Column("user_id", sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("content_id", sa.ForeignKey("contents.id", ondelete="CASCADE"), nullable=False),
    sa.Column("position_seconds", sa.Double, nullable=False),
    sa.Column("duration_seconds", sa.Double),
    sa.Column("completed", sa.Boolean, nullable=False),
    _moment("observed_at"),
    sa.Column("sequence", sa.BigInteger, primary_key=True),
    _moment("recorded_at", default=True),
    sa.Index("ix_progress_changes_recorded_at", "recorded_at"),
)
