"""The statements of search in PostgreSQL.

What fits comes in ranks: the title itself, a title that begins with it, one that has all its words, one that has them
in part, a description that has, and what is only alike; in each by likes. Where hardly anything has a rank, what has it
is collected and sorted; where a great many have it, contents are gone through by likes until enough of them do. Which
of the two is chosen by counting first, up to MOST_HITS, and not left to the planner, who cannot know: what a word is
the beginning of is in no statistics.
"""

from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSQUERY, array

from domain.search import MOST_HITS
from persistence.contents import VISIBLE
from persistence.search_filters import FILTERS
from persistence.statements import Statement, plain
from persistence.tables import content_terms, contents, title_terms, title_words

_PHRASE = sa.bindparam("phrase", type_=sa.Text)
_ID, _LIKES = contents.c.id, contents.c.like_count
# Of those that most people like, so many are looked at.
_MOST_WALKED = 5000
_MOST_NEAR = 200


def asks(terms: sa.Column[Any], name: str) -> sa.ColumnElement[bool]:
    return terms.op("@@")(sa.cast(sa.bindparam(name, type_=sa.Text), TSQUERY))


_WHOLE, _IN_PART = asks(title_terms.c.terms, "whole"), asks(title_terms.c.terms, "part")
_ANYWHERE, _ALIKE = asks(content_terms.c.terms, "part"), asks(content_terms.c.terms, "widest")
_RANKS = (
    (title_terms, title_terms.c.phrase == _PHRASE),
    (title_terms, title_terms.c.phrase.like(_PHRASE + " %")),
    (title_terms, _WHOLE),
    (title_terms, _IN_PART),
    (content_terms, _ANYWHERE),
    (content_terms, _ALIKE),
)

# One by one: of all at once the planner thinks that going through all words is as cheap.
_left = (
    sa.func.unnest(sa.bindparam("leavings", type_=sa.ARRAY(sa.Text)))
    .table_valued(sa.column("leaving", sa.Text), name="given")
    .render_derived()
)
_near = (
    sa.select(title_words.c.word)
    .where(title_words.c.leavings.contains(array([_left.c.leaving])))
    .limit(_MOST_NEAR)
    .lateral("near")
)
# Those that have most in common first.
WORDS_ALIKE = plain(
    sa.select(_near.c.word)
    .select_from(_left.join(_near, sa.true()))
    .group_by(_near.c.word)
    .order_by(sa.func.count().desc(), _near.c.word)
    .limit(_MOST_NEAR)
)


@cache
def all_counted(filters: tuple[str, ...]) -> Statement[int]:
    every = sa.select(_ID).where(*_visible(filters))
    return Statement(sa.select(_counted(every)), lambda held: min(held, MOST_HITS), planned_anew=bool(filters))


@cache
def ranks_counted(filters: tuple[str, ...]) -> Statement[tuple[int, ...]]:
    """How much has each rank but the last. Each has at least as much as the one before, so the first that has more than
    can be shown is the last that is counted.
    """
    counts: sa.CTE | None = None
    for rank, (table, predicate) in enumerate(_RANKS[:-1]):
        held = _counted(_matching(table, predicate, filters))
        before = list(counts.c) if counts is not None else []
        more = sa.case((before[-1] > MOST_HITS, before[-1]), else_=held) if before else held
        # Materialized, or the planner writes each out wherever it is named, and counts as often.
        counts = sa.select(*before, more.label(f"rank_{rank}")).cte(f"to_{rank}").prefix_with("materialized")
    assert counts is not None
    return Statement(sa.select(*counts.c), lambda *held: held, planned_anew=True)


@cache
def alike_counted(filters: tuple[str, ...]) -> Statement[int]:
    return Statement(sa.select(_counted(_matching(content_terms, _ALIKE, filters))), int, planned_anew=True)


@cache
def newest(filters: tuple[str, ...]) -> Statement[int]:
    listed = sa.select(_ID).where(*_visible(filters)).order_by(contents.c.created_at.desc(), _ID.desc())
    return Statement(_window(listed), int, planned_anew=bool(filters))


@cache
def page(dense: tuple[bool, ...], filters: tuple[str, ...]) -> Statement[int]:
    """Of as many ranks as `dense` says it of: whether more than MOST_HITS have one. Of each rank as many are found as
    are asked for of all, since what is in a better rank is in the ones behind it too. Fewer may be found than there are
    where anything is dense.
    """
    ranks = [
        (_walked if is_dense else _sorted)(rank, table, predicate, filters)
        for rank, (is_dense, (table, predicate)) in enumerate(zip(dense, _RANKS, strict=False))
    ]
    most = sa.bindparam("most", type_=sa.BigInteger)
    ranked = sa.union_all(*(sa.select(rank.limit(most).subquery()) for rank in ranks)).subquery("ranked")
    best = sa.select(ranked.c.id).group_by(ranked.c.id, ranked.c.like_count)
    ordered = best.order_by(sa.func.min(ranked.c.rank), ranked.c.like_count.desc(), ranked.c.id.desc())
    return Statement(_window(ordered), int, planned_anew=True)


def _visible(filters: tuple[str, ...]) -> list[sa.ColumnElement[bool]]:
    return [VISIBLE, *(FILTERS[name] for name in filters)]


def _matching(table: sa.Table, predicate: sa.ColumnElement[bool], filters: tuple[str, ...]) -> sa.Select[Any]:
    """Only visible contents have terms; a filter needs the content itself."""
    matching = sa.select(table.c.content_id).where(predicate)
    return matching.join(contents, table.c.content_id == _ID).where(*_visible(filters)) if filters else matching


def _counted(select: sa.Select[Any]) -> sa.ScalarSelect[int]:
    return sa.select(sa.func.count()).select_from(select.limit(MOST_HITS + 1).subquery()).scalar_subquery()


def _walked(
    rank: int, table: sa.Table, predicate: sa.ColumnElement[bool], filters: tuple[str, ...]
) -> sa.Select[tuple[Any, ...]]:
    """By likes, until enough are found or it was far enough. The offset keeps the planner from making a join of it."""
    walk = sa.select(_ID, _LIKES).where(*_visible(filters)).order_by(_LIKES.desc(), _ID.desc()).limit(_MOST_WALKED)
    each = walk.subquery("each")
    has = sa.select(sa.literal(1)).where(table.c.content_id == each.c.id, predicate).offset(0).lateral("has")
    found = sa.select(sa.literal_column(str(rank)).label("rank"), each).join(has, sa.true())
    return found.order_by(each.c.like_count.desc(), each.c.id.desc())


def _sorted(
    rank: int, table: sa.Table, predicate: sa.ColumnElement[bool], filters: tuple[str, ...]
) -> sa.Select[tuple[Any, ...]]:
    """All of them, each looked up. Here too the offsets say in which order, since the planner expects more."""
    matching = sa.select(table.c.content_id).where(predicate).offset(0).subquery("matching")
    known = sa.select(_ID, _LIKES).where(matching.c.content_id == _ID, *_visible(filters)).offset(0).lateral("known")
    found = sa.select(sa.literal_column(str(rank)).label("rank"), known).select_from(matching.join(known, sa.true()))
    return found.order_by(known.c.like_count.desc(), known.c.id.desc())


def _window(select: sa.Select[Any]) -> sa.Select[Any]:
    return select.limit(sa.bindparam("limit", type_=sa.BigInteger)).offset(sa.bindparam("offset", type_=sa.BigInteger))
