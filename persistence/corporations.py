"""Companies in PostgreSQL."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import asyncpg
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import INTERVAL, insert

from domain.corporations import CORPORATIONS_BY_AGE, Corporation, NameTaken, NewCorporation, Plan
from domain.pages import Page, PageRequest
from persistence.database import Connection, Database
from persistence.lookups import Lookups
from persistence.pages import ordered, page_of, page_values
from persistence.statements import Statement, columns_of, is_any, plain
from persistence.tables import contents, corporations, users

# A paid plan past its date is the free plan already, before any job has written so.
_PLAN_NOW = sa.case(
    (corporations.c.plan_expires_at <= sa.func.now(), sa.cast(sa.literal(Plan.FREE.value), corporations.c.plan.type)),
    else_=corporations.c.plan,
)
COLUMNS = columns_of(Corporation, corporations, plan=_PLAN_NOW)
_THIS = corporations.c.id == sa.bindparam("corporation_id", type_=sa.BigInteger)

_BY_IDS = Statement(sa.select(*COLUMNS).where(is_any(corporations.c.id, "ids")), Corporation)
_PAGE = {
    after: Statement(ordered(sa.select(*COLUMNS), CORPORATIONS_BY_AGE, after=after), Corporation)
    for after in (False, True)
}
_COUNT = Statement(sa.select(sa.func.count()).select_from(corporations), int)
_INSERT = Statement(
    insert(corporations)
    .values({name: sa.bindparam(name) for name in NewCorporation.__dataclass_fields__})
    .on_conflict_do_nothing()
    .returning(*COLUMNS),
    Corporation,
)
_RENAME = Statement(
    sa.update(corporations)
    .where(_THIS)
    .values(name=sa.bindparam("new_name"), updated_at=sa.func.now())
    .returning(*COLUMNS),
    Corporation,
)
_CHANGE_PLAN = Statement(
    sa.update(corporations)
    .where(_THIS)
    .values(
        plan=sa.bindparam("new_plan"), plan_expires_at=sa.bindparam("new_plan_expires_at"), updated_at=sa.func.now()
    )
    .returning(*COLUMNS),
    Corporation,
)
_HELD = Statement(sa.select(*COLUMNS).where(_THIS).with_for_update(read=True), Corporation)
_AT_ONCE = 100
_IS_PAID = corporations.c.plan == sa.literal(Plan.PAID, corporations.c.plan.type)


def _some(*conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """A few of those that nobody else is at."""
    free = sa.select(corporations.c.id).where(_IS_PAID, *conditions).limit(_AT_ONCE)
    return corporations.c.id.in_(free.with_for_update(skip_locked=True, key_share=True))


# The date stays, to tell since when. Of several that ask at once, one finds the plan still paid.
_EXPIRE = Statement(
    sa.update(corporations)
    .where(_some(corporations.c.plan_expires_at <= sa.func.now()))
    .values(plan=sa.literal(Plan.FREE, corporations.c.plan.type), updated_at=sa.func.now())
    .returning(*COLUMNS),
    Corporation,
)
_WARN = Statement(
    sa.update(corporations)
    .where(
        _some(
            corporations.c.plan_expires_at > sa.func.now(),
            corporations.c.plan_expires_at <= sa.func.now() + sa.bindparam("within", type_=INTERVAL),
            corporations.c.plan_warned_for.is_distinct_from(corporations.c.plan_expires_at),
        )
    )
    .values(plan_warned_for=corporations.c.plan_expires_at)
    .returning(*COLUMNS),
    Corporation,
)
_LOCK = plain(sa.select(corporations.c.id).where(_THIS).with_for_update())
_BELONGINGS = Statement(
    sa.select(
        sa.select(sa.func.count()).where(contents.c.corporation_id == sa.bindparam("corporation_id")).scalar_subquery(),
        sa.select(sa.func.count()).where(users.c.corporation_id == sa.bindparam("corporation_id")).scalar_subquery(),
    ),
    lambda held, members: (int(held), int(members)),
)
_DELETE = plain(sa.delete(corporations).where(_THIS))


class Corporations:
    def __init__(self, database: Database, group_failed: Callable[[int, Exception], None]) -> None:
        self._database = database
        self._by_ids = Lookups(database, _BY_IDS, group_failed)

    async def by_ids(self, ids: Sequence[int]) -> list[Corporation | None]:
        return await self._by_ids.find(ids)

    async def page(self, page: PageRequest) -> Page[Corporation]:
        async with self._database.reading() as connection:
            rows = await _PAGE[page.after is not None].all(connection, **page_values(page))
        return page_of(page, rows, self._count)

    async def insert(self, transaction: Connection, new: NewCorporation) -> Corporation | None:
        return await _INSERT.first(transaction, name=new.name, plan=new.plan, plan_expires_at=new.plan_expires_at)

    async def rename(self, transaction: Connection, corporation_id: int, name: str) -> Corporation | None:
        try:
            return await _RENAME.first(transaction, corporation_id=corporation_id, new_name=name)
        except asyncpg.UniqueViolationError as error:
            raise NameTaken from error

    async def change_plan(
        self, transaction: Connection, corporation_id: int, plan: Plan, expires_at: datetime | None
    ) -> Corporation | None:
        return await _CHANGE_PLAN.first(
            transaction, corporation_id=corporation_id, new_plan=plan, new_plan_expires_at=expires_at
        )

    async def held(self, transaction: Connection, corporation_id: int) -> Corporation | None:
        return await _HELD.first(transaction, corporation_id=corporation_id)

    async def expire_plans(self, transaction: Connection) -> list[Corporation]:
        return await _EXPIRE.all(transaction)

    async def warn_of_ends(self, transaction: Connection, within: timedelta) -> list[Corporation]:
        return await _WARN.all(transaction, within=within)

    async def belongings(self, transaction: Connection, corporation_id: int) -> tuple[int, int] | None:
        if await _LOCK.first(transaction, corporation_id=corporation_id) is None:
            return None
        return await _BELONGINGS.one(transaction, corporation_id=corporation_id)

    async def delete(self, transaction: Connection, corporation_id: int) -> None:
        await _DELETE.run(transaction, corporation_id=corporation_id)

    async def _count(self) -> int:
        async with self._database.reading() as connection:
            return await _COUNT.one(connection)
