"""Reviews and their mean, ends of plans, what titles contain."""

import unicodedata

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MEAN = "case when review_count = 0 then 0 else rating_sum::double precision / review_count end"


def upgrade() -> None:
    op.create_table(
        "content_titles",
        sa.Column("content_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("grams", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["content_id"], ["contents.id"], name=op.f("fk_content_titles_content_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("content_id", name=op.f("pk_content_titles")),
    )
    op.create_index("ix_content_titles_grams", "content_titles", ["grams"], unique=False, postgresql_using="gin")
    op.create_table(
        "reviews",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("content_id", sa.BigInteger(), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=True),
        sa.Column("rating", sa.SmallInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("rating between 1 and 10", name=op.f("ck_reviews_rating")),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_reviews_author_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["content_id"], ["contents.id"], name=op.f("fk_reviews_content_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
        sa.UniqueConstraint("author_id", "content_id", name=op.f("uq_reviews_author_id_content_id")),
    )
    op.create_index("ix_reviews_content_id", "reviews", ["content_id", "created_at", "id"], unique=False)
    op.create_index("ix_reviews_author_id", "reviews", ["author_id", "created_at", "id"], unique=False)
    op.create_index("ix_content_likes_user_id", "content_likes", ["user_id", "created_at", "content_id"], unique=False)
    op.add_column("contents", sa.Column("tmdb_id", sa.Integer(), nullable=True))
    op.add_column("contents", sa.Column("review_count", sa.Integer(), server_default="0", nullable=False))
    op.add_column("contents", sa.Column("rating_sum", sa.BigInteger(), server_default="0", nullable=False))
    # Nothing has filled the rating so far; from now on it follows from the reviews by itself.
    op.drop_column("contents", "rating")
    op.add_column("contents", sa.Column("rating", sa.Double(), sa.Computed(MEAN, persisted=True), nullable=False))
    op.create_index("ix_contents_rating", "contents", ["rating", "id"], postgresql_where=sa.text("deleted_at IS NULL"))
    op.create_check_constraint(op.f("ck_contents_view_count"), "contents", "view_count >= 0")
    op.create_check_constraint(
        op.f("ck_contents_rating_sum"),
        "contents",
        "review_count >= 0 and rating_sum between review_count and review_count * 10",
    )
    op.create_index(
        "ix_contents_age_rating",
        "contents",
        ["age_rating", "created_at", "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_contents_release_date",
        "contents",
        ["release_date", "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "uq_contents_tmdb_id",
        "contents",
        ["corporation_id", "tmdb_id"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_corporations_plan_expires_at",
        "corporations",
        ["plan_expires_at"],
        unique=False,
        postgresql_where=sa.text("plan = 'PAID'"),
    )
    op.drop_constraint(op.f("fk_progress_changes_progress_id"), "progress_changes", type_="foreignkey")
    op.create_index("ix_users_created_at", "users", ["created_at", "id"], unique=False)
    op.create_index("ix_users_role", "users", ["role"], unique=False, postgresql_where=sa.text("role = 'ADMIN'"))
    # PostgreSQL remembers how often each of the hundred most common values comes, and takes all others to be alike.
    # Companies and genres differ too much for that.
    op.execute("alter table contents alter column corporation_id set statistics 2000")
    op.execute("alter table content_genres alter column genre_id set statistics 2000")
    if not context.is_offline_mode():
        _fill_titles()


def _fill_titles() -> None:
    """Enters the titles that are there already, as persistence/grams.py did when this was written."""
    connection = op.get_bind()
    titles = sa.table(
        "content_titles", sa.column("content_id"), sa.column("folded"), sa.column("grams", postgresql.ARRAY(sa.Text()))
    )
    last = 0
    while found := connection.execute(
        sa.text("select id, title from contents where id > :last order by id limit 1000"), {"last": last}
    ).all():
        last = found[-1].id
        rows = []
        for row in found:
            folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", row.title).casefold())
            grams = {folded[start : start + length] for start in range(len(folded)) for length in (1, 2, 3)}
            rows.append({"content_id": row.id, "folded": folded, "grams": sorted(grams)})
        connection.execute(sa.insert(titles), rows)


def downgrade() -> None:
    op.execute("alter table contents alter column corporation_id set statistics -1")
    op.execute("alter table content_genres alter column genre_id set statistics -1")
    op.drop_index("ix_users_role", table_name="users", postgresql_where=sa.text("role = 'ADMIN'"))
    op.drop_index("ix_users_created_at", table_name="users")
    op.create_foreign_key(
        op.f("fk_progress_changes_progress_id"),
        "progress_changes",
        "watch_progress",
        ["progress_id"],
        ["id"],
        ondelete="CASCADE",
    )
    op.drop_index(
        "ix_corporations_plan_expires_at", table_name="corporations", postgresql_where=sa.text("plan = 'PAID'")
    )
    op.drop_index("uq_contents_tmdb_id", table_name="contents", postgresql_where=sa.text("deleted_at IS NULL"))
    op.drop_index("ix_contents_release_date", table_name="contents", postgresql_where=sa.text("deleted_at IS NULL"))
    op.drop_index("ix_contents_age_rating", table_name="contents", postgresql_where=sa.text("deleted_at IS NULL"))
    op.drop_constraint(op.f("ck_contents_rating_sum"), "contents")
    op.drop_constraint(op.f("ck_contents_view_count"), "contents")
    op.drop_column("contents", "rating")
    op.add_column("contents", sa.Column("rating", sa.Double(), server_default="0", nullable=False))
    op.create_index("ix_contents_rating", "contents", ["rating", "id"], postgresql_where=sa.text("deleted_at IS NULL"))
    op.drop_column("contents", "rating_sum")
    op.drop_column("contents", "review_count")
    op.drop_column("contents", "tmdb_id")
    op.drop_index("ix_content_likes_user_id", table_name="content_likes")
    op.drop_index("ix_reviews_author_id", table_name="reviews")
    op.drop_index("ix_reviews_content_id", table_name="reviews")
    op.drop_table("reviews")
    op.drop_index("ix_content_titles_grams", table_name="content_titles", postgresql_using="gin")
    op.drop_table("content_titles")
