"""Likes in PostgreSQL."""

from collections.abc import Sequence
from typing import Any

import asyncpg
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from domain.contents import Content
from domain.likes import LIKED, Like
from domain.pages import Page, PageRequest
from persistence import contents as catalogue
from persistence.database import Connection, Database
from persistence.pages import ordered, page_of, page_values
from persistence.statements import Statement, is_any, plain
from persistence.tables import content_likes, contents, users

_USER = sa.bindparam("user_id", type_=sa.BigInteger)

_LIKED_BY = plain(
    sa.select(content_likes.c.content_id).where(
        content_likes.c.user_id == _USER, is_any(content_likes.c.content_id, "ids")
    )
)
_OWN = (
    sa.select(
        content_likes.c.created_at.label("liked_at"), content_likes.c.content_id.label("liked_id"), *catalogue.COLUMNS
    )
    .join(contents, contents.c.id == content_likes.c.content_id)
    .where(content_likes.c.user_id == _USER, catalogue.VISIBLE)
)
_PAGE = {
    after: Statement(ordered(_OWN, LIKED, after=after), lambda liked_at, _, *row: Like(liked_at, Content(*row)))
    for after in (False, True)
}
_COUNT = Statement(sa.select(sa.func.count()).select_from(_OWN.subquery()), int)
# One statement, so that the content, which a thousand people may like at the same moment, is locked for as long as the
# database needs and not for as long as we do. The person is locked before it, as everywhere, and the content once.
_person = sa.select(users.c.id).where(users.c.id == _USER).with_for_update(read=True, key_share=True).cte("person")
_CONTENT = contents.c.id == sa.bindparam("content_id", type_=sa.BigInteger)
_LIKE = (
    insert(content_likes)
    .from_select(
        ["user_id", "content_id"],
        sa.select(_person.c.id, contents.c.id).join_from(_person, contents, _CONTENT).where(catalogue.VISIBLE),
    )
    .on_conflict_do_nothing()
    .returning(content_likes.c.content_id)
)
_UNLIKE = (
    sa.delete(content_likes)
    .where(
        content_likes.c.user_id == _person.c.id,
        content_likes.c.content_id == contents.c.id,
        _CONTENT,
        catalogue.VISIBLE,
    )
    .returning(content_likes.c.content_id)
)


def _set(change: Any, step: int) -> Statement[Content]:
    changed = change.cte("changed")
    counted = (
        sa.update(contents)
        .where(contents.c.id == changed.c.content_id, catalogue.VISIBLE)
        .values(like_count=contents.c.like_count + step)
        .returning(*catalogue.COLUMNS)
        .cte("counted")
    )
    has_changed, is_counted = sa.exists(sa.select(changed.c.content_id)), sa.exists(sa.select(counted.c.id))
    # The content was deleted between the two. A statement is undone by failing: one by nothing cannot be divided.
    failing = sa.literal(1) % sa.select(sa.func.count()).select_from(counted).scalar_subquery() == 0
    undone = sa.case((has_changed & ~is_counted, failing), else_=sa.false())
    unchanged = sa.select(*catalogue.COLUMNS).where(_CONTENT, catalogue.VISIBLE, ~has_changed | undone)
    return Statement(sa.union_all(sa.select(*counted.c), unchanged), Content)


_SET = {True: _set(_LIKE, 1), False: _set(_UNLIKE, -1)}


class Likes:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def liked_by(self, user_id: int, content_ids: Sequence[int]) -> list[bool]:
        async with self._database.reading() as connection:
            liked = set(await _LIKED_BY.all(connection, user_id=user_id, ids=content_ids))
        return [content_id in liked for content_id in content_ids]

    async def liked(self, user_id: int, page: PageRequest) -> Page[Content]:
        async with self._database.reading() as connection:
            rows = await _PAGE[page.after is not None].all(connection, user_id=user_id, **page_values(page))
        likes = page_of(page, rows, lambda: self._count(user_id))
        return Page(page, [like.content for like in likes.nodes], likes.has_next, likes.count, places=likes.nodes)

    async def set(self, transaction: Connection, user_id: int, content_id: int, *, liked: bool) -> Content | None:
        try:
            return await _SET[liked].first(transaction, user_id=user_id, content_id=content_id)
        except asyncpg.DivisionByZeroError:
            return None

    async def _count(self, user_id: int) -> int:
        async with self._database.reading() as connection:
            return await _COUNT.one(connection, user_id=user_id)
