"""What came from an older system, so that it never comes twice."""

import sqlalchemy as sa

from persistence.tables.base import metadata

# What an older system calls a thing, and which of ours it became: nothing where it was deleted over there already.
# What is deleted here stays deleted: its row is kept, and nothing is made of the same line again. `seal` tells whether
# a line says what it said then; of people who have gone a trigger takes it away, and of those who had gone over there
# already there is none.
imported = sa.Table(
    "imported",
    metadata,
    sa.Column("system", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("old_id", sa.Text, primary_key=True),
    sa.Column("new_id", sa.BigInteger),
    sa.Column("seal", sa.LargeBinary),
    sa.Index("ix_imported_new_id", "new_id", "kind"),
)

# The same of what a person did with a content, which is known by the two of them, and goes with the person.
# Whatever system it came from, what was taken back here does not come again.
imported_deeds = sa.Table(
    "imported_deeds",
    metadata,
    sa.Column("user_id", sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("content_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("system", sa.Text, primary_key=True),
    sa.Column("seal", sa.LargeBinary, nullable=False),
)
