"""Contents in PostgreSQL."""

from collections.abc import Mapping, Sequence
from functools import cache, partial
from typing import Any

import asyncpg
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from domain.contents import Content, ContentFilter, Genre, NewContent, VideoAsset
from domain.pages import Order, Page, PageRequest
from persistence.database import Connection, Database
from persistence.pages import of_parents, ordered, page_of, page_values, pages_of
from persistence.statements import Statement, by_key, columns_of, grouped, is_any, plain
from persistence.tables import content_genres, content_likes, contents, genres, video_assets

COLUMNS = columns_of(Content, contents)
GENRES = columns_of(Genre, genres)
ASSETS = columns_of(VideoAsset, video_assets)
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
    "title_contains": contents.c.title.icontains(sa.bindparam("title_contains"), autoescape=False),
}
_GENRES = Statement(sa.select(*GENRES).order_by(genres.c.name), Genre)
_GENRES_BY_IDS = Statement(sa.select(*GENRES).where(is_any(genres.c.id, "ids")), Genre)
_GENRES_OF = Statement(
    sa.select(content_genres.c.content_id, *GENRES)
    .join(genres, genres.c.id == content_genres.c.genre_id)
    .where(is_any(content_genres.c.content_id, "ids"))
    .order_by(genres.c.name),
    lambda parent, *row: (int(parent), Genre(*row)),
)
_ASSETS_OF = Statement(
    sa.select(*ASSETS).where(is_any(video_assets.c.content_id, "ids")).order_by(video_assets.c.id),
    lambda *row: (int(row[1]), VideoAsset(*row)),
)
_ASSETS_BY_IDS = Statement(
    sa.select(*ASSETS)
    .join(contents, contents.c.id == video_assets.c.content_id)
    .where(is_any(video_assets.c.id, "ids"), VISIBLE),
    VideoAsset,
)
_LIKED = plain(
    sa.select(content_likes.c.content_id).where(
        content_likes.c.user_id == sa.bindparam("user_id"), is_any(content_likes.c.content_id, "ids")
    )
)
_NEW = ("corporation_id", "title", "description", "age_rating", "release_date", "runtime_minutes", "poster_key")
_INSERT = Statement(
    sa.insert(contents).values({name: sa.bindparam(name) for name in _NEW}).returning(*COLUMNS), Content
)
_DELETE = Statement(
    sa.update(contents)
    .where(_THIS, VISIBLE)
    .values(deleted_at=sa.func.now(), updated_at=sa.func.now())
    .returning(*COLUMNS),
    Content,
)
_NAMES = sa.func.unnest(sa.bindparam("names", type_=sa.ARRAY(sa.Text))).column_valued("name")
# Sorted, so that two who name the same new genres wait for each other in one order.
_MAKE_GENRES = plain(
    insert(genres).from_select(["name"], sa.select(_NAMES).order_by(sa.func.lower(_NAMES))).on_conflict_do_nothing()
)
_DROP_GENRES = plain(sa.delete(content_genres).where(content_genres.c.content_id == sa.bindparam("content_id")))
_LINK_GENRES = plain(
    insert(content_genres).from_select(
        ["content_id", "genre_id"],
        sa.select(sa.bindparam("content_id", type_=sa.BigInteger), genres.c.id).where(
            sa.func.lower(genres.c.name).in_(sa.select(sa.func.lower(_NAMES)))
        ),
    )
)
_ADD_ASSET = Statement(
    insert(video_assets)
    .values({name: sa.bindparam(name) for name in ("content_id", "key", "content_type", "size_bytes")})
    .on_conflict_do_nothing()
    .returning(*ASSETS),
    VideoAsset,
)
_REMOVE_ASSET = plain(sa.delete(video_assets).where(video_assets.c.id == sa.bindparam("asset_id")))
_LIKE = plain(
    insert(content_likes)
    .from_select(
        ["user_id", "content_id"],
        sa.select(sa.bindparam("user_id", type_=sa.BigInteger), contents.c.id).where(_THIS, VISIBLE),
    )
    .on_conflict_do_nothing()
    .returning(content_likes.c.content_id)
)
_UNLIKE = plain(
    sa.delete(content_likes)
    .where(content_likes.c.user_id == sa.bindparam("user_id"), content_likes.c.content_id == sa.bindparam("content_id"))
    .returning(content_likes.c.content_id)
)
_COUNT_LIKE = plain(
    sa.update(contents).where(_THIS).values(like_count=contents.c.like_count + sa.bindparam("step", type_=sa.Integer))
)
_EXISTS = plain(sa.select(contents.c.id).where(_THIS, VISIBLE))


