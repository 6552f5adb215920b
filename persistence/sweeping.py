"""Deleting much, a little at a time, so that none of it is held for long."""

from typing import Any

import sqlalchemy as sa

from persistence.database import Database
from persistence.statements import Statement, plain

SWEPT_AT_ONCE = 1000


def oldest_of(table: sa.Table, is_old: sa.ColumnElement[bool]) -> Statement[Any]:
    """Deletes SWEPT_AT_ONCE of a table's rows that are old, but none that somebody holds; answers one row for each."""
    place: sa.ColumnElement[Any] = sa.literal_column(f"{table.name}.ctid")
    old = sa.select(place).select_from(table).where(is_old).limit(SWEPT_AT_ONCE).with_for_update(skip_locked=True)
    # As an array it is found by place; as a set it would be looked for in the whole table.
    return plain(sa.delete(table).where(place == sa.any_(sa.func.array(old.scalar_subquery()))).returning(sa.true()))


async def sweep(database: Database, statement: Statement[Any], **values: object) -> None:
    """Runs what deletes at most SWEPT_AT_ONCE rows, and answers one row for each, until there are fewer."""
    swept = SWEPT_AT_ONCE
    while swept == SWEPT_AT_ONCE:
        async with database.single() as connection:
            swept = len(await statement.all(connection, **values))
