"""What a search may be narrowed to."""

from collections.abc import Mapping

import sqlalchemy as sa

from domain.search import SearchFilter
from persistence.tables import content_genres, contents, genres

FILTERS: Mapping[str, sa.ColumnElement[bool]] = {
    "genre": contents.c.id.in_(
        sa.select(content_genres.c.content_id)
        .join(genres, genres.c.id == content_genres.c.genre_id)
        .where(sa.func.lower(genres.c.name) == sa.func.lower(sa.bindparam("genre", type_=sa.Text)))
    ),
    "age_rating": contents.c.age_rating == sa.bindparam("age_rating"),
    # As a range of days, which the index of dates knows.
    "release_year": contents.c.release_date.between(
        sa.func.make_date(sa.bindparam("release_year", type_=sa.Integer), 1, 1),
        sa.func.make_date(sa.bindparam("release_year", type_=sa.Integer), 12, 31),
    ),
}
_YEARS = range(1, 10_000)


def wanted(only: SearchFilter) -> dict[str, object]:
    """The values of the filters that are given, by name."""
    given = {name: value for name in FILTERS if (value := getattr(only, name)) is not None}
    # No date can be made of other years, and no content is of one.
    if "release_year" in given and given["release_year"] not in _YEARS:
        given["release_year"] = _YEARS[-1]
    return given
