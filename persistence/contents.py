"""Contents in PostgreSQL."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any

import asyncpg
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from domain.contents import Content, ContentFilter, NewContent, TitleTaken
from domain.pages import Order, Page, PageRequest
from persistence.database import Connection, Database
from persistence.grams import folded, grams_in, grams_of
from persistence.lookups import Lookups
from persistence.making import of_parent
from persistence.pages import of_parents, ordered, page_of, page_values, pages_of
from persistence.search_terms import put_terms
from persistence.statements import Statement, columns_of, is_any, plain
from persistence.tables import content_genres, content_titles, contents

COLUMNS = columns_of(Content, contents)
VISIBLE = contents.c.deleted_at.is_(None)
_ALL = sa.select(*COLUMNS)
_THIS = contents.c.id == sa.bindparam("content_id", type_=sa.BigInteger)

_BY_IDS = {
    False: Statement(_ALL.where(is_any(contents.c.id, "ids"), VISIBLE), Content),
    True: Statement(_ALL.where(is_any(contents.c.id, "ids")), Content),
}
_FILTERS: Mapping[str, sa.ColumnElement[bool]] = {
    "genre_id": contents.c.id.in_(
        sa.select(content_genres.c.content_id).where(content_genres.c.genre_id == sa.bindparam("genre_id"))
    ),
    "age_rating": contents.c.age_rating == sa.bindparam("age_rating"),
    "corporation_id": contents.c.corporation_id == sa.bindparam("corporation_id"),
    "released_after": contents.c.release_date >= sa.bindparam("released_after"),
    "released_before": contents.c.release_date <= sa.bindparam("released_before"),
    "title_contains": contents.c.id.in_(
        sa.select(content_titles.c.content_id).where(
            content_titles.c.grams.contains(sa.bindparam("grams", type_=sa.ARRAY(sa.Text))),
            sa.func.strpos(content_titles.c.folded, sa.bindparam("title_contains")) > 0,
        )
    ),
}
_OF_TMDB = ("title", "description", "release_date", "runtime_minutes", "poster_key")
_NEW = ("corporation_id", *_OF_TMDB, "age_rating", "tmdb_id")
_NEW_CONTENT = insert(contents).values({name: sa.bindparam(name) for name in _NEW})
_INSERT = Statement(_NEW_CONTENT.returning(*COLUMNS), Content)
_PUT_TITLE = Statement(
    _NEW_CONTENT.on_conflict_do_update(
        index_elements=[contents.c.corporation_id, contents.c.tmdb_id],
        index_where=VISIBLE,
        set_={**{name: _NEW_CONTENT.excluded[name] for name in _OF_TMDB}, "updated_at": sa.func.now()},
    ).returning(*COLUMNS),
    Content,
)
_NEW_TITLE = insert(content_titles).values({name: sa.bindparam(name) for name in ("content_id", "folded", "grams")})
_FIND_BY_TITLE = plain(
    _NEW_TITLE.on_conflict_do_update(
        index_elements=["content_id"],
        set_={"folded": _NEW_TITLE.excluded.folded, "grams": _NEW_TITLE.excluded.grams},
    )
)
_DELETE = Statement(
    sa.update(contents)
    .where(_THIS, VISIBLE)
    .values(deleted_at=sa.func.now(), updated_at=sa.func.now())
    .returning(*COLUMNS),
    Content,
)
_RESTORE = Statement(
    sa.update(contents)
    .where(_THIS, contents.c.deleted_at.is_not(None))
    .values(deleted_at=None, updated_at=sa.func.now())
    .returning(*COLUMNS),
    Content,
)


class Contents:
    def __init__(self, database: Database, group_failed: Callable[[int, Exception], None]) -> None:
        self._database = database
        self._by_ids = {deleted: Lookups(database, one, group_failed) for deleted, one in _BY_IDS.items()}

    async def by_ids(self, ids: Sequence[int], *, deleted_too: bool = False) -> list[Content | None]:
        return await self._by_ids[deleted_too].find(ids)

    async def page(self, page: PageRequest, only: ContentFilter) -> Page[Content]:
        wanted = _wanted(only)
        async with self._database.reading() as connection:
            statement = _page(page.order, page.after is not None, tuple(wanted))
            rows = await statement.all(connection, **page_values(page), **wanted)
        return page_of(page, rows, lambda: self._count(wanted))

    async def of_corporations(
        self, corporation_ids: Sequence[int], page: PageRequest, *, deleted_too: bool
    ) -> list[Page[Content]]:
        statement = _of_corporations(page.order, page.after is not None, deleted_too)
        async with self._database.reading() as connection:
            rows = await statement.all(connection, parents=list(set(corporation_ids)), **page_values(page))
        return pages_of(page, corporation_ids, rows, partial(self._count_of_corporations, deleted_too))

    async def insert(self, transaction: Connection, new: NewContent) -> Content | None:
        return await self._write(_INSERT, transaction, new)

    async def put_title(self, transaction: Connection, new: NewContent) -> Content | None:
        return await self._write(_PUT_TITLE, transaction, new)

    async def update(self, transaction: Connection, content_id: int, changes: Mapping[str, object]) -> Content | None:
        updated = await _update(tuple(changes)).first(
            transaction, content_id=content_id, **{f"new_{name}": value for name, value in changes.items()}
        )
        if updated and "title" in changes:
            await self._find_by_title(transaction, updated)
        if updated and not changes.keys().isdisjoint({"title", "description"}):
            await put_terms(transaction, updated.id, updated.title, updated.description)
        return updated

    async def delete(self, transaction: Connection, content_id: int) -> Content | None:
        return await _DELETE.first(transaction, content_id=content_id)

    async def restore(self, transaction: Connection, content_id: int) -> Content | None:
        try:
            restored = await _RESTORE.first(transaction, content_id=content_id)
        except asyncpg.UniqueViolationError as error:
            raise TitleTaken from error
        if restored:
            await put_terms(transaction, restored.id, restored.title, restored.description)
        return restored

    async def _write(self, statement: Statement[Content], transaction: Connection, new: NewContent) -> Content | None:
        try:
            content = await statement.one(transaction, **{name: getattr(new, name) for name in _NEW})
        except asyncpg.ForeignKeyViolationError:
            return None
        await self._find_by_title(transaction, content)
        await put_terms(transaction, content.id, content.title, content.description)
        return content

    async def _find_by_title(self, transaction: Connection, content: Content) -> None:
        title = folded(content.title)
        await _FIND_BY_TITLE.run(transaction, content_id=content.id, folded=title, grams=grams_of(title))

    async def _count(self, wanted: Mapping[str, object]) -> int:
        async with self._database.reading() as connection:
            return await _counted(tuple(wanted)).one(connection, **wanted)

    async def _count_of_corporations(self, deleted_too: bool, corporation_ids: list[int]) -> dict[int, int]:
        async with self._database.reading() as connection:
            return dict(await _COUNT_OF_CORPORATIONS[deleted_too].all(connection, ids=corporation_ids))


_COUNT_OF_CORPORATIONS = {
    deleted_too: Statement(
        sa.select(contents.c.corporation_id, sa.func.count())
        .where(is_any(contents.c.corporation_id, "ids"), sa.true() if deleted_too else VISIBLE)
        .group_by(contents.c.corporation_id),
        lambda corporation_id, held: (int(corporation_id), int(held)),
    )
    for deleted_too in (False, True)
}


def _wanted(only: ContentFilter) -> dict[str, object]:
    given: dict[str, Any] = {name: getattr(only, name) for name in _FILTERS if getattr(only, name) is not None}
    if title := folded(given.pop("title_contains", "")):
        given |= {"title_contains": title, "grams": grams_in(title)}
    return given


def _filtered(select: sa.Select[Any], filters: Sequence[str]) -> sa.Select[Any]:
    return select.where(VISIBLE, *(_FILTERS[name] for name in filters if name in _FILTERS))


@cache
def _page(order: Order, after: bool, filters: tuple[str, ...]) -> Statement[Content]:
    return Statement(ordered(_filtered(_ALL, filters), order, after=after), Content, planned_anew=bool(filters))


@cache
def _counted(filters: tuple[str, ...]) -> Statement[int]:
    counted = _filtered(sa.select(sa.func.count()).select_from(contents), filters)
    return Statement(counted, int, planned_anew=bool(filters))


@cache
def _of_corporations(order: Order, after: bool, deleted_too: bool) -> Statement[tuple[int, Content]]:
    select = _ALL if deleted_too else _ALL.where(VISIBLE)
    paged = of_parents(select, contents.c.corporation_id, order, after=after)
    return Statement(paged, of_parent(Content))


@cache
def _update(names: tuple[str, ...]) -> Statement[Content]:
    new = {name: sa.bindparam(f"new_{name}", type_=contents.c[name].type) for name in names}
    return Statement(
        sa.update(contents).where(_THIS, VISIBLE).values(**new, updated_at=sa.func.now()).returning(*COLUMNS), Content
    )
