"""Search in PostgreSQL, by the words that domain.words makes. It never drifts: whoever writes a content writes what it
is found by in the same transaction.

What fits comes in ranks: the title itself, a title that begins with it, one that has all its words, one that has them
in part, the description, and what is only alike; in each by likes. Where hardly anything has a word, what has it is
collected and sorted; where a great many have it, contents are gone through by likes until enough of them do. Which of
the two is chosen by counting first, up to MOST_HITS, and not left to the planner, who cannot know.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSQUERY

from domain.errors import Unavailable
from domain.search import MOST_HITS, Found, Hit, SearchQuery, SearchUnavailable
from domain.typos import alike, leavings, slips
from domain.words import LONGEST_TAIL
from persistence.contents import VISIBLE
from persistence.database import Database
from persistence.search_facets import counted
from persistence.search_filters import FILTERS, wanted
from persistence.statements import Statement, plain
from persistence.tables import content_terms, contents, title_words

# What is alike is looked for where fewer are exact.
_FEW = 20
_MOST_WORDS_ALIKE = 50

_PHRASE = sa.bindparam("phrase", type_=sa.Text)


def _asks(name: str) -> sa.ColumnElement[Any]:
    return sa.cast(sa.bindparam(name, type_=sa.Text), TSQUERY)


_IN_PART = content_terms.c.title.op("@@")(_asks("part"))
_WHOLE = content_terms.c.title.op("@@")(_asks("whole"))
_ANYWHERE = content_terms.c.everything.op("@@")(_asks("part"))
_ALIKE = content_terms.c.everything.op("@@")(_asks("widest"))
_IS = content_terms.c.phrase == _PHRASE
_BEGINS = content_terms.c.phrase.like(_PHRASE + " %")
_RANKS = (_IS, _BEGINS, _WHOLE, _IN_PART, _ANYWHERE, _ALIKE)

_WORDS_ALIKE = plain(
    sa.select(title_words.c.word).where(
        title_words.c.leavings.overlap(sa.bindparam("leavings", type_=sa.ARRAY(sa.Text)))
    )
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A query as statements take it. `dense` says of each rank whether more than MOST_HITS have it."""

    values: dict[str, object]
    filters: tuple[str, ...]
    dense: tuple[bool, ...]
    total: int