class Contents:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def by_ids(self, ids: Sequence[int], *, deleted_too: bool = False) -> list[Content | None]:
        async with self._database.reading() as connection:
            return by_key(ids, await _BY_IDS[deleted_too].all(connection, ids=ids), lambda content: content.id)

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

    async def genres(self) -> list[Genre]:
        async with self._database.reading() as connection:
            return await _GENRES.all(connection)

    async def genres_by_ids(self, ids: Sequence[int]) -> list[Genre | None]:
        async with self._database.reading() as connection:
            return by_key(ids, await _GENRES_BY_IDS.all(connection, ids=ids), lambda genre: genre.id)

    async def genres_of(self, content_ids: Sequence[int]) -> list[list[Genre]]:
        async with self._database.reading() as connection:
            return grouped(content_ids, await _GENRES_OF.all(connection, ids=content_ids))

    async def video_assets_of(self, content_ids: Sequence[int]) -> list[list[VideoAsset]]:
        async with self._database.reading() as connection:
            return grouped(content_ids, await _ASSETS_OF.all(connection, ids=content_ids))

    async def video_assets_by_ids(self, ids: Sequence[int]) -> list[VideoAsset | None]:
        async with self._database.reading() as connection:
            return by_key(ids, await _ASSETS_BY_IDS.all(connection, ids=ids), lambda asset: asset.id)

    async def liked_by(self, user_id: int, content_ids: Sequence[int]) -> list[bool]:
        async with self._database.reading() as connection:
            liked = set(await _LIKED.all(connection, user_id=user_id, ids=content_ids))
        return [content_id in liked for content_id in content_ids]

    async def insert(self, transaction: Connection, new: NewContent) -> Content | None:
        try:
            return await _INSERT.one(transaction, **{name: getattr(new, name) for name in _NEW})
        except asyncpg.ForeignKeyViolationError:
            return None

    async def update(self, transaction: Connection, content_id: int, changes: Mapping[str, object]) -> Content | None:
        return await _update(tuple(changes)).first(
            transaction, content_id=content_id, **{f"new_{name}": value for name, value in changes.items()}
        )

    async def set_genres(self, transaction: Connection, content_id: int, names: Sequence[str]) -> None:
        await _MAKE_GENRES.run(transaction, names=names)
        await _DROP_GENRES.run(transaction, content_id=content_id)
        await _LINK_GENRES.run(transaction, content_id=content_id, names=names)

    async def delete(self, transaction: Connection, content_id: int) -> Content | None:
        return await _DELETE.first(transaction, content_id=content_id)

    async def add_video_asset(
        self, transaction: Connection, content_id: int, key: str, content_type: str, size_bytes: int
    ) -> VideoAsset | None:
        return await _ADD_ASSET.first(
            transaction, content_id=content_id, key=key, content_type=content_type, size_bytes=size_bytes
        )

    async def remove_video_asset(self, transaction: Connection, asset_id: int) -> None:
        await _REMOVE_ASSET.run(transaction, asset_id=asset_id)

    async def set_liked(self, transaction: Connection, user_id: int, content_id: int, *, liked: bool) -> bool:
        if await _EXISTS.first(transaction, content_id=content_id) is None:
            return False
        change = _LIKE if liked else _UNLIKE
        if await change.first(transaction, user_id=user_id, content_id=content_id) is not None:
            await _COUNT_LIKE.run(transaction, content_id=content_id, step=1 if liked else -1)
        return True

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
    given = {name: getattr(only, name) for name in _FILTERS if getattr(only, name) is not None}
    if only.title_contains is not None:
        given["title_contains"] = only.title_contains.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return given


def _filtered(select: sa.Select[Any], filters: Sequence[str]) -> sa.Select[Any]:
    return select.where(VISIBLE, *(_FILTERS[name] for name in filters))


@cache
def _page(order: Order, after: bool, filters: tuple[str, ...]) -> Statement[Content]:
    return Statement(ordered(_filtered(_ALL, filters), order, after=after), Content)


@cache
def _counted(filters: tuple[str, ...]) -> Statement[int]:
    return Statement(_filtered(sa.select(sa.func.count()).select_from(contents), filters), int)


@cache
def _of_corporations(order: Order, after: bool, deleted_too: bool) -> Statement[tuple[int, Content]]:
    select = _ALL if deleted_too else _ALL.where(VISIBLE)
    paged = of_parents(select, contents.c.corporation_id, order, after=after)
    return Statement(paged, lambda parent, *row: (int(parent), Content(*row)))


@cache
def _update(names: tuple[str, ...]) -> Statement[Content]:
    new = {name: sa.bindparam(f"new_{name}", type_=contents.c[name].type) for name in names}
    return Statement(
        sa.update(contents).where(_THIS, VISIBLE).values(**new, updated_at=sa.func.now()).returning(*COLUMNS), Content
    )
