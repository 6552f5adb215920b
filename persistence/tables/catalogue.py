"""Contents, and what hangs from them."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from persistence.tables.base import enum, key, metadata, moment, reference

_MEAN = "case when review_count = 0 then 0 else rating_sum::double precision / review_count end"

contents = sa.Table(
    "contents",
    metadata,
    key(),
    reference("corporation_id", "corporations"),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("description", sa.Text),
    sa.Column("age_rating", enum("age_rating"), nullable=False),
    sa.Column("release_date", sa.Date),
    sa.Column("runtime_minutes", sa.Integer),
    sa.Column("poster_key", sa.Text),
    sa.Column("tmdb_id", sa.Integer),
    sa.Column("like_count", sa.Integer, nullable=False, server_default="0"),
    sa.Column("review_count", sa.Integer, nullable=False, server_default="0"),
    sa.Column("rating", sa.Double, sa.Computed(_MEAN, persisted=True), nullable=False),
    sa.Column("view_count", sa.Integer, nullable=False, server_default="0"),
    moment("created_at", default=True),
    moment("updated_at", default=True),
    moment("deleted_at", nullable=True),
    # Changed by steps, under the row's lock; what no review has ever brought cannot be taken away.
    sa.Column("rating_sum", sa.BigInteger, nullable=False, server_default="0"),
    sa.CheckConstraint("like_count >= 0", name="like_count"),
    sa.CheckConstraint("view_count >= 0", name="view_count"),
    sa.CheckConstraint(
        "review_count >= 0 and rating_sum between review_count and review_count * 10", name="rating_sum"
    ),
)

_visible = contents.c.deleted_at.is_(None)
_INDEXES: dict[str, Sequence[sa.ColumnElement[Any]]] = {
    "created_at": [contents.c.created_at, contents.c.id],
    "title": [sa.func.lower(contents.c.title), contents.c.id],
    "like_count": [contents.c.like_count, contents.c.id],
    "view_count": [contents.c.view_count, contents.c.id],
    "rating": [contents.c.rating, contents.c.id],
    "age_rating": [contents.c.age_rating, contents.c.created_at, contents.c.id],
    "release_date": [contents.c.release_date, contents.c.id],
}
for _name, _columns in _INDEXES.items():
    sa.Index(f"ix_contents_{_name}", *_columns, postgresql_where=_visible)
sa.Index("ix_contents_corporation_id", contents.c.corporation_id, contents.c.created_at, contents.c.id)
# A company takes a title of TMDB once; one in the trash does not count.
sa.Index("uq_contents_tmdb_id", contents.c.corporation_id, contents.c.tmdb_id, unique=True, postgresql_where=_visible)

# What a title contains is found by its n-grams. They stand beside the contents and not in them: every like is a new
# version of a content's row, and would have to be entered into this large index again.
content_titles = sa.Table(
    "content_titles",
    metadata,
    sa.Column("content_id", sa.ForeignKey("contents.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("folded", sa.Text, nullable=False),
    sa.Column("grams", pg.ARRAY(sa.Text), nullable=False),
    sa.Index("ix_content_titles_grams", "grams", postgresql_using="gin"),
)

genres = sa.Table(
    "genres",
    metadata,
    key(),
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
    moment("created_at", default=True),
    sa.Index("ix_content_likes_content_id", "content_id"),
    sa.Index("ix_content_likes_user_id", "user_id", "created_at", "content_id"),
)

video_assets = sa.Table(
    "video_assets",
    metadata,
    key(),
    reference("content_id", "contents", cascade=True),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("content_type", sa.Text, nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("content_id", "key"),
)

# One for each person and content. A person who goes leaves the reviews behind, under no name.
reviews = sa.Table(
    "reviews",
    metadata,
    key(),
    reference("content_id", "contents", cascade=True),
    sa.Column("author_id", sa.ForeignKey("users.id", ondelete="SET NULL")),
    sa.Column("rating", sa.SmallInteger, nullable=False),
    sa.Column("body", sa.Text),
    moment("created_at", default=True),
    moment("updated_at", default=True),
    sa.UniqueConstraint("author_id", "content_id"),
    sa.CheckConstraint("rating between 1 and 10", name="rating"),
    sa.Index("ix_reviews_content_id", "content_id", "created_at", "id"),
    sa.Index("ix_reviews_author_id", "author_id", "created_at", "id"),
)
