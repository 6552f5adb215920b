"""Who is told of what, in PostgreSQL."""

import sqlalchemy as sa

from domain.news import Audience, Batch, FanOut
from domain.users import Role
from persistence.contents import VISIBLE
from persistence.database import Connection
from persistence.statements import Statement, plain
from persistence.tables import content_genres, content_likes, contents, fan_outs, genres, users

_CONTENT = sa.bindparam("content_id", type_=sa.BigInteger)
_BUT = sa.bindparam("but", type_=sa.BigInteger)
_MANAGER = users.c.role == sa.literal(Role.MANAGER, users.c.role.type)

_managers = sa.select(users.c.id).where(
    _MANAGER,
    users.c.corporation_id == contents.c.corporation_id,
    users.c.id != _BUT,
)
_MANAGERS_OF_CONTENT = Statement(
    sa.select(contents.c.title, sa.func.array(_managers.scalar_subquery()).label("user_ids")).where(
        contents.c.id == _CONTENT
    ),
    Audience,
)
_MANAGERS_OF = plain(
    sa.select(users.c.id).where(_MANAGER, users.c.corporation_id == sa.bindparam("corporation_id", type_=sa.BigInteger))
)
_BEGIN = plain(sa.insert(fan_outs).values(content_id=_CONTENT, but_user_id=_BUT))
_names = (
    sa.select(genres.c.name)
    .join(content_genres, content_genres.c.genre_id == genres.c.id)
    .where(content_genres.c.content_id == fan_outs.c.content_id)
    .order_by(genres.c.name)
)
_NEXT = Statement(
    sa.select(
        fan_outs.c.content_id,
        fan_outs.c.after_user_id,
        fan_outs.c.but_user_id,
        sa.case((VISIBLE, contents.c.title)).label("title"),
        sa.func.array(_names.scalar_subquery()).label("genres"),
    )
    .join(contents, contents.c.id == fan_outs.c.content_id)
    .order_by(fan_outs.c.created_at, fan_outs.c.content_id)
    .limit(1)
    .with_for_update(of=fan_outs, skip_locked=True),
    FanOut,
)
# Few people are looked through at a time, and of each what they liked last, so that no batch takes long.
_LIKES_LOOKED_AT = 200
_next_people = (
    sa.select(users.c.id)
    .where(users.c.id > sa.bindparam("after_user_id", type_=sa.BigInteger))
    .order_by(users.c.id)
    .limit(sa.bindparam("most", type_=sa.BigInteger))
    .cte("next_people")
)
_own_genres, _liked_genres = content_genres.alias("own_genres"), content_genres.alias("liked_genres")
_liked = (
    sa.select(content_likes.c.content_id)
    .where(content_likes.c.user_id == _next_people.c.id)
    .correlate(_next_people)
    .order_by(content_likes.c.created_at.desc(), content_likes.c.content_id.desc())
    .limit(_LIKES_LOOKED_AT)
    .subquery("liked")
)
_likes_one = sa.exists(
    sa.select(_liked.c.content_id)
    .join(_liked_genres, _liked_genres.c.content_id == _liked.c.content_id)
    .join(_own_genres, _own_genres.c.genre_id == _liked_genres.c.genre_id)
    .where(_own_genres.c.content_id == _CONTENT)
)
_told = sa.select(_next_people.c.id).where(_likes_one, _next_people.c.id != _BUT)
_BATCH = Statement(
    sa.select(
        sa.select(sa.func.max(_next_people.c.id)).scalar_subquery().label("last_id"),
        sa.func.array(_told.scalar_subquery()).label("user_ids"),
    ),
    Batch,
)
_GO_ON = plain(
    sa.update(fan_outs)
    .where(fan_outs.c.content_id == _CONTENT)
    .values(after_user_id=sa.bindparam("last_id", type_=sa.BigInteger))
)
_END = plain(sa.delete(fan_outs).where(fan_outs.c.content_id == _CONTENT))


class News:
    async def managers_of_content(self, transaction: Connection, content_id: int, but: int) -> Audience:
        return await _MANAGERS_OF_CONTENT.one(transaction, content_id=content_id, but=but)

    async def managers_of(self, transaction: Connection, corporation_id: int) -> list[int]:
        return await _MANAGERS_OF.all(transaction, corporation_id=corporation_id)

    async def begin_fan_out(self, transaction: Connection, content_id: int, but: int) -> None:
        await _BEGIN.run(transaction, content_id=content_id, but=but)

    async def next_fan_out(self, transaction: Connection) -> FanOut | None:
        return await _NEXT.first(transaction)

    async def batch(self, transaction: Connection, fan_out: FanOut, most: int) -> Batch:
        values = {"after_user_id": fan_out.after_user_id, "but": fan_out.but_user_id, "most": most}
        return await _BATCH.one(transaction, content_id=fan_out.content_id, **values)

    async def go_on(self, transaction: Connection, content_id: int, after_user_id: int) -> None:
        await _GO_ON.run(transaction, content_id=content_id, last_id=after_user_id)

    async def end_fan_out(self, transaction: Connection, content_id: int) -> None:
        await _END.run(transaction, content_id=content_id)
