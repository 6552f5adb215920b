"""Search in PostgreSQL, by the words that domain.words makes. It never drifts: whoever writes a content writes what it
is found by in the same transaction.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from domain.errors import Unavailable
from domain.search import MOST_HITS, Found, SearchQuery, SearchUnavailable
from domain.typos import alike, leavings, slips
from persistence.database import Database
from persistence.search_facets import counted
from persistence.search_filters import wanted
from persistence.search_ranks import WORDS_ALIKE, alike_counted, all_counted, newest, page, ranks_counted

# What is alike is looked for where fewer are exact.
_FEW = 20
_MOST_WORDS_ALIKE = 50


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
        content_ids = await self._page(query, asked)
        facets = await counted(self._database, query.facets, asked.filters, asked.values) if query.facets else []
        return Found(content_ids, asked.total, facets, round((time.perf_counter() - started) * 1000))

    async def check(self) -> None:
        try:
            await self._database.check()
        except Unavailable as error:
            raise SearchUnavailable from error

    async def _everything(self, query: SearchQuery) -> _Asked:
        values = wanted(query.only)
        async with self._database.reading() as connection:
            total = await all_counted(tuple(values)).one(connection, **values)
        return _Asked(values, tuple(values), (), total)

    async def _asked(self, query: SearchQuery) -> _Asked:
        only = wanted(query.only)
        filters = tuple(only)
        values = {**only, **_asking(query.phrase, query.terms)}
        async with self._database.reading() as connection:
            held = await ranks_counted(filters).one(connection, **values)
        total, dense = held[-1], _dense(held)
        if total < _FEW and (close := await self._words_alike(query.terms)):
            values["widest"] = " & ".join(_any_of(term, close) for term in query.terms)
            dense = (*dense, False)
            async with self._database.reading() as connection:
                total = await alike_counted(filters).one(connection, **values)
        return _Asked(values, filters, dense, min(total, MOST_HITS))

    async def _words_alike(self, terms: Sequence[str]) -> list[str]:
        left = sorted({leaving for term in terms if slips(term) for leaving in leavings(term)})
        if not left:
            return []
        async with self._database.reading() as connection:
            near = await WORDS_ALIKE.all(connection, leavings=left)
        return [word for word in near if any(alike(term, word) for term in terms)]

    async def _page(self, query: SearchQuery, asked: _Asked) -> list[int]:
        limit = min(query.limit, MOST_HITS - query.offset)
        values = {**asked.values, "most": query.offset + limit, "limit": limit, "offset": query.offset}
        statement = page(asked.dense, asked.filters) if asked.dense else newest(asked.filters)
        async with self._database.reading() as connection:
            content_ids = await statement.all(connection, **values)
            if any(asked.dense) and len(content_ids) < limit:
                # What most people like has hardly any of them; then all are collected after all.
                content_ids = await page((False,) * len(asked.dense), asked.filters).all(connection, **values)
        return content_ids


def _dense(held: Sequence[int]) -> tuple[bool, ...]:
    """The first rank that has more than can be shown is the last that is looked at."""
    dense = [count > MOST_HITS for count in held]
    return tuple(dense[: dense.index(True) + 1] if True in dense else dense)


def _asking(phrase: str, terms: Sequence[str]) -> dict[str, object]:
    part = " & ".join(_beginning(term) for term in terms)
    # That a whole word is a part too makes no difference but to the planner, who is thereby told to use the index.
    whole = " & ".join(f"'={term}' & {_beginning(term)}" for term in terms)
    return {"phrase": phrase, "whole": whole, "part": part, "widest": part}


def _beginning(term: str) -> str:
    """Terms are letters and digits alone, so that nothing in them has to be escaped."""
    return f"'{term}':*"


def _any_of(term: str, words: Sequence[str]) -> str:
    near = sorted(word for word in words if alike(term, word))[:_MOST_WORDS_ALIKE]
    either = " | ".join([_beginning(term), *(f"'={word}'" for word in near)])
    return f"({either})"
