"""Posts, and images whose bytes follow them out of the object store."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

STATUS = postgresql.ENUM("PENDING", "READY", name="image_status", create_type=False)

# However a row goes (a post, a person, the sweep), its bytes are written down to follow, by the same transaction: those
# that arrived, as soon as they are copied to the image's own key, and both when it goes. While the upload's address is
# open, or somebody completes it just then, they may come again: those of a young one are taken away once more, a day
# after it was announced.
_FORGET = [
    """
    create function forget_bytes(keys text[], announced_at timestamptz) returns void language sql as $$
        insert into outbox (topic, subject, due_at)
        select 'objects', key, due_at
        from unnest(keys) as key, unnest(array[now(), announced_at + interval '1 day']) as due_at
        where due_at >= now()
    $$
    """,
    """
    create function forget_image() returns trigger language plpgsql as $$
    begin
        perform forget_bytes(array[old.key, 'incoming/' || old.key], old.created_at);
        return null;
    end $$
    """,
    """
    create function forget_incoming() returns trigger language plpgsql as $$
    begin
        perform forget_bytes(array['incoming/' || new.key], new.created_at);
        return null;
    end $$
    """,
    "create trigger forgotten after delete on images for each row execute function forget_image()",
    """
    create trigger taken after update of status on images for each row
    when (old.status <> 'READY' and new.status = 'READY') execute function forget_incoming()
    """,
]


def upgrade() -> None:
    STATUS.create(op.get_bind())
    op.create_table(
        "images",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("status", STATUS, server_default="PENDING", nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_images_owner_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_images")),
        sa.UniqueConstraint("key", name=op.f("uq_images_key")),
    )
    op.create_index("ix_images_owner_id", "images", ["owner_id"], unique=False)
    op.create_index(
        "ix_images_pending", "images", ["created_at"], unique=False, postgresql_where=sa.text("status = 'PENDING'")
    )
    op.create_table(
        "posts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("image_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_posts_author_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name=op.f("fk_posts_image_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posts")),
        sa.UniqueConstraint("image_id", name=op.f("uq_posts_image_id")),
    )
    op.create_index("ix_posts_author_id", "posts", ["author_id"], unique=False)
    op.create_index("ix_posts_created_at", "posts", ["created_at", "id"], unique=False)
    for statement in _FORGET:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("posts")
    op.drop_table("images")
    for function in ("forget_image()", "forget_incoming()", "forget_bytes(text[], timestamptz)"):
        op.execute(f"drop function {function}")
    STATUS.drop(op.get_bind())
