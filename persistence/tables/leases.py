"""What one process has taken upon itself for a while."""

import sqlalchemy as sa

from persistence.tables.base import metadata, moment

# Whose time is over counts as not there.
leases = sa.Table(
    "leases",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("holder", sa.Text, nullable=False),
    moment("until"),
    sa.Index("ix_leases_until", "until"),
)
