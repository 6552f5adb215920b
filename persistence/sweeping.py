"""Deleting much, a little at a time, so that none of it is held for long."""

from typing import Any

from persistence.database import Database
from persistence.statements import Statement

SWEPT_AT_ONCE = 1000


async def sweep(database: Database, statement: Statement[Any], **values: object) -> None:
    """Runs what deletes at most SWEPT_AT_ONCE rows, and answers one row for each, until there are fewer."""
    swept = SWEPT_AT_ONCE
    while swept == SWEPT_AT_ONCE:
        async with database.single() as connection:
            swept = len(await statement.all(connection, **values))
