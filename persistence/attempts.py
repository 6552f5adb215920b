"""Attempts to sign in, in PostgreSQL, so that several processes count together."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import INTERVAL, insert

from persistence.database import Database
from persistence.statements import Statement, is_any, plain
from persistence.tables import attempts

_NOW = sa.func.now()
_over = attempts.c.forgotten_at <= _NOW
_new = insert(attempts).values(
    hash=sa.bindparam("hash"), count=1, forgotten_at=_NOW + sa.bindparam("window", type_=INTERVAL)
)
_COUNT = Statement(
    _new.on_conflict_do_update(
        index_elements=["hash"],
        set_={
            "count": sa.case((_over, 1), else_=attempts.c.count + 1),
            "forgotten_at": sa.case((_over, _new.excluded.forgotten_at), else_=attempts.c.forgotten_at),
        },
    ).returning(attempts.c.count, sa.extract("epoch", attempts.c.forgotten_at - _NOW)),
    lambda count, seconds: (int(count), float(seconds)),
)
_TAKE_BACK = plain(
    sa.update(attempts).where(is_any(attempts.c.hash, "keys"), attempts.c.count > 0).values(count=attempts.c.count - 1)
)
_FORGET = plain(sa.delete(attempts).where(attempts.c.hash == sa.bindparam("key")))
_SWEEP = plain(sa.delete(attempts).where(attempts.c.forgotten_at < _NOW - sa.bindparam("kept", type_=INTERVAL)))


class Attempts:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def count(self, key: bytes, window: timedelta) -> tuple[int, float]:
        async with self._database.single() as connection:
            return await _COUNT.one(connection, hash=key, window=window)

    async def take_back(self, *keys: bytes) -> None:
        async with self._database.single() as connection:
            await _TAKE_BACK.run(connection, keys=keys)

    async def forget(self, key: bytes) -> None:
        async with self._database.single() as connection:
            await _FORGET.run(connection, key=key)

    async def sweep(self, kept: timedelta) -> None:
        """Forgets what should have been forgotten longer than `kept` ago."""
        async with self._database.single() as connection:
            await _SWEEP.run(connection, kept=kept)