class DatabaseSearch:
    """Speaks domain.search.SearchEngine."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, query: SearchQuery) -> Found:
        started = time.perf_counter()
        asked = await (self._everything(query) if query.wants_everything else self._asked(query))
        hits = await self._page(query, asked)
        facets = await counted(self._database, query.facets, asked.filters, asked.values) if query.facets else []
        return Found(hits, asked.total, facets, round((time.perf_counter() - started) * 1000))

    async def check(self) -> None:
        try:
            await self._database.check()
        except Unavailable as error:
            raise SearchUnavailable from error

    async def _everything(self, query: SearchQuery) -> _Asked:
        values = wanted(query.only)
        async with self._database.reading() as connection:
            total = await _all_counted(tuple(values)).one(connection, **values)
        return _Asked(values, tuple(values), (), total)

    async def _asked(self, query: SearchQuery) -> _Asked:
        only = wanted(query.only)
        filters = tuple(only)
        values = {**only, **_asking(query.terms)}
        async with self._database.reading() as connection:
            whole, in_part, anywhere = await _ranks_counted(filters).one(connection, **values)
        total = anywhere
        if anywhere < _FEW and (close := await self._words_alike(query.terms)):
            values["widest"] = " & ".join(_any_of(term, close) for term in query.terms)
            async with self._database.reading() as connection:
                total = await _alike_counted(filters).one(connection, **values)
        dense = tuple(held > MOST_HITS for held in (0, 0, whole, in_part, anywhere))
        return _Asked(values, filters, dense if total == anywhere else (*dense, False), min(total, MOST_HITS))

    async def _words_alike(self, terms: Sequence[str]) -> list[str]:
        left = sorted({leaving for term in terms if slips(term) for leaving in leavings(term)})
        if not left:
            return []
        async with self._database.reading() as connection:
            near = await _WORDS_ALIKE.all(connection, leavings=left)
        return [word for word in near if any(alike(term, word) for term in terms)]

    async def _page(self, query: SearchQuery, asked: _Asked) -> list[Hit]:
        statement = _page(asked.dense, asked.filters) if asked.dense else _newest(asked.filters)
        limit = min(query.limit, MOST_HITS - query.offset)
        window = {"most": query.offset + limit, "limit": limit, "offset": query.offset}
        async with self._database.reading() as connection:
            return await statement.all(connection, **asked.values, **window)


def _asking(terms: Sequence[str]) -> dict[str, object]:
    part = " & ".join(_beginning(term) for term in terms)
    return {
        "phrase": " ".join(terms),
        "whole": " & ".join(f"'={term}'" for term in terms),
        "part": part,
        "widest": part,
    }


def _beginning(term: str) -> str:
    """Terms are letters and digits alone, so that nothing in them has to be escaped."""
    return f"'{term[:LONGEST_TAIL]}':*"


def _any_of(term: str, words: Sequence[str]) -> str:
    near = sorted(word for word in words if alike(term, word))[:_MOST_WORDS_ALIKE]
    either = " | ".join([_beginning(term), *(f"'={word}'" for word in near)])
    return f"({either})"


def _matching(predicate: sa.ColumnElement[bool], filters: tuple[str, ...]) -> sa.Select[Any]:
    """Only visible contents have terms; a filter needs the content itself."""
    matching = sa.select(content_terms.c.content_id).where(predicate)
    if filters:
        matching = matching.join(contents, contents.c.id == content_terms.c.content_id)
    return matching.where(*(FILTERS[name] for name in filters))


def _up_to_most(select: sa.Select[Any]) -> sa.ScalarSelect[int]:
    return sa.select(sa.func.count()).select_from(select.limit(MOST_HITS + 1).subquery()).scalar_subquery()


@cache
def _all_counted(filters: tuple[str, ...]) -> Statement[int]:
    all_of_them = sa.select(contents.c.id).where(VISIBLE, *(FILTERS[name] for name in filters))
    return Statement(sa.select(_up_to_most(all_of_them)), lambda held: min(held, MOST_HITS), planned_anew=bool(filters))


@cache
def _ranks_counted(filters: tuple[str, ...]) -> Statement[tuple[int, int, int]]:
    counts = (_up_to_most(_matching(rank, filters)) for rank in (_WHOLE, _IN_PART, _ANYWHERE))
    return Statement(sa.select(*counts), lambda *held: held, planned_anew=True)


@cache
def _alike_counted(filters: tuple[str, ...]) -> Statement[int]:
    return Statement(sa.select(_up_to_most(_matching(_ALIKE, filters))), int, planned_anew=True)


@cache
def _newest(filters: tuple[str, ...]) -> Statement[Hit]:
    newest = sa.select(contents.c.id).where(VISIBLE, *(FILTERS[name] for name in filters))
    newest = newest.order_by(contents.c.created_at.desc(), contents.c.id.desc())
    return Statement(_window(newest), Hit, planned_anew=bool(filters))


@cache
def _page(dense: tuple[bool, ...], filters: tuple[str, ...]) -> Statement[Hit]:
    ranked = sa.union_all(
        *(_rank(rank, predicate, is_dense, filters) for rank, (predicate, is_dense) in enumerate(_ranks(dense)))
    ).subquery("ranked")
    best = sa.select(ranked.c.id).group_by(ranked.c.id, ranked.c.like_count)
    ordered = best.order_by(sa.func.min(ranked.c.rank), ranked.c.like_count.desc(), ranked.c.id.desc())
    return Statement(_window(ordered), Hit, planned_anew=True)


def _ranks(dense: tuple[bool, ...]) -> list[tuple[sa.ColumnElement[bool], bool]]:
    return list(zip(_RANKS, dense, strict=False))


def _rank(
    rank: int, predicate: sa.ColumnElement[bool], is_dense: bool, filters: tuple[str, ...]
) -> sa.Select[tuple[Any, ...]]:
    visible = [VISIBLE, *(FILTERS[name] for name in filters)]
    if is_dense:
        likes = (contents.c.like_count.desc(), contents.c.id.desc())
        # The offset keeps the planner from turning the walk into something else.
        walk = sa.select(contents.c.id, contents.c.like_count).where(*visible).order_by(*likes).offset(0)
        each = walk.subquery("each")
        has = sa.select(sa.literal(1)).where(content_terms.c.content_id == each.c.id, predicate).lateral("has")
        found = sa.select(sa.literal_column(str(rank)).label("rank"), each).join(has, sa.true())
        ordered = found.order_by(each.c.like_count.desc(), each.c.id.desc())
    else:
        # Not by the index of likes, which would have to be gone through to its end.
        likes = ((contents.c.like_count + sa.text("0")).desc(), contents.c.id.desc())
        found = sa.select(sa.literal_column(str(rank)).label("rank"), contents.c.id, contents.c.like_count)
        matching = found.join(content_terms, content_terms.c.content_id == contents.c.id).where(predicate, *visible)
        ordered = matching.order_by(*likes)
    return sa.select(ordered.limit(sa.bindparam("most", type_=sa.BigInteger)).subquery())


def _window(select: sa.Select[Any]) -> sa.Select[Any]:
    return select.limit(sa.bindparam("limit", type_=sa.BigInteger)).offset(sa.bindparam("offset", type_=sa.BigInteger))
