"""Ways in: profiles, providers of identities, cookies, other issuers' sessions, codes that work once, attempts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

PROVIDER = postgresql.ENUM("KEYCLOAK", "GOOGLE", "GITHUB", "KAKAO", "OTHER", name="identity_provider")
GENDER = postgresql.ENUM("MALE", "FEMALE", name="gender")


def upgrade() -> None:
    PROVIDER.create(op.get_bind())
    GENDER.create(op.get_bind())
    op.create_table(
        "attempts",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("pending", sa.Integer(), nullable=False),
        sa.Column("forgotten_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_attempts")),
    )
    op.create_index("ix_attempts_forgotten_at", "attempts", ["forgotten_at"], unique=False)
    op.create_table(
        "one_time_codes",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_one_time_codes_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_one_time_codes")),
    )
    op.create_index("ix_one_time_codes_expires_at", "one_time_codes", ["expires_at"], unique=False)
    op.create_index("ix_one_time_codes_user_id", "one_time_codes", ["user_id"], unique=False)
    # Whoever was pinned so far came by an issuer that settings list, which may be any.
    op.add_column("identities", sa.Column("provider", PROVIDER, nullable=False, server_default="OTHER"))
    op.alter_column("identities", "provider", server_default=None)
    op.add_column("sessions", sa.Column("successor_seen", sa.Boolean(), server_default=sa.text("true"), nullable=False))
    op.add_column("sessions", sa.Column("issuer", sa.Text(), nullable=True))
    op.add_column("sessions", sa.Column("origin", sa.Text(), nullable=True))
    op.alter_column("sessions", "refresh_hash", existing_type=postgresql.BYTEA(), nullable=True)
    op.create_index(
        "uq_sessions_origin",
        "sessions",
        ["issuer", "origin"],
        unique=True,
        postgresql_where=sa.text("issuer IS NOT NULL"),
    )
    op.create_check_constraint(
        op.f("ck_sessions_kind"), "sessions", "(refresh_hash is null) = (issuer is not null and origin is not null)"
    )
    op.add_column("users", sa.Column("birthday", sa.Date(), nullable=True))
    op.add_column("users", sa.Column("gender", GENDER, nullable=True))
    op.add_column("users", sa.Column("picture_url", sa.Text(), nullable=True))
    op.add_column("users", sa.Column("consented_at", sa.TIMESTAMP(timezone=True), nullable=True))
    op.add_column("users", sa.Column("email_proven", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("users", sa.Column("signed_out_at", sa.TIMESTAMP(timezone=True), nullable=True))
    # Whoever was pinned so far was found by an e-mail that was verified.
    op.execute("update users set email_proven = true where id in (select user_id from identities)")


def downgrade() -> None:
    for column in ("signed_out_at", "email_proven", "consented_at", "picture_url", "gender", "birthday"):
        op.drop_column("users", column)
    op.execute("delete from sessions where refresh_hash is null")
    op.drop_constraint(op.f("ck_sessions_kind"), "sessions", type_="check")
    op.drop_index("uq_sessions_origin", "sessions")
    op.alter_column("sessions", "refresh_hash", existing_type=postgresql.BYTEA(), nullable=False)
    for column in ("origin", "issuer", "successor_seen"):
        op.drop_column("sessions", column)
    op.drop_column("identities", "provider")
    op.drop_table("one_time_codes")
    op.drop_table("attempts")
    GENDER.drop(op.get_bind())
    PROVIDER.drop(op.get_bind())
