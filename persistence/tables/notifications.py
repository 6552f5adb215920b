"""What people are told, and the devices on which they hear it."""

import sqlalchemy as sa

from persistence.tables.base import enum, key, metadata, moment, reference

# Where a phone or a browser is reached. Its token is one row's alone, and moves with the phone to its next owner; it
# goes with the session that registered it, and hears nothing once that is revoked.
devices = sa.Table(
    "devices",
    metadata,
    key(),
    reference("user_id", "users", cascade=True),
    sa.Column("platform", enum("device_platform"), nullable=False),
    sa.Column("token", sa.Text, nullable=False),
    moment("registered_at", default=True),
    reference("session_id", "sessions", cascade=True),
    # An index takes no more than 2704 bytes of one, and a token may have 4096.
    sa.Index("uq_devices_token", sa.text("md5(token)"), unique=True),
    sa.Index("ix_devices_user_id", "user_id", "registered_at"),
    sa.Index("ix_devices_session_id", "session_id"),
)

# `event` names the cause, so that nobody is told of it twice. A trigger writes into the outbox for each device.
notifications = sa.Table(
    "notifications",
    metadata,
    key(),
    reference("user_id", "users", cascade=True),
    sa.Column("kind", enum("notification_kind"), nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("content_id", sa.ForeignKey("contents.id", ondelete="SET NULL")),
    moment("read_at", nullable=True),
    moment("created_at", default=True),
    sa.Column("event", sa.Text, nullable=False),
    sa.UniqueConstraint("user_id", "event"),
    sa.Index("ix_notifications_user_id", "user_id", "created_at", "id"),
    sa.Index("ix_notifications_unread", "user_id", postgresql_where=sa.text("read_at IS NULL")),
    sa.Index("ix_notifications_content_id", "content_id"),
    sa.Index("ix_notifications_created_at", "created_at"),
)

# That a device was sent word of an event, written before it is sent: it never is twice, whoever tries and dies.
pushes = sa.Table(
    "pushes",
    metadata,
    sa.Column("device_id", sa.ForeignKey("devices.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("event", sa.Text, primary_key=True),
    moment("sent_at", default=True),
    sa.Index("ix_pushes_sent_at", "sent_at"),
)

# A new content of which many are told, batch by batch in the order of their ids.
fan_outs = sa.Table(
    "fan_outs",
    metadata,
    sa.Column("content_id", sa.ForeignKey("contents.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("after_user_id", sa.BigInteger, nullable=False, server_default="0"),
    # Who made it, and needs not be told; they may have gone.
    sa.Column("but_user_id", sa.BigInteger, nullable=False),
    moment("created_at", default=True),
)
