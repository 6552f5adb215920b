"""Personas, and what Instagram lets them do. They go with the person whose they are."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from persistence.tables.base import enum, key, metadata, moment, reference

personas = sa.Table(
    "personas",
    metadata,
    key(),
    reference("user_id", "users", cascade=True),
    sa.Column("number", sa.SmallInteger, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("gender", enum("gender")),
    sa.Column("feature", sa.Text),
    sa.Column("options", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("image_id", sa.ForeignKey("images.id", ondelete="SET NULL"), unique=True),
    moment("created_at", default=True),
    sa.UniqueConstraint("user_id", "number"),
    sa.CheckConstraint("number between 1 and 10", name="number"),
)

# A long-lived token of Meta's for each persona, encrypted. `renewed_at` is when it was given, or last tried to be.
instagram_tokens = sa.Table(
    "instagram_tokens",
    metadata,
    sa.Column("persona_id", sa.ForeignKey("personas.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    moment("expires_at"),
    moment("renewed_at", default=True),
    sa.Index("ix_instagram_tokens_expires_at", "expires_at"),
)

instagram_links = sa.Table(
    "instagram_links",
    metadata,
    sa.Column("persona_id", sa.ForeignKey("personas.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("instagram_user_id", sa.Text, nullable=False),
    sa.Column("username", sa.Text, nullable=False),
    sa.Column("facebook_page_id", sa.Text, nullable=False),
    moment("linked_at", default=True),
)
