"""Rows that come as arrays, one for each column: a thousand of them are one statement."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from persistence.statements import Statement, plain


def given(name: str, /, **columns: Any) -> Any:
    """A table of this name with such columns, to be given by `arrays`."""
    bound = (sa.bindparam(f"{name}_{column}", type_=sa.ARRAY(kind)) for column, kind in columns.items())
    shape = (sa.column(column, kind) for column, kind in columns.items())
    return sa.func.unnest(*bound).table_valued(*shape).render_derived(name=name)


def of_table(name: str, table: sa.Table, *columns: str) -> Any:
    """The same with columns of this table."""
    return given(name, **{column: table.c[column].type for column in columns})


def arrays(table: Any, rows: Sequence[Sequence[object]]) -> dict[str, list[object]]:
    """What a statement is told for these rows of `given`."""
    names = [f"{table.name}_{column.name}" for column in table.c]
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return {name: list(column) for name, column in zip(names, columns, strict=True)}


class Bulk:
    """Writes many rows of one table; those that cannot be because of others are left out."""

    def __init__(self, table: sa.Table, *columns: str, returning: str | None = None) -> None:
        self._given = of_table("new", table, *columns)
        statement = insert(table).from_select(columns, sa.select(*self._given.c)).on_conflict_do_nothing()
        self._statement: Statement[Any] = plain(statement.returning(table.c[returning]) if returning else statement)

    async def write(self, connection: Any, rows: Sequence[Sequence[object]]) -> list[Any]:
        """What is returned of those that were written."""
        return await self._statement.all(connection, **arrays(self._given, rows)) if rows else []
