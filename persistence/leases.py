"""Leases in PostgreSQL, by its clock."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import INTERVAL, insert

from domain.errors import Unavailable
from persistence.database import Database
from persistence.statements import plain
from persistence.tables import leases

_PAUSE_SECONDS = 0.05
_NOW = sa.func.now()
_LATER = _NOW + sa.bindparam("lasts", type_=INTERVAL)
_new = insert(leases).values(name=sa.bindparam("name"), holder=sa.bindparam("holder"), until=_LATER)
_TAKE = plain(
    _new.on_conflict_do_update(
        index_elements=[leases.c.name],
        set_={"holder": _new.excluded.holder, "until": _new.excluded.until},
        where=leases.c.until <= _NOW,
    ).returning(leases.c.name)
)
_GIVE_BACK = plain(
    sa.delete(leases).where(leases.c.name == sa.bindparam("name"), leases.c.holder == sa.bindparam("holder"))
)
_COUNT = plain(sa.select(sa.func.count()).where(leases.c.until > _NOW))
_SWEEP = plain(sa.delete(leases).where(leases.c.until <= _NOW - sa.bindparam("kept", type_=INTERVAL)))


class Leases:
    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def hold(self, name: str, seconds: float, *, patience: float = 0.0) -> AsyncIterator[bool]:
        holder, until = secrets.token_hex(8), time.monotonic() + patience
        taken = await self._take(name, holder, seconds)
        # Looked at again and again: who holds one and dies tells nobody.
        while not taken and time.monotonic() < until:
            await asyncio.sleep(_PAUSE_SECONDS)
            taken = await self._take(name, holder, seconds)
        try:
            yield taken
        finally:
            if taken:
                with suppress(Unavailable):  # then its time runs out
                    async with self._database.single() as connection:
                        await _GIVE_BACK.run(connection, name=name, holder=holder)

    async def _take(self, name: str, holder: str, seconds: float) -> bool:
        async with self._database.single() as connection:
            lasts = timedelta(seconds=seconds)
            return await _TAKE.first(connection, name=name, holder=holder, lasts=lasts) is not None

    async def count(self) -> int:
        """How many are held."""
        async with self._database.reading() as connection:
            count: int = await _COUNT.one(connection)
        return count

    async def sweep(self, kept: timedelta) -> None:
        """Forgets those that are over for longer than `kept`."""
        async with self._database.single() as connection:
            await _SWEEP.run(connection, kept=kept)
