"""Personas, devices and notifications."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

PLATFORM = postgresql.ENUM("IOS", "ANDROID", "WEB", name="device_platform", create_type=False)
KIND = postgresql.ENUM(
    "REVIEW_ADDED",
    "PLAN_EXPIRED",
    "PLAN_EXPIRING",
    "UPLOAD_SWEPT",
    "CONTENT_ADDED",
    name="notification_kind",
    create_type=False,
)

# However a person is told of something, it is pushed to their devices: by a row of the outbox for each, written by the
# same transaction. What many are told at once waits in a line of its own, so that nobody else waits behind them.
_PUSH = [
    """
    create function push_notifications() returns trigger language plpgsql as $$
    begin
        insert into outbox (topic, subject)
        select case added.kind when 'CONTENT_ADDED' then 'push to many' else 'push' end,
               added.id || ' ' || devices.id
        from added join devices on devices.user_id = added.user_id
        order by added.id, devices.id;
        return null;
    end $$
    """,
    """
    create trigger pushed after insert on notifications referencing new table as added
    for each statement execute function push_notifications()
    """,
]


def upgrade() -> None:
    PLATFORM.create(op.get_bind())
    KIND.create(op.get_bind())
    op.create_table(
        "leases",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("until", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_index("ix_leases_until", "leases", ["until"], unique=False)
    op.create_table(
        "fan_outs",
        sa.Column("content_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("after_user_id", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("but_user_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["content_id"], ["contents.id"], name=op.f("fk_fan_outs_content_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("content_id", name=op.f("pk_fan_outs")),
    )
    op.create_table(
        "notifications",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", KIND, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("content_id", sa.BigInteger(), nullable=True),
        sa.Column("read_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["content_id"], ["contents.id"], name=op.f("fk_notifications_content_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_notifications_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
        sa.UniqueConstraint("user_id", "event", name=op.f("uq_notifications_user_id_event")),
    )
    op.create_index("ix_notifications_content_id", "notifications", ["content_id"], unique=False)
    op.create_index("ix_notifications_created_at", "notifications", ["created_at"], unique=False)
    op.create_index(
        "ix_notifications_unread",
        "notifications",
        ["user_id"],
        unique=False,
        postgresql_where=sa.text("read_at IS NULL"),
    )
    op.create_index("ix_notifications_user_id", "notifications", ["user_id", "created_at", "id"], unique=False)
    op.create_table(
        "devices",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("platform", PLATFORM, nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("registered_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name=op.f("fk_devices_session_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_devices_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_devices")),
    )
    op.create_index("uq_devices_token", "devices", [sa.literal_column("md5(token)")], unique=True)
    op.create_index("ix_devices_session_id", "devices", ["session_id"], unique=False)
    op.create_index("ix_devices_user_id", "devices", ["user_id", "registered_at"], unique=False)
    op.create_table(
        "personas",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("gender", postgresql.ENUM(name="gender", create_type=False), nullable=True),
        sa.Column("feature", sa.Text(), nullable=True),
        sa.Column("options", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("image_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("number between 1 and 10", name=op.f("ck_personas_number")),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name=op.f("fk_personas_image_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_personas_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personas")),
        sa.UniqueConstraint("image_id", name=op.f("uq_personas_image_id")),
        sa.UniqueConstraint("user_id", "number", name=op.f("uq_personas_user_id_number")),
    )
    op.create_table(
        "instagram_links",
        sa.Column("persona_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("instagram_user_id", sa.Text(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("facebook_page_id", sa.Text(), nullable=False),
        sa.Column("linked_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["persona_id"], ["personas.id"], name=op.f("fk_instagram_links_persona_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("persona_id", name=op.f("pk_instagram_links")),
    )
    op.create_table(
        "instagram_tokens",
        sa.Column("persona_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("renewed_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["persona_id"], ["personas.id"], name=op.f("fk_instagram_tokens_persona_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("persona_id", name=op.f("pk_instagram_tokens")),
    )
    op.create_index("ix_instagram_tokens_expires_at", "instagram_tokens", ["expires_at"], unique=False)
    op.create_table(
        "pushes",
        sa.Column("device_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name=op.f("fk_pushes_device_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("device_id", "event", name=op.f("pk_pushes")),
    )
    op.create_index("ix_pushes_sent_at", "pushes", ["sent_at"], unique=False)
    op.add_column("images", sa.Column("is_generated", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(
        "ix_images_generated", "images", ["created_at"], unique=False, postgresql_where=sa.text("is_generated")
    )
    op.add_column("corporations", sa.Column("plan_warned_for", sa.TIMESTAMP(timezone=True), nullable=True))
    for statement in _PUSH:
        op.execute(statement)


def downgrade() -> None:
    op.drop_index("ix_images_generated", table_name="images", postgresql_where=sa.text("is_generated"))
    op.drop_column("images", "is_generated")
    op.drop_column("corporations", "plan_warned_for")
    op.drop_index("ix_pushes_sent_at", table_name="pushes")
    op.drop_table("pushes")
    op.drop_index("ix_instagram_tokens_expires_at", table_name="instagram_tokens")
    op.drop_table("instagram_tokens")
    op.drop_table("instagram_links")
    op.drop_table("personas")
    op.drop_index("ix_devices_user_id", table_name="devices")
    op.drop_index("uq_devices_token", table_name="devices")
    op.drop_index("ix_devices_session_id", table_name="devices")
    op.drop_table("devices")
    op.drop_index("ix_notifications_user_id", table_name="notifications")
    op.drop_index("ix_notifications_unread", table_name="notifications", postgresql_where=sa.text("read_at IS NULL"))
    op.drop_index("ix_notifications_created_at", table_name="notifications")
    op.drop_index("ix_notifications_content_id", table_name="notifications")
    op.drop_table("notifications")
    op.drop_table("fan_outs")
    op.drop_index("ix_leases_until", table_name="leases")
    op.drop_table("leases")
    op.execute("drop function push_notifications()")
    KIND.drop(op.get_bind())
    PLATFORM.drop(op.get_bind())
