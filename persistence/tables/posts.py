"""Posts and pictures, which go with the person whose they are."""

import sqlalchemy as sa

from persistence.tables.base import enum, key, metadata, moment, reference

# Keys of the object store, never addresses. A trigger sees to it that the bytes follow a row that goes.
images = sa.Table(
    "images",
    metadata,
    key(),
    reference("owner_id", "users", cascade=True),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    sa.Column("filename", sa.Text, nullable=False),
    sa.Column("content_type", sa.Text, nullable=False),
    sa.Column("size_bytes", sa.Integer, nullable=False),
    sa.Column("status", enum("image_status"), nullable=False, server_default="PENDING"),
    moment("created_at", default=True),
    # Made for its owner, and kept for as long as it is a persona's.
    sa.Column("is_generated", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index("ix_images_owner_id", "owner_id"),
    sa.Index("ix_images_generated", "created_at", postgresql_where=sa.text("is_generated")),
    sa.Index("ix_images_pending", "created_at", postgresql_where=sa.text("status = 'PENDING'")),
)

posts = sa.Table(
    "posts",
    metadata,
    key(),
    reference("author_id", "users", cascade=True),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("image_id", sa.ForeignKey("images.id", ondelete="SET NULL"), unique=True),
    moment("created_at", default=True),
    sa.Index("ix_posts_author_id", "author_id"),
    sa.Index("ix_posts_created_at", "created_at", "id"),
)
