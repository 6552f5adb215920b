"""Hashes of passwords in PostgreSQL."""

import sqlalchemy as sa

from domain.users import User
from persistence.database import Connection, Database
from persistence.statements import Statement, plain
from persistence.tables import users
from persistence.users import COLUMNS

_THIS = users.c.id == sa.bindparam("user_id", type_=sa.BigInteger)
_IS = users.c.password_hash.is_not_distinct_from(sa.bindparam("before", type_=sa.Text))
_CREDENTIALS = Statement(
    sa.select(*COLUMNS, users.c.password_hash).where(users.c.email == sa.bindparam("email")),
    lambda *row: (User(*row[:-1]), row[-1]),
)
_HASH_OF = plain(sa.select(users.c.password_hash).where(_THIS))
_STILL = Statement(sa.select(*COLUMNS).where(_THIS, _IS).with_for_update(key_share=True), User)
_REPLACE = plain(
    sa.update(users).where(_THIS, _IS).values(password_hash=sa.bindparam("new_hash")).returning(users.c.id)
)
_FORGET = plain(sa.update(users).where(_THIS).values(password_hash=None))


class Passwords:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def credentials(self, email: str) -> tuple[User, str | None] | None:
        async with self._database.reading() as connection:
            return await _CREDENTIALS.first(connection, email=email)

    async def hash_of(self, user_id: int) -> str | None:
        async with self._database.reading() as connection:
            found: str | None = await _HASH_OF.first(connection, user_id=user_id)
            return found

    async def still(self, transaction: Connection, user_id: int, password_hash: str | None) -> User | None:
        return await _STILL.first(transaction, user_id=user_id, before=password_hash)

    async def replace(self, transaction: Connection, user_id: int, before: str, after: str) -> bool:
        return await _REPLACE.first(transaction, user_id=user_id, before=before, new_hash=after) is not None

    async def forget(self, transaction: Connection, user_id: int) -> None:
        await _FORGET.run(transaction, user_id=user_id)
