"""What search is to know of contents, and which index is being built from it."""

from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import INTERVAL, insert

from domain.outbox import SEARCH
from domain.search import Document
from persistence.contents import VISIBLE
from persistence.database import Database
from persistence.statements import Statement, is_any, plain
from persistence.tables import content_genres, contents, genres, outbox, search_rebuilds

_MOST_GHOSTS = 1000

_GENRES = sa.func.array(
    sa.select(genres.c.name)
    .join(content_genres, content_genres.c.genre_id == genres.c.id)
    .where(content_genres.c.content_id == contents.c.id)
    .order_by(genres.c.name)
    .scalar_subquery(),
    type_=sa.ARRAY(sa.Text),
)
_BY_IDS = Statement(
    sa.select(
        contents.c.id,
        contents.c.title,
        contents.c.description,
        contents.c.age_rating,
        sa.cast(sa.extract("year", contents.c.release_date), sa.Integer),
        contents.c.like_count,
        contents.c.created_at,
        _GENRES,
    ).where(is_any(contents.c.id, "ids"), VISIBLE),
    lambda *row: Document(*row),
)
_IDS_AFTER = plain(
    sa.select(contents.c.id)
    .where(contents.c.id > sa.bindparam("last", type_=sa.BigInteger), VISIBLE)
    .order_by(contents.c.id)
    .limit(sa.bindparam("most", type_=sa.BigInteger))
)
_COUNT = Statement(sa.select(sa.func.count()).select_from(contents).where(VISIBLE), int)
_CURRENT = plain(sa.select(search_rebuilds.c.index).where(search_rebuilds.c.until > sa.func.now()).limit(1))
_until = sa.func.now() + sa.bindparam("later", type_=INTERVAL)
_builder = sa.bindparam("builder", type_=sa.Text)
_OWN = sa.and_(search_rebuilds.c.index == sa.bindparam("index"), search_rebuilds.c.builder == _builder)
_BEGIN = plain(
    insert(search_rebuilds)
    .values(index=sa.bindparam("index"), builder=_builder, until=_until)
    .on_conflict_do_update(
        index_elements=["index"],
        set_={"until": _until, "builder": _builder},
        where=search_rebuilds.c.until <= sa.func.now(),
    )
    .returning(search_rebuilds.c.index)
)
_RENEW = plain(
    sa.update(search_rebuilds)
    .where(_OWN, search_rebuilds.c.until > sa.func.now())
    .values(until=_until)
    .returning(search_rebuilds.c.index)
)
_FINISH = plain(sa.delete(search_rebuilds).where(_OWN))


_there = contents.alias("there")
_GHOSTS = plain(
    sa.select(sa.cast(outbox.c.subject, sa.BigInteger))
    .distinct()
    .outerjoin(_there, sa.and_(_there.c.id == sa.cast(outbox.c.subject, sa.BigInteger), _there.c.deleted_at.is_(None)))
    .where(outbox.c.topic == SEARCH, _there.c.id.is_(None))
    .limit(_MOST_GHOSTS)
)


class Documents:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def by_ids(self, ids: Sequence[int]) -> dict[int, Document]:
        async with self._database.reading() as connection:
            return {document.id: document for document in await _BY_IDS.all(connection, ids=ids)}

    async def ids_after(self, last: int, most: int) -> list[int]:
        async with self._database.reading() as connection:
            return await _IDS_AFTER.all(connection, last=last, most=most)

    async def ghosts(self) -> list[int]:
        """Those that are gone, and an engine was not yet told."""
        async with self._database.reading() as connection:
            return await _GHOSTS.all(connection)

    async def count(self) -> int:
        async with self._database.reading() as connection:
            return await _COUNT.one(connection)


class Rebuilds:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def current(self) -> str | None:
        async with self._database.reading() as connection:
            found: str | None = await _CURRENT.first(connection)
        return found

    async def begin(self, index: str, builder: str, seconds: float) -> bool:
        return await self._lease(_BEGIN, index, builder, seconds)

    async def renew(self, index: str, builder: str, seconds: float) -> bool:
        return await self._lease(_RENEW, index, builder, seconds)

    async def finish(self, index: str, builder: str) -> None:
        async with self._database.single() as connection:
            await _FINISH.run(connection, index=index, builder=builder)

    async def _lease(self, statement: Statement[str], index: str, builder: str, seconds: float) -> bool:
        async with self._database.single() as connection:
            values = {"index": index, "builder": builder, "later": timedelta(seconds=seconds)}
            return await statement.first(connection, **values) is not None
