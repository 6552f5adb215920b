"""What search in the database finds contents by, written by whoever writes a content, in the same transaction."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

import domain.words as words
from domain.search import sealed
from domain.typos import leavings
from persistence.database import Connection
from persistence.statements import plain
from persistence.tables import content_terms, title_terms, title_words

_TEXTS = sa.ARRAY(sa.Text)
_CONTENT = sa.bindparam("content_id", type_=sa.BigInteger)


def _vector(name: str) -> sa.Function[str]:
    return sa.func.array_to_tsvector(sa.bindparam(name, type_=_TEXTS))


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
_title = insert(title_terms).values(
    content_id=_CONTENT, phrase=sa.bindparam("phrase"), terms=_vector("title"), seal=sa.bindparam("seal")
)
_titled = _title.on_conflict_do_update(
    index_elements=["content_id"], set_={name: _title.excluded[name] for name in ("phrase", "terms", "seal")}
).cte("titled")
_everything = insert(content_terms).values(content_id=_CONTENT, terms=_vector("everything"))
_PUT = plain(
    _everything.on_conflict_do_update(
        index_elements=["content_id"], set_={"terms": _everything.excluded.terms}
    ).add_cte(_learned, _titled)
)
_REMOVE = plain(sa.delete(title_terms).where(title_terms.c.content_id == _CONTENT))


async def put_terms(transaction: Connection, content_id: int, title: str, description: str | None) -> None:
    named, described = words.words(title), words.words(description or "")
    in_title = {f"={word.stem}" for word in named} | words.tails(named)
    known = [(word.stem, leaving) for word in named for leaving in leavings(word.stem)]
    await _PUT.run(
        transaction,
        content_id=content_id,
        phrase=words.phrase(named),
        title=list(in_title),
        everything=list(in_title | words.parts(described)),
        seal=sealed(title, description),
        words=[word for word, _ in known],
        leavings=[leaving for _, leaving in known],
    )


async def remove_terms(transaction: Connection, content_id: int) -> None:
    await _REMOVE.run(transaction, content_id=content_id)
