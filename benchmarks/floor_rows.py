"""How the floor asks: our own statements' SQL, its rows as they come, and the bits of JSON made of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from domain.ids import decode, encode
from domain.pages import Order
from persistence.statements import Statement


class Rows:
    """`pool` lends a connection for one statement. Enums come as their text, for nobody has taught it more."""

    def __init__(self, pool: Any) -> None:
        self.pool, self.statements = pool, 0

    async def all(self, statement: Statement[Any], **values: object) -> list[Any]:
        sql, names, constants = statement.compiled
        self.statements += 1
        found: list[Any] = await self.pool.fetch(
            sql, *(values[name] if name in values else constants[name] for name in names)
        )
        return found


def content_id(given: str) -> int:
    return decode("Content", given)


def genres_by_content(rows: Sequence[Any]) -> dict[int, list[dict[str, str]]]:
    found: dict[int, list[dict[str, str]]] = {}
    for row in rows:
        found.setdefault(row[0], []).append({"id": encode("Genre", row[1]), "name": row[2]})
    return found


class _Place:
    """What a cursor is made of, by the names that our orders give."""

    def __init__(self, id: int, moment: datetime) -> None:
        self.id, self.created_at, self.observed_at = id, moment, moment


def page_info(order: Order, rows: Sequence[Any], most: int, moment: int) -> dict[str, Any]:
    """`moment` is the column that the order goes by, before the id."""
    last = rows[:most][-1]
    return {"hasNextPage": len(rows) > most, "endCursor": order.cursor(_Place(last[0], last[moment]))}
