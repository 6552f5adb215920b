"""What new contents are found by, for a thousand of them at once: the same that is written with a single one."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

import domain.words as words
from domain.search import sealed
from domain.typos import leavings
from persistence.arrays import arrays, given
from persistence.database import Connection
from persistence.grams import folded, grams_of
from persistence.statements import plain
from persistence.tables import content_terms, content_titles, title_terms, title_words

# Arrays of arrays must all be of one length, so each is one text; no term and no gram has this in it.
_APART = "\x1f"


def _list(column: sa.ColumnElement[Any]) -> sa.Function[Any]:
    return sa.func.string_to_array(column, _APART)


def _vector(column: sa.ColumnElement[Any]) -> sa.Function[Any]:
    return sa.func.array_to_tsvector(_list(column))


_title = given("title", content_id=sa.BigInteger, folded=sa.Text, grams=sa.Text)
_PUT_TITLES = plain(
    insert(content_titles).from_select(
        ["content_id", "folded", "grams"], sa.select(_title.c.content_id, _title.c.folded, _list(_title.c.grams))
    )
)
_word = given("word", word=sa.Text, leavings=sa.Text)
# In the order of all who write new words.
_LEARN = plain(
    insert(title_words)
    .from_select(["word", "leavings"], sa.select(_word.c.word, _list(_word.c.leavings)).order_by(_word.c.word))
    .on_conflict_do_nothing()
)
_term = given("term", content_id=sa.BigInteger, phrase=sa.Text, title=sa.Text, everything=sa.Text, seal=sa.Text)
_titled = (
    insert(title_terms)
    .from_select(
        ["content_id", "phrase", "terms", "seal"],
        sa.select(_term.c.content_id, _term.c.phrase, _vector(_term.c.title), _term.c.seal),
    )
    .returning(title_terms.c.content_id)
    .cte("titled")
)
_PUT_TERMS = plain(
    insert(content_terms).from_select(
        ["content_id", "terms"],
        sa.select(_titled.c.content_id, _vector(_term.c.everything)).join_from(
            _titled, _term, _titled.c.content_id == _term.c.content_id
        ),
    )
)


async def write_texts(connection: Connection, contents: Sequence[tuple[int, str, str | None, bool]]) -> None:
    """Of each its id, title, description, and whether it is visible; what is not has no terms."""
    titles, terms = [], []
    known: dict[str, str] = {}
    for content_id, title, description, is_visible in contents:
        plain_title = folded(title)
        titles.append((content_id, plain_title, _APART.join(grams_of(plain_title))))
        if not is_visible:
            continue
        named = words.words(title)
        in_title = {f"={word.stem}" for word in named} | words.tails(named)
        everything = in_title | words.parts(words.words(description or ""))
        seal = sealed(title, description)
        terms.append((content_id, words.phrase(named), _APART.join(in_title), _APART.join(everything), seal))
        known |= {word.stem: _APART.join(left) for word in named if (left := leavings(word.stem))}
    await _PUT_TITLES.run(connection, **arrays(_title, titles))
    await _LEARN.run(connection, **arrays(_word, list(known.items())))
    await _PUT_TERMS.run(connection, **arrays(_term, terms))
