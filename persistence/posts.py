"""Posts in PostgreSQL."""

from collections.abc import Sequence

import sqlalchemy as sa

from domain.pages import Page, PageRequest
from domain.posts import POSTS_BY_AGE, Post
from persistence.database import Connection, Database
from persistence.pages import ordered, page_of, page_values
from persistence.statements import Statement, by_key, columns_of, is_any, plain
from persistence.tables import posts

COLUMNS = columns_of(Post, posts)
_ALL = sa.select(*COLUMNS)

_BY_IDS = Statement(_ALL.where(is_any(posts.c.id, "ids")), Post)
_PAGE = {after: Statement(ordered(_ALL, POSTS_BY_AGE, after=after), Post) for after in (False, True)}
_COUNT = Statement(sa.select(sa.func.count()).select_from(posts), int)
_INSERT = Statement(
    sa.insert(posts)
    .values({name: sa.bindparam(name) for name in ("author_id", "body", "image_id")})
    .returning(*COLUMNS),
    Post,
)
_DELETE = plain(
    sa.delete(posts).where(posts.c.id == sa.bindparam("post_id", type_=sa.BigInteger)).returning(posts.c.id)
)


class Posts:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def by_ids(self, ids: Sequence[int]) -> list[Post | None]:
        async with self._database.reading() as connection:
            return by_key(ids, await _BY_IDS.all(connection, ids=ids), lambda post: post.id)

    async def page(self, page: PageRequest) -> Page[Post]:
        async with self._database.reading() as connection:
            rows = await _PAGE[page.after is not None].all(connection, **page_values(page))
        return page_of(page, rows, self._count)

    async def insert(self, transaction: Connection, author_id: int, body: str, image_id: int | None) -> Post:
        return await _INSERT.one(transaction, author_id=author_id, body=body, image_id=image_id)

    async def delete(self, transaction: Connection, post_id: int) -> bool:
        return await _DELETE.first(transaction, post_id=post_id) is not None

    async def _count(self) -> int:
        async with self._database.reading() as connection:
            return await _COUNT.one(connection)
