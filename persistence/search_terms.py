"""What search in the database finds contents by, written by whoever writes a content, in the same transaction."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

import domain.words as words
from domain.search import sealed
from domain.typos import leavings
from persistence.database import Connection
from persistence.statements import plain
from persistence.tables import content_terms, title_words

_TEXTS = sa.ARRAY(sa.Text)
_given = (
    sa.func.unnest(sa.bindparam("words", type_=_TEXTS), sa.bindparam("leavings", type_=_TEXTS))
    .table_valued(sa.column("word", sa.Text), sa.column("leaving", sa.Text), name="given")
    .render_derived()
)
# In one order for everybody, so that two who write the same new words wait for each other and not for ever.
_learned = (
    insert(title_words)
    .from_select(
        ["word", "leavings"],
        sa.select(_given.c.word, sa.func.array_agg(_given.c.leaving)).group_by(_given.c.word).order_by(_given.c.word),
    )
    .on_conflict_do_nothing()
    .cte("learned")
)
_vector = sa.func.array_to_tsvector
_new = insert(content_terms).values(
    content_id=sa.bindparam("content_id"),
    phrase=sa.bindparam("phrase"),
    title=_vector(sa.bindparam("title", type_=_TEXTS)),
    everything=_vector(sa.bindparam("everything", type_=_TEXTS)),
    seal=sa.bindparam("seal"),
)
_PUT = plain(
    _new.on_conflict_do_update(
        index_elements=["content_id"],
        set_={name: _new.excluded[name] for name in ("phrase", "title", "everything", "seal")},
    ).add_cte(_learned)
)
_REMOVE = plain(
    sa.delete(content_terms).where(content_terms.c.content_id == sa.bindparam("content_id", type_=sa.BigInteger))
)


async def put_terms(transaction: Connection, content_id: int, title: str, description: str | None) -> None:
    named, described = words.words(title), words.words(description or "")
    in_title = {f"={word.stem}" for word in named if word.stem} | words.tails(named)
    known = [(word.stem, leaving) for word in named for leaving in leavings(word.stem)]
    await _PUT.run(
        transaction,
        content_id=content_id,
        phrase=words.phrase(named),
        title=list(in_title),
        everything=list(in_title | words.parts(described)),
        seal=seal_of(title, description),
        words=[word for word, _ in known],
        leavings=[leaving for _, leaving in known],
    )


async def remove_terms(transaction: Connection, content_id: int) -> None:
    await _REMOVE.run(transaction, content_id=content_id)


def seal_of(title: str, description: str | None) -> str:
    return sealed(title, description)
