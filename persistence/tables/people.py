"""Companies, people, and their ways in."""

import sqlalchemy as sa

from persistence.tables.base import enum, key, metadata, moment, reference

corporations = sa.Table(
    "corporations",
    metadata,
    key(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("plan", enum("plan"), nullable=False),
    moment("plan_expires_at", nullable=True),
    moment("created_at", default=True),
    moment("updated_at", default=True),
    # The end of the plan of which its managers were warned.
    moment("plan_warned_for", nullable=True),
    sa.Index("uq_corporations_name", sa.text("lower(name)"), unique=True),
    sa.Index("ix_corporations_created_at", "created_at", "id"),
    sa.Index("ix_corporations_plan_expires_at", "plan_expires_at", postgresql_where=sa.text("plan = 'PAID'")),
)

users = sa.Table(
    "users",
    metadata,
    key(),
    sa.Column("email", sa.Text),
    sa.Column("display_name", sa.Text, nullable=False),
    sa.Column("first_name", sa.Text),
    sa.Column("last_name", sa.Text),
    sa.Column("role", enum("role"), nullable=False),
    reference("corporation_id", "corporations", nullable=True),
    sa.Column("region_code", sa.Text),
    sa.Column("subscription_status", sa.Text),
    sa.Column("points", sa.Integer, nullable=False, server_default="0"),
    moment("created_at", default=True),
    sa.Column("birthday", sa.Date),
    sa.Column("gender", enum("gender")),
    sa.Column("picture_url", sa.Text),
    moment("consented_at", nullable=True),
    sa.Column("password_hash", sa.Text),
    # Whether somebody has ever proven that the e-mail is theirs, by a provider that had verified it.
    sa.Column("email_proven", sa.Boolean, nullable=False, server_default=sa.false()),
    # When all sessions were ended at once: other issuers' tokens from before open none any more.
    moment("signed_out_at", nullable=True),
    sa.UniqueConstraint("email"),
    sa.Index("ix_users_corporation_id", "corporation_id", "created_at", "id"),
    sa.Index("ix_users_created_at", "created_at", "id"),
    sa.Index("ix_users_role", "role", postgresql_where=sa.text("role = 'ADMIN'")),
    # The e-mail is kept in one spelling; a second person with another spelling cannot be written by any way.
    sa.CheckConstraint("email = lower(email)", name="email_spelling"),
)

# A person at another issuer. The subject is pinned at first sight; from then on the e-mail no longer counts.
identities = sa.Table(
    "identities",
    metadata,
    sa.Column("issuer", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, primary_key=True),
    reference("user_id", "users", cascade=True),
    sa.Column("provider", enum("identity_provider"), nullable=False),
    moment("linked_at", default=True),
    sa.UniqueConstraint("user_id", "issuer"),
)

# A session of our own has a hash of what renews it, a refresh token or a cookie. One that another issuer's tokens have
# opened has none, and is found by `issuer` and `origin`, the name of the session over there.
sessions = sa.Table(
    "sessions",
    metadata,
    key(),
    reference("user_id", "users", cascade=True),
    sa.Column("user_agent", sa.Text),
    moment("created_at", default=True),
    moment("last_used_at", default=True),
    moment("expires_at"),
    moment("absolute_end"),
    moment("revoked_at", nullable=True),
    moment("rotated_at", default=True),
    sa.Column("refresh_hash", sa.LargeBinary),
    sa.Column("previous_hash", sa.LargeBinary),
    sa.Column("successor_seen", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("issuer", sa.Text),
    sa.Column("origin", sa.Text),
    sa.Index("uq_sessions_origin", "issuer", "origin", unique=True, postgresql_where=sa.text("issuer IS NOT NULL")),
    sa.CheckConstraint("(refresh_hash is null) = (issuer is not null and origin is not null)", name="kind"),
    sa.Index("ix_sessions_user_id", "user_id", "last_used_at"),
    sa.Index("ix_sessions_expires_at", "expires_at"),
)

# What opens something once: the way back from a provider, or the code that such a way ends with. `user_id` is whom it
# signs in, where that is known.
one_time_codes = sa.Table(
    "one_time_codes",
    metadata,
    sa.Column("hash", sa.LargeBinary, primary_key=True),
    reference("user_id", "users", nullable=True, cascade=True),
    moment("expires_at"),
    sa.Index("ix_one_time_codes_expires_at", "expires_at"),
    sa.Index("ix_one_time_codes_user_id", "user_id"),
)

# Wrong passwords for an account or from an address, of which only a hash is kept, until they are forgotten.
attempts = sa.Table(
    "attempts",
    metadata,
    sa.Column("hash", sa.LargeBinary, primary_key=True),
    sa.Column("wrong", sa.Integer, nullable=False),
    sa.Column("pending", sa.Integer, nullable=False),
    moment("forgotten_at"),
    # When those that are pending are given up: who looked at their passwords has died, or has no answer to give.
    moment("pending_until", default=True),
    sa.Index("ix_attempts_forgotten_at", "forgotten_at"),
)

# The private half is encrypted with a key derived from SESSION_SECRET.
signing_keys = sa.Table(
    "signing_keys",
    metadata,
    sa.Column("kid", sa.Text, primary_key=True),
    sa.Column("private_key", sa.LargeBinary, nullable=False),
    moment("created_at", default=True),
)
