"""What search in the database knows, and what another engine has still to hear."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from persistence.tables.base import key, metadata, moment

# Entered at once: else each search would read what is yet to be entered, and one write would pay for many.
_AT_ONCE = {"fastupdate": "off"}

# What a visible content is found by, as domain.words makes it: of its title, and of all of its text. They stand beside
# the contents, since a like is a new version of a content's row and would have to be entered into these large indexes
# again, and apart from each other, since a row with both would be four times as wide as most searches need.
# `terms` has the title's whole words with "=" before them, and what begins anywhere in it.
title_terms = sa.Table(
    "title_terms",
    metadata,
    sa.Column("content_id", sa.ForeignKey("contents.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("phrase", sa.Text, nullable=False),
    sa.Column("terms", pg.TSVECTOR, nullable=False),
    sa.Column("seal", sa.Text, nullable=False),
    sa.Index("ix_title_terms_phrase", "phrase", postgresql_ops={"phrase": "text_pattern_ops"}),
    sa.Index("ix_title_terms_terms", "terms", postgresql_using="gin", postgresql_with=_AT_ONCE),
)
content_terms = sa.Table(
    "content_terms",
    metadata,
    sa.Column(
        "content_id", sa.ForeignKey("title_terms.content_id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    ),
    sa.Column("terms", pg.TSVECTOR, nullable=False),
    sa.Index("ix_content_terms_terms", "terms", postgresql_using="gin", postgresql_with=_AT_ONCE),
)

# Every word that was ever in a title, with what domain.typos leaves of it.
title_words = sa.Table(
    "title_words",
    metadata,
    sa.Column("word", sa.Text, primary_key=True),
    sa.Column("leavings", pg.ARRAY(sa.Text), nullable=False),
    sa.Index("ix_title_words_leavings", "leavings", postgresql_using="gin", postgresql_with=_AT_ONCE),
)

# Something that changed, for whoever must be told outside of this database: written by the transaction that changes it
# (of contents by triggers, so that no way of writing forgets it), taken away when it was told. Being taken is being put
# off a little, so that nobody has to give back what a killed process had taken.
outbox = sa.Table(
    "outbox",
    metadata,
    key(),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    moment("created_at", default=True),
    moment("due_at", default=True),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    # How often it was taken since it was last given back.
    sa.Column("taken", sa.Integer, nullable=False, server_default="0"),
    # Why it was set aside; nobody takes it any more.
    sa.Column("refusal", sa.Text),
    sa.Index("ix_outbox_topic", "topic", "id", postgresql_where=sa.text("refusal IS NULL")),
    sa.Index("ix_outbox_refused", "topic", "subject", postgresql_where=sa.text("refusal IS NOT NULL")),
)

# The topics that somebody listens to who need not be there: of search nothing is written down otherwise.
outbox_topics = sa.Table("outbox_topics", metadata, sa.Column("topic", sa.Text, primary_key=True))

# An index that is being built beside the one in use. Changes go into both until `until`, which its builder puts off.
search_rebuilds = sa.Table(
    "search_rebuilds",
    metadata,
    sa.Column("index", sa.Text, primary_key=True),
    sa.Column("builder", sa.Text, nullable=False),
    moment("until"),
)
