"""Codes that work once, in PostgreSQL: taking one is deleting its row, so that of many who come with it one gets it."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import INTERVAL

from domain.users import User
from persistence.database import Connection, Database
from persistence.statements import Statement, plain
from persistence.sweeping import oldest_of, sweep
from persistence.tables import one_time_codes, users
from persistence.users import COLUMNS

_NOW = sa.func.now()
_INSERT = plain(
    sa.insert(one_time_codes).values(
        hash=sa.bindparam("hash"),
        user_id=sa.bindparam("user_id"),
        expires_at=_NOW + sa.bindparam("lifetime", type_=INTERVAL),
    )
)
_taken = (
    sa.delete(one_time_codes)
    .where(one_time_codes.c.hash == sa.bindparam("hash"))
    .returning(one_time_codes.c.user_id, one_time_codes.c.expires_at)
    .cte("taken")
)
_TAKE = Statement(sa.select(_taken.c.expires_at > _NOW), bool)
_REDEEM = Statement(
    sa.select(*COLUMNS).join(_taken, _taken.c.user_id == users.c.id).where(_taken.c.expires_at > _NOW), User
)
_SWEEP = oldest_of(one_time_codes, one_time_codes.c.expires_at < _NOW - sa.bindparam("kept", type_=INTERVAL))


class Codes:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def insert(self, code_hash: bytes, lifetime: timedelta, user_id: int | None = None) -> None:
        async with self._database.single() as connection:
            await _INSERT.run(connection, hash=code_hash, lifetime=lifetime, user_id=user_id)

    async def take(self, code_hash: bytes) -> bool:
        async with self._database.single() as connection:
            return await _TAKE.first(connection, hash=code_hash) or False

    async def redeem(self, transaction: Connection, code_hash: bytes) -> User | None:
        return await _REDEEM.first(transaction, hash=code_hash)

    async def sweep(self, kept: timedelta) -> None:
        """Forgets codes that expired longer than `kept` ago."""
        await sweep(self._database, _SWEEP, kept=kept)
