"""Keyset pages in SQL: a page of one list, or of the lists of many parents, in one statement."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

from domain.pages import Order, Page, PageRequest

T = TypeVar("T")


def ordered(select: sa.Select[Any], order: Order, *, after: bool) -> sa.Select[Any]:
    """`select` in an order, behind the bound values of the item before, and one item longer than was asked for.

    Text is compared in lower case, the values of the cursor too.
    """
    columns = [_comparable(select.selected_columns[field]) for field in order.fields]
    if after:
        position = sa.tuple_(
            *(
                _comparable(sa.bindparam(f"after_{field}", type_=_widest(select.selected_columns[field].type)))
                for field in order.fields
            )
        )
        row = sa.tuple_(*columns)
        select = select.where(row < position if order.descending else row > position)
    directed = [column.desc() if order.descending else column.asc() for column in columns]
    return select.order_by(*directed).limit(sa.bindparam("most", type_=sa.BigInteger))


def pages_of(
    page: PageRequest,
    parents: Sequence[int],
    rows: Sequence[tuple[int, T]],
    count: Callable[[list[int]], Awaitable[dict[int, int]]],
) -> list[Page[T]]:
    """The page of each parent, from the rows that `of_parents` found; `parents` may name one twice."""
    lists: dict[int, list[T]] = {parent: [] for parent in parents}
    for parent, row in rows:
        lists[parent].append(row)
    counts = _Counts(list(lists), count)
    return [page_of(page, lists[parent], partial(counts.of, parent)) for parent in parents]


class _Counts:
    """How long the lists of all parents are, asked once for all of them when the first one is asked for."""

    def __init__(self, parents: list[int], count: Callable[[list[int]], Awaitable[dict[int, int]]]) -> None:
        self._parents, self._count = parents, count
        self._asked: asyncio.Future[dict[int, int]] | None = None

    async def of(self, parent: int) -> int:
        if self._asked is None:
            self._asked = asyncio.ensure_future(self._count(self._parents))
        return (await self._asked).get(parent, 0)


def page_values(page: PageRequest) -> dict[str, object]:
    """The values that `ordered` binds."""
    values: dict[str, object] = {"most": page.first + 1}
    for field, value in zip(page.order.fields, page.after or (), strict=False):
        values[f"after_{field}"] = value
    return values


def page_of(page: PageRequest, rows: Sequence[T], count: Callable[[], Awaitable[int]]) -> Page[T]:
    return Page(page, rows[: page.first], len(rows) > page.first, count)


def of_parents(select: sa.Select[Any], parent: sa.ColumnElement[int], order: Order, *, after: bool) -> sa.Select[Any]:
    """A page for each of the bound `parents` (each once), by one lateral join; the parent's id is the first column."""
    given = sa.func.unnest(sa.bindparam("parents", type_=sa.ARRAY(sa.BigInteger)))
    parents = given.table_valued(sa.column("id", sa.BigInteger), name="parents").render_derived()
    inner = ordered(select.where(parent == parents.c.id), order, after=after).lateral("page")
    directed = [
        _comparable(inner.c[field]).desc() if order.descending else _comparable(inner.c[field]).asc()
        for field in order.fields
    ]
    return sa.select(parents.c.id, *inner.c).select_from(parents.join(inner, sa.true())).order_by(*directed)


def _widest(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """A cursor may hold any 64-bit integer, whatever the column holds."""
    return sa.BigInteger() if isinstance(kind, sa.Integer) else kind


def _comparable(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    return sa.func.lower(column) if isinstance(column.type, sa.Text) else column
