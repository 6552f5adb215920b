"""Genres in PostgreSQL."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from domain.genres import Genre
from persistence.database import Connection, Database
from persistence.making import of_parent
from persistence.statements import Statement, by_key, columns_of, grouped, is_any, plain
from persistence.tables import content_genres, genres

COLUMNS = columns_of(Genre, genres)
_ALL = Statement(sa.select(*COLUMNS).order_by(genres.c.name), Genre)
_BY_IDS = Statement(sa.select(*COLUMNS).where(is_any(genres.c.id, "ids")), Genre)
_OF_CONTENTS = Statement(
    sa.select(content_genres.c.content_id, *COLUMNS)
    .join(genres, genres.c.id == content_genres.c.genre_id)
    .where(is_any(content_genres.c.content_id, "ids"))
    .order_by(genres.c.name),
    of_parent(Genre),
)
_NAMES = sa.func.unnest(sa.bindparam("names", type_=sa.ARRAY(sa.Text))).column_valued("name")
# Sorted, so that two who name the same new genres wait for each other in one order.
_MAKE = plain(
    insert(genres).from_select(["name"], sa.select(_NAMES).order_by(sa.func.lower(_NAMES))).on_conflict_do_nothing()
)
_DROP = plain(sa.delete(content_genres).where(content_genres.c.content_id == sa.bindparam("content_id")))
_LINK = plain(
    insert(content_genres).from_select(
        ["content_id", "genre_id"],
        sa.select(sa.bindparam("content_id", type_=sa.BigInteger), genres.c.id).where(
            sa.func.lower(genres.c.name).in_(sa.select(sa.func.lower(_NAMES)))
        ),
    )
)


class Genres:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> list[Genre]:
        async with self._database.reading() as connection:
            return await _ALL.all(connection)

    async def by_ids(self, ids: Sequence[int]) -> list[Genre | None]:
        async with self._database.reading() as connection:
            return by_key(ids, await _BY_IDS.all(connection, ids=ids), lambda genre: genre.id)

    async def of_contents(self, content_ids: Sequence[int]) -> list[list[Genre]]:
        async with self._database.reading() as connection:
            return grouped(content_ids, await _OF_CONTENTS.all(connection, ids=content_ids))

    async def set(self, transaction: Connection, content_id: int, names: Sequence[str]) -> None:
        await _MAKE.run(transaction, names=names)
        await _DROP.run(transaction, content_id=content_id)
        await _LINK.run(transaction, content_id=content_id, names=names)
