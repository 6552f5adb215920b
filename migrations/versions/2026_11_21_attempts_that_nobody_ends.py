"""Attempts to sign in are pending for half a minute at most, whatever became of the process that looked at them."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # With a default, so that processes that do not know it yet go on counting beside those that do.
    until = sa.Column("pending_until", sa.TIMESTAMP(timezone=True), nullable=False, server_default=sa.text("now()"))
    op.add_column("attempts", until)


def downgrade() -> None:
    op.drop_column("attempts", "pending_until")
