"""Statements: written with SQLAlchemy Core, compiled once when first used, run by asyncpg."""

import dataclasses
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.asyncpg import dialect

from domain.errors import Conflict
from domain.metering import Timed
from persistence.making import maker_of

T = TypeVar("T")

_DIALECT = dialect()  # type: ignore[no-untyped-call]


class Statement(Generic[T]):
    """One statement. `into` makes an entity of a row's columns, in their order; values are given by bind name.

    PostgreSQL plans a statement that has come five times once and for all values. Where the values decide the plan (a
    word in every title, a word in one), `planned_anew` has it planned for those it comes with; this costs a round flow.
    """

    def __init__(self, core: sa.sql.ClauseElement, into: Callable[..., T], *, planned_anew: bool = False) -> None:
        self.core, self.entity, self._planned_anew = core, into, planned_anew
        self._into: Callable[..., T] = maker_of(into)

    async def all(self, connection: Any, **values: object) -> list[T]:
        return [self._into(*row) for row in await self._fetch(connection, values)]

    async def first(self, connection: Any, **values: object) -> T | None:
        rows = await self._fetch(connection, values)
        return self._into(*rows[0]) if rows else None

    async def one(self, connection: Any, **values: object) -> T:
        """The one row that is there, unless somebody deleted it just now: raises Conflict."""
        rows = await self._fetch(connection, values)
        if not rows:
            raise Conflict("Something that this needs was deleted just now.")
        return self._into(*rows[0])

    async def run(self, connection: Any, **values: object) -> None:
        await self._fetch(connection, values)

    async def _fetch(self, connection: Any, values: dict[str, object]) -> Sequence[Sequence[Any]]:
        sql, names, constants = self.compiled
        arguments = [values[name] if name in values else constants[name] for name in names]
        found: Sequence[Sequence[Any]]
        with Timed(sql):
            if self._planned_anew:
                found = await connection.fetch_anew(sql, *arguments)
            else:
                found = await connection.fetch(sql, *arguments)
        return found

    @cached_property
    def compiled(self) -> tuple[str, tuple[str, ...], dict[str, object]]:
        """The SQL, the names of its parameters by position, and the values of those that are always the same."""
        made = self.core.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
        names = tuple(made.positiontup or ())  # type: ignore[attr-defined]
        return str(made), names, dict(made.params)


def plain(core: sa.sql.ClauseElement) -> Statement[Any]:
    """A statement that answers one column, or nothing."""
    return Statement(core, lambda *row: row[0] if row else None)


def columns_of(entity: type, table: sa.FromClause, **instead: sa.ColumnElement[Any]) -> list[sa.ColumnElement[Any]]:
    """The columns of an entity's fields in their order; `instead` computes those that the table does not hold so."""
    return [
        instead[field.name].label(field.name) if field.name in instead else table.c[field.name]
        for field in dataclasses.fields(entity)
    ]


def is_any(column: sa.ColumnElement[Any], name: str) -> sa.ColumnElement[bool]:
    """`column = any($n)`: one statement for every length, where a list of placeholders would be another each time.

    How many there are, PostgreSQL does not see before it runs: else it plans whatever asks for few of them each time
    anew, in hope of a better plan than the one that it has. That takes longer than finding them.
    """
    several = sa.ARRAY(column.type)
    return column == sa.any_(sa.cast(sa.select(sa.bindparam(name, type_=several)).scalar_subquery(), several))


def by_key(keys: Sequence[int], rows: Sequence[T], key: Callable[[T], int]) -> list[T | None]:
    """The rows in the order of the keys, None where one is missing."""
    found = {key(row): row for row in rows}
    return [found.get(wanted) for wanted in keys]


def grouped(keys: Sequence[int], rows: Sequence[tuple[int, T]]) -> list[list[T]]:
    """The rows of each key, in the order of the keys."""
    groups: dict[int, list[T]] = {key: [] for key in keys}
    for key, row in rows:
        groups[key].append(row)
    return [groups[key] for key in keys]
