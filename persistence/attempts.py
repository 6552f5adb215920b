"""Attempts to sign in, in PostgreSQL, so that several processes count together."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import INTERVAL, insert

from domain.attempts import Outcome
from persistence.database import Database
from persistence.statements import Statement, plain
from persistence.sweeping import oldest_of, sweep
from persistence.tables import attempts

_NOW = sa.func.now()
_THIS = attempts.c.hash == sa.bindparam("key", type_=sa.LargeBinary)
# Longer than anybody looks at a password.
_LONGEST = sa.literal(timedelta(seconds=30), INTERVAL)
_over = attempts.c.forgotten_at <= _NOW
_new = insert(attempts).values(
    hash=sa.bindparam("key", type_=sa.LargeBinary),
    wrong=0,
    pending=1,
    forgotten_at=_NOW + sa.bindparam("window", type_=INTERVAL),
    pending_until=_NOW + _LONGEST,
)
_still_pending = sa.case((attempts.c.pending_until <= _NOW, 0), else_=attempts.c.pending)
_BEGIN = Statement(
    _new.on_conflict_do_update(
        index_elements=["hash"],
        set_={
            "wrong": sa.case((_over, 0), else_=attempts.c.wrong),
            "pending": sa.case((_over, 1), else_=_still_pending + 1),
            "pending_until": _new.excluded.pending_until,
            "forgotten_at": sa.case((_over, _new.excluded.forgotten_at), else_=attempts.c.forgotten_at),
        },
        where=sa.or_(_over, attempts.c.wrong + _still_pending < sa.bindparam("most", type_=sa.Integer)),
    ).returning(sa.literal(True)),
    bool,
)
_WRONG = Statement(
    sa.select(attempts.c.wrong, sa.extract("epoch", attempts.c.forgotten_at - _NOW)).where(_THIS),
    lambda wrong, seconds: (int(wrong), float(seconds)),
)
_pending = sa.func.greatest(attempts.c.pending - 1, 0)
_SETTLE = {
    Outcome.WRONG: plain(sa.update(attempts).where(_THIS).values(pending=_pending, wrong=attempts.c.wrong + 1)),
    Outcome.VOID: plain(sa.update(attempts).where(_THIS).values(pending=_pending)),
    Outcome.RIGHT: plain(sa.update(attempts).where(_THIS).values(pending=_pending, wrong=0)),
}
_SWEEP = oldest_of(attempts, attempts.c.forgotten_at < _NOW - sa.bindparam("kept", type_=INTERVAL))


class Attempts:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, key: bytes, most: int, window: timedelta) -> bool:
        async with self._database.single() as connection:
            return await _BEGIN.first(connection, key=key, most=most, window=window) or False

    async def wrong(self, key: bytes) -> tuple[int, float]:
        async with self._database.single() as connection:
            return await _WRONG.first(connection, key=key) or (0, 0.0)

    async def settle(self, key: bytes, outcome: Outcome) -> None:
        async with self._database.single() as connection:
            await _SETTLE[outcome].run(connection, key=key)

    async def sweep(self, kept: timedelta) -> None:
        """Forgets what should have been forgotten longer than `kept` ago."""
        await sweep(self._database, _SWEEP, kept=kept)
