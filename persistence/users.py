"""People in PostgreSQL."""

from collections.abc import Callable, Sequence

import asyncpg
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from domain.pages import Page, PageRequest
from domain.users import USERS_BY_AGE, NewUser, Role, User
from persistence.database import Connection, Database
from persistence.lookups import Lookups
from persistence.making import of_parent
from persistence.pages import of_parents, ordered, page_of, page_values, pages_of
from persistence.statements import Statement, columns_of, is_any, plain
from persistence.tables import content_likes, contents, users, view_logs

COLUMNS = columns_of(User, users)

_BY_IDS = Statement(sa.select(*COLUMNS).where(is_any(users.c.id, "ids")), User)
_INSERT = Statement(
    insert(users)
    .values({name: sa.bindparam(name) for name in NewUser.__dataclass_fields__})
    .on_conflict_do_nothing()
    .returning(*COLUMNS),
    User,
)
_PAGE = {after: Statement(ordered(sa.select(*COLUMNS), USERS_BY_AGE, after=after), User) for after in (False, True)}
_COUNT = Statement(sa.select(sa.func.count()).select_from(users), int)
# In one order for everybody, so that two who change people at once wait for each other instead of for ever.
_HELD = Statement(
    sa.select(*COLUMNS)
    .where(sa.or_(is_any(users.c.id, "ids"), users.c.role == sa.literal(Role.ADMIN, users.c.role.type)))
    .order_by(users.c.id)
    .with_for_update(key_share=True),
    User,
)
_THIS = users.c.id == sa.bindparam("user_id", type_=sa.BigInteger)
_CHANGE = Statement(
    sa.update(users)
    .where(_THIS)
    .values(role=sa.bindparam("new_role"), corporation_id=sa.bindparam("new_corporation_id"))
    .returning(*COLUMNS),
    User,
)
_LIKED = sa.select(content_likes.c.content_id).where(content_likes.c.user_id == sa.bindparam("user_id"))
_SEEN = sa.select(view_logs.c.content_id).where(view_logs.c.user_id == sa.bindparam("user_id"))
_DELETE = [
    # Nobody writes anything of this person any more; the others, the ADMINs, may go on.
    plain(sa.select(users.c.id).where(_THIS).with_for_update()),
    plain(
        sa.select(contents.c.id)
        .where(contents.c.id.in_(sa.union(_LIKED, _SEEN)))
        .order_by(contents.c.id)
        .with_for_update(key_share=True)
    ),
    plain(
        sa.update(contents)
        .where(contents.c.id.in_(sa.union(_LIKED, _SEEN)))
        .values(
            like_count=contents.c.like_count - sa.cast(contents.c.id.in_(_LIKED), sa.Integer),
            view_count=contents.c.view_count - sa.cast(contents.c.id.in_(_SEEN), sa.Integer),
        )
    ),
    plain(sa.delete(users).where(_THIS)),
]


class Users:
    def __init__(self, database: Database, group_failed: Callable[[int, Exception], None]) -> None:
        self._database = database
        self._by_ids = Lookups(database, _BY_IDS, group_failed)

    async def by_ids(self, ids: Sequence[int]) -> list[User | None]:
        return await self._by_ids.find(ids)

    async def page(self, page: PageRequest) -> Page[User]:
        async with self._database.reading() as connection:
            rows = await _PAGE[page.after is not None].all(connection, **page_values(page))
        return page_of(page, rows, self._count)

    async def of_corporations(self, corporation_ids: Sequence[int], page: PageRequest) -> list[Page[User]]:
        statement = _MEMBERS_AFTER if page.after else _MEMBERS
        async with self._database.reading() as connection:
            rows = await statement.all(connection, parents=list(set(corporation_ids)), **page_values(page))
        return pages_of(page, corporation_ids, rows, self._count_members)

    async def insert(self, transaction: Connection, new: NewUser) -> User | None:
        values = {name: getattr(new, name) for name in NewUser.__dataclass_fields__}
        return await _INSERT.first(transaction, **values)

    async def held(self, transaction: Connection, ids: Sequence[int]) -> list[User]:
        return await _HELD.all(transaction, ids=ids)

    async def change(self, transaction: Connection, user: User) -> User | None:
        try:
            return await _CHANGE.one(
                transaction, user_id=user.id, new_role=user.role, new_corporation_id=user.corporation_id
            )
        except asyncpg.ForeignKeyViolationError:
            return None

    async def delete(self, transaction: Connection, user_id: int) -> None:
        for statement in _DELETE:
            await statement.run(transaction, user_id=user_id)

    async def _count(self) -> int:
        async with self._database.reading() as connection:
            return await _COUNT.one(connection)

    async def _count_members(self, corporation_ids: list[int]) -> dict[int, int]:
        async with self._database.reading() as connection:
            return dict(await _COUNT_MEMBERS.all(connection, ids=corporation_ids))


def _members(*, after: bool) -> Statement[tuple[int, User]]:
    from_users = sa.select(*COLUMNS)
    paged = of_parents(from_users, users.c.corporation_id, USERS_BY_AGE, after=after)
    return Statement(paged, of_parent(User))


_MEMBERS, _MEMBERS_AFTER = _members(after=False), _members(after=True)
_COUNT_MEMBERS = Statement(
    sa.select(users.c.corporation_id, sa.func.count())
    .where(is_any(users.c.corporation_id, "ids"))
    .group_by(users.c.corporation_id),
    lambda corporation_id, members: (int(corporation_id), int(members)),
)
