"""What came from older systems is remembered, so that it never comes twice."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# Of people who have gone nothing is kept by which somebody could be told who they were.
_FORGET = [
    """
    create function forget_imported() returns trigger language plpgsql as $$
    begin
        update imported set seal = null where kind = 'people' and new_id = old.id;
        return null;
    end $$
    """,
    "create trigger imported_forgotten after delete on users for each row execute function forget_imported()",
]


def upgrade() -> None:
    op.create_table(
        "imported",
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("old_id", sa.Text(), nullable=False),
        sa.Column("new_id", sa.BigInteger(), nullable=True),
        sa.Column("seal", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("system", "kind", "old_id", name=op.f("pk_imported")),
    )
    op.create_index("ix_imported_new_id", "imported", ["new_id", "kind"])
    op.create_table(
        "imported_deeds",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("content_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("seal", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_imported_deeds_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "kind", "content_id", "system", name=op.f("pk_imported_deeds")),
    )
    for statement in _FORGET:
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop function forget_imported() cascade")
    op.drop_table("imported_deeds")
    op.drop_table("imported")
