"""Profiles in PostgreSQL."""

import asyncpg
import sqlalchemy as sa

from domain.users import User
from persistence.database import Connection, Database
from persistence.statements import Statement
from persistence.tables import users
from persistence.users import COLUMNS

_FIELDS = ("display_name", "first_name", "last_name", "birthday", "gender", "region_code", "email")
_THIS = users.c.id == sa.bindparam("user_id", type_=sa.BigInteger)
_HELD = Statement(sa.select(*COLUMNS).where(_THIS).with_for_update(key_share=True), User)
_WRITE = Statement(
    sa.update(users).where(_THIS).values({name: sa.bindparam(f"new_{name}") for name in _FIELDS}).returning(*COLUMNS),
    User,
)
_CONSENT = Statement(sa.update(users).where(_THIS).values(consented_at=sa.func.now()).returning(*COLUMNS), User)


class Profiles:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def held(self, transaction: Connection, user_id: int) -> User:
        return await _HELD.one(transaction, user_id=user_id)

    async def write(self, transaction: Connection, user: User) -> User | None:
        values = {f"new_{name}": getattr(user, name) for name in _FIELDS}
        try:
            async with transaction.transaction():
                return await _WRITE.one(transaction, user_id=user.id, **values)
        except asyncpg.UniqueViolationError:
            return None

    async def consent(self, user_id: int) -> User:
        async with self._database.single() as connection:
            return await _CONSENT.one(connection, user_id=user_id)
