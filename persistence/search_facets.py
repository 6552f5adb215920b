"""How many of what was found are of each genre, rating and year."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSQUERY

from domain.search import MOST_FACET_VALUES, FacetCount, FacetCounts, SearchFacet
from persistence.contents import VISIBLE
from persistence.database import Database
from persistence.search_filters import FILTERS
from persistence.statements import Statement
from persistence.tables import content_genres, content_terms, contents, genres


async def counted(
    database: Database, facets: tuple[SearchFacet, ...], filters: tuple[str, ...], values: Mapping[str, object]
) -> list[FacetCounts]:
    """The facets in the order asked for, among everything that has `widest` in it, or everything where it is absent."""
    statement = _counts(facets, filters, "widest" in values)
    async with database.reading() as connection:
        rows = await statement.all(connection, **values)
    return [FacetCounts(facet, [count for of, count in rows if of is facet]) for facet in facets]


@cache
def _counts(
    facets: tuple[SearchFacet, ...], filters: tuple[str, ...], by_words: bool
) -> Statement[tuple[SearchFacet, FacetCount]]:
    found = sa.select(contents.c.id, contents.c.age_rating, contents.c.release_date).where(
        VISIBLE, *(FILTERS[name] for name in filters)
    )
    if by_words:
        asked = sa.cast(sa.bindparam("widest", type_=sa.Text), TSQUERY)
        found = found.join(content_terms, content_terms.c.content_id == contents.c.id).where(
            content_terms.c.terms.op("@@")(asked)
        )
    matching = found.cte("found")
    return Statement(
        sa.union_all(*(_values(facet, matching) for facet in facets)),
        lambda facet, value, held: (SearchFacet(facet), FacetCount(value, held)),
        planned_anew=True,
    )


def _values(facet: SearchFacet, found: sa.CTE) -> sa.Select[Any]:
    value: sa.ColumnElement[Any] = {
        SearchFacet.GENRE: genres.c.name,
        SearchFacet.AGE_RATING: sa.cast(found.c.age_rating, sa.Text),
        SearchFacet.RELEASE_YEAR: sa.cast(sa.extract("year", found.c.release_date), sa.Text),
    }[facet]
    held = sa.func.count()
    rows = sa.select(sa.literal_column(f"'{facet.value}'").label("facet"), value.label("value"), held.label("held"))
    if facet is SearchFacet.GENRE:
        rows = rows.select_from(
            found.join(content_genres, content_genres.c.content_id == found.c.id).join(
                genres, genres.c.id == content_genres.c.genre_id
            )
        )
    else:
        rows = rows.select_from(found).where(value.is_not(None))
    most = rows.group_by(value).order_by(held.desc(), value).limit(MOST_FACET_VALUES)
    return sa.select(most.subquery(facet.value.lower()))
