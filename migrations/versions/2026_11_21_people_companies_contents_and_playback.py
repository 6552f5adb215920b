"""People, companies, contents and playback."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "corporations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("plan", sa.Enum("FREE", "PAID", name="plan"), nullable=False),
        sa.Column("plan_expires_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corporations")),
    )
    op.create_index("ix_corporations_created_at", "corporations", ["created_at", "id"], unique=False)
    op.create_index("uq_corporations_name", "corporations", [sa.literal_column("lower(name)")], unique=True)
    op.create_table(
        "genres",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_genres")),
    )
    op.create_index("uq_genres_name", "genres", [sa.literal_column("lower(name)")], unique=True)
    op.create_table(
        "signing_keys",
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("private_key", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_signing_keys")),
    )
    op.create_table(
        "contents",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("corporation_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("age_rating", sa.Enum("ALL", "AGE_12", "AGE_15", "AGE_19", name="age_rating"), nullable=False),
        sa.Column("release_date", sa.Date(), nullable=True),
        sa.Column("runtime_minutes", sa.Integer(), nullable=True),
        sa.Column("poster_key", sa.Text(), nullable=True),
        sa.Column("like_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rating", sa.Double(), server_default="0", nullable=False),
        sa.Column("view_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("deleted_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint("like_count >= 0", name=op.f("ck_contents_like_count")),
        sa.ForeignKeyConstraint(["corporation_id"], ["corporations.id"], name=op.f("fk_contents_corporation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contents")),
    )
    op.create_index("ix_contents_corporation_id", "contents", ["corporation_id", "created_at", "id"], unique=False)
    op.create_index(
        "ix_contents_created_at",
        "contents",
        ["created_at", "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_contents_like_count",
        "contents",
        ["like_count", "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_contents_rating", "contents", ["rating", "id"], unique=False, postgresql_where=sa.text("deleted_at IS NULL")
    )
    op.create_index(
        "ix_contents_title",
        "contents",
        [sa.literal_column("lower(title)"), "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_contents_view_count",
        "contents",
        ["view_count", "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("first_name", sa.Text(), nullable=True),
        sa.Column("last_name", sa.Text(), nullable=True),
        sa.Column("role", sa.Enum("MEMBER", "MANAGER", "ADMIN", name="role"), nullable=False),
        sa.Column("corporation_id", sa.BigInteger(), nullable=True),
        sa.Column("region_code", sa.Text(), nullable=True),
        sa.Column("subscription_status", sa.Text(), nullable=True),
        sa.Column("points", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_users_email_spelling")),
        sa.ForeignKeyConstraint(["corporation_id"], ["corporations.id"], name=op.f("fk_users_corporation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )
    op.create_index("ix_users_corporation_id", "users", ["corporation_id", "created_at", "id"], unique=False)
    op.create_table(
        "content_genres",
        sa.Column("content_id", sa.BigInteger(), nullable=False),
        sa.Column("genre_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["content_id"], ["contents.id"], name=op.f("fk_content_genres_content_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["genre_id"], ["genres.id"], name=op.f("fk_content_genres_genre_id")),
        sa.PrimaryKeyConstraint("content_id", "genre_id", name=op.f("pk_content_genres")),
    )
    op.create_index("ix_content_genres_genre_id", "content_genres", ["genre_id", "content_id"], unique=False)
    op.create_table(
        "content_likes",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("content_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["content_id"], ["contents.id"], name=op.f("fk_content_likes_content_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_content_likes_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "content_id", name=op.f("pk_content_likes")),
    )
    op.create_index("ix_content_likes_content_id", "content_likes", ["content_id"], unique=False)
    op.create_table(
        "identities",
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("linked_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_identities_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_identities")),
        sa.UniqueConstraint("user_id", "issuer", name=op.f("uq_identities_user_id_issuer")),
    )
    op.create_table(
        "point_entries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("content_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["content_id"], ["contents.id"], name=op.f("fk_point_entries_content_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_point_entries_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_point_entries")),
        sa.UniqueConstraint("user_id", "content_id", "reason", name=op.f("uq_point_entries_user_id_content_id_reason")),
    )
    op.create_index("ix_point_entries_content_id", "point_entries", ["content_id"], unique=False)
    op.create_index("ix_point_entries_user_id", "point_entries", ["user_id", "created_at", "id"], unique=False)
    op.create_table(
        "progress_counters",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_progress_counters_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_progress_counters")),
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=True),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_used_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("absolute_end", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("rotated_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("refresh_hash", sa.LargeBinary(), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
    )
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"], unique=False)
    op.create_index("ix_sessions_user_id", "sessions", ["user_id", "last_used_at"], unique=False)
    op.create_table(
        "video_assets",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("content_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["content_id"], ["contents.id"], name=op.f("fk_video_assets_content_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_video_assets")),
        sa.UniqueConstraint("content_id", "key", name=op.f("uq_video_assets_content_id_key")),
    )
    op.create_table(
        "view_logs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("content_id", sa.BigInteger(), nullable=False),
        sa.Column("corporation_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["content_id"], ["contents.id"], name=op.f("fk_view_logs_content_id")),
        sa.ForeignKeyConstraint(["corporation_id"], ["corporations.id"], name=op.f("fk_view_logs_corporation_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_view_logs_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_view_logs")),
        sa.UniqueConstraint("user_id", "content_id", name=op.f("uq_view_logs_user_id_content_id")),
    )
    op.create_index("ix_view_logs_content_id", "view_logs", ["content_id", "created_at", "id"], unique=False)
    op.create_index("ix_view_logs_corporation_id", "view_logs", ["corporation_id", "created_at", "id"], unique=False)
    op.create_index("ix_view_logs_created_at", "view_logs", ["created_at", "id"], unique=False)
    op.create_index("ix_view_logs_user_id", "view_logs", ["user_id", "created_at", "id"], unique=False)
    op.create_table(
        "watch_events",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.UUID(), nullable=False),
        sa.Column("recorded_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_watch_events_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "event_id", name=op.f("pk_watch_events")),
    )
    op.create_index("ix_watch_events_recorded_at", "watch_events", ["recorded_at"], unique=False)
    op.create_table(
        "watch_progress",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("content_id", sa.BigInteger(), nullable=False),
        sa.Column("position_seconds", sa.Double(), nullable=False),
        sa.Column("duration_seconds", sa.Double(), nullable=True),
        sa.Column("completed", sa.Boolean(), nullable=False),
        sa.Column("observed_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["content_id"], ["contents.id"], name=op.f("fk_watch_progress_content_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_watch_progress_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watch_progress")),
        sa.UniqueConstraint("user_id", "content_id", name=op.f("uq_watch_progress_user_id_content_id")),
        sa.UniqueConstraint("user_id", "sequence", name=op.f("uq_watch_progress_user_id_sequence")),
    )
    op.create_index("ix_watch_progress_content_id", "watch_progress", ["content_id"], unique=False)
    op.create_index("ix_watch_progress_user_id", "watch_progress", ["user_id", "observed_at", "id"], unique=False)
    op.create_table(
        "progress_changes",
        sa.Column("progress_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("content_id", sa.BigInteger(), nullable=False),
        sa.Column("position_seconds", sa.Double(), nullable=False),
        sa.Column("duration_seconds", sa.Double(), nullable=True),
        sa.Column("completed", sa.Boolean(), nullable=False),
        sa.Column("observed_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["content_id"], ["contents.id"], name=op.f("fk_progress_changes_content_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["progress_id"], ["watch_progress.id"], name=op.f("fk_progress_changes_progress_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_progress_changes_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "sequence", name=op.f("pk_progress_changes")),
    )
    op.create_index("ix_progress_changes_recorded_at", "progress_changes", ["recorded_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_progress_changes_recorded_at", table_name="progress_changes")
    op.drop_table("progress_changes")
    op.drop_index("ix_watch_progress_user_id", table_name="watch_progress")
    op.drop_index("ix_watch_progress_content_id", table_name="watch_progress")
    op.drop_table("watch_progress")
    op.drop_index("ix_watch_events_recorded_at", table_name="watch_events")
    op.drop_table("watch_events")
    op.drop_index("ix_view_logs_user_id", table_name="view_logs")
    op.drop_index("ix_view_logs_created_at", table_name="view_logs")
    op.drop_index("ix_view_logs_corporation_id", table_name="view_logs")
    op.drop_index("ix_view_logs_content_id", table_name="view_logs")
    op.drop_table("view_logs")
    op.drop_table("video_assets")
    op.drop_index("ix_sessions_user_id", table_name="sessions")
    op.drop_index("ix_sessions_expires_at", table_name="sessions")
    op.drop_table("sessions")
    op.drop_table("progress_counters")
    op.drop_index("ix_point_entries_user_id", table_name="point_entries")
    op.drop_index("ix_point_entries_content_id", table_name="point_entries")
    op.drop_table("point_entries")
    op.drop_table("identities")
    op.drop_index("ix_content_likes_content_id", table_name="content_likes")
    op.drop_table("content_likes")
    op.drop_index("ix_content_genres_genre_id", table_name="content_genres")
    op.drop_table("content_genres")
    op.drop_index("ix_users_corporation_id", table_name="users")
    op.drop_table("users")
    op.drop_index("ix_contents_view_count", table_name="contents", postgresql_where=sa.text("deleted_at IS NULL"))
    op.drop_index("ix_contents_title", table_name="contents", postgresql_where=sa.text("deleted_at IS NULL"))
    op.drop_index("ix_contents_rating", table_name="contents", postgresql_where=sa.text("deleted_at IS NULL"))
    op.drop_index("ix_contents_like_count", table_name="contents", postgresql_where=sa.text("deleted_at IS NULL"))
    op.drop_index("ix_contents_created_at", table_name="contents", postgresql_where=sa.text("deleted_at IS NULL"))
    op.drop_index("ix_contents_corporation_id", table_name="contents")
    op.drop_table("contents")
    op.drop_table("signing_keys")
    op.drop_index("uq_genres_name", table_name="genres")
    op.drop_table("genres")
    op.drop_index("uq_corporations_name", table_name="corporations")
    op.drop_index("ix_corporations_created_at", table_name="corporations")
    op.drop_table("corporations")
    for name in ("role", "age_rating", "plan"):
        op.execute(f"drop type {name}")
