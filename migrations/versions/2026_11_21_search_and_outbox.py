"""Search in the database, and the outbox: what another engine has still to hear."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Whatever search knows of a content: each way of writing it, now and later, by us or by hand, leaves a row in the same
# transaction. Of views nothing is told, which are frequent and rank nothing.
_TELL = [
    """
    create function tell_search() returns trigger language plpgsql as $$
    begin
        insert into outbox (topic, subject)
        select topic, coalesce(new.id, old.id)::text from outbox_topics where topic = 'search';
        return null;
    end $$
    """,
    """
    create function tell_search_of_genres() returns trigger language plpgsql as $$
    begin
        insert into outbox (topic, subject)
        select distinct topic, content_id::text from changed, outbox_topics where topic = 'search';
        return null;
    end $$
    """,
    """
    create function tell_search_of_name() returns trigger language plpgsql as $$
    begin
        insert into outbox (topic, subject)
        select topic, content_id::text from content_genres, outbox_topics where genre_id = new.id and topic = 'search';
        return null;
    end $$
    """,
    # What it was found by is not what it is any more; whoever wrote it puts the new terms there, or a job of ours does.
    """
    create function forget_terms() returns trigger language plpgsql as $$
    begin
        delete from title_terms where content_id = new.id;
        return null;
    end $$
    """,
    """
    create trigger terms_forgotten after update of title, description, deleted_at on contents for each row
    when ((old.title, old.description, old.deleted_at) is distinct from (new.title, new.description, new.deleted_at))
    execute function forget_terms()
    """,
    """
    create trigger told_of_name after update of name on genres for each row
    when (old.name is distinct from new.name) execute function tell_search_of_name()
    """,
    "create trigger told after insert or delete on contents for each row execute function tell_search()",
    """
    create trigger told_of_change after update on contents for each row
    when ((old.title, old.description, old.age_rating, old.release_date, old.like_count, old.deleted_at)
          is distinct from
          (new.title, new.description, new.age_rating, new.release_date, new.like_count, new.deleted_at))
    execute function tell_search()
    """,
    """
    create trigger told_of_more after insert on content_genres referencing new table as changed
    for each statement execute function tell_search_of_genres()
    """,
    """
    create trigger told_of_fewer after delete on content_genres referencing old table as changed
    for each statement execute function tell_search_of_genres()
    """,
]


def upgrade() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("due_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("taken", sa.Integer(), server_default="0", nullable=False),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index(
        "ix_outbox_refused",
        "outbox",
        ["topic", "subject"],
        unique=False,
        postgresql_where=sa.text("refusal IS NOT NULL"),
    )
    op.create_index(
        "ix_outbox_topic", "outbox", ["topic", "id"], unique=False, postgresql_where=sa.text("refusal IS NULL")
    )
    op.create_table(
        "outbox_topics",
        sa.Column("topic", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("topic", name=op.f("pk_outbox_topics")),
    )
    op.create_table(
        "search_rebuilds",
        sa.Column("index", sa.Text(), nullable=False),
        sa.Column("builder", sa.Text(), nullable=False),
        sa.Column("until", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("index", name=op.f("pk_search_rebuilds")),
    )
    op.create_table(
        "title_words",
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("leavings", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("word", name=op.f("pk_title_words")),
    )
    op.create_index(
        "ix_title_words_leavings",
        "title_words",
        ["leavings"],
        unique=False,
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
    )
    op.create_table(
        "title_terms",
        sa.Column("content_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("phrase", sa.Text(), nullable=False),
        sa.Column("terms", postgresql.TSVECTOR(), nullable=False),
        sa.Column("seal", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["content_id"], ["contents.id"], name=op.f("fk_title_terms_content_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("content_id", name=op.f("pk_title_terms")),
    )
    op.create_index("ix_title_terms_phrase", "title_terms", ["phrase"], postgresql_ops={"phrase": "text_pattern_ops"})
    op.create_table(
        "content_terms",
        sa.Column("content_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("terms", postgresql.TSVECTOR(), nullable=False),
        sa.ForeignKeyConstraint(
            ["content_id"], ["title_terms.content_id"], name=op.f("fk_content_terms_content_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("content_id", name=op.f("pk_content_terms")),
    )
    for table in ("title_terms", "content_terms"):
        op.create_index(
            f"ix_{table}_terms", table, ["terms"], postgresql_using="gin", postgresql_with={"fastupdate": "off"}
        )
    for statement in _TELL:
        op.execute(statement)


def downgrade() -> None:
    for function in ("tell_search", "tell_search_of_genres", "tell_search_of_name", "forget_terms"):
        op.execute(f"drop function {function} cascade")
    for table in ("content_terms", "title_terms", "title_words", "search_rebuilds", "outbox_topics", "outbox"):
        op.drop_table(table)
