"""Keyset pages: the order and the last item's values travel in an opaque cursor, ties are broken by id."""

import base64
import binascii
import json
import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeAlias, TypeVar

from domain.errors import ValidationFailed

T = TypeVar("T")
CursorValue: TypeAlias = int | float | str | datetime

MOST_PER_PAGE = 100
_BIGGEST_INTEGER = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Order:
    """An order by entity fields, all in one direction, ended by the id. The name keeps cursors of other lists out."""

    name: str
    fields: tuple[str, ...]
    types: tuple[type[CursorValue], ...]
    descending: bool = True

    def cursor(self, item: object) -> str:
        values = [_plain(getattr(item, field)) for field in self.fields]
        packed = json.dumps([self.name, *values], separators=(",", ":"), ensure_ascii=False).encode()
        return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()

    def position(self, cursor: str) -> tuple[CursorValue, ...]:
        """The values a cursor holds. Raises ValidationFailed where it is not one of this list's."""
        try:
            packed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
            name, *values = json.loads(packed)
            if name != self.name or len(values) != len(self.types):
                raise ValueError(name)
            return tuple(_typed(value, kind) for value, kind in zip(values, self.types, strict=True))
        except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error) as error:
            raise ValidationFailed("The cursor given as `after` does not belong to this list.") from error


@dataclass(frozen=True, slots=True)
class PageRequest:
    """`first` items of an order, behind the `after` values of the item before (None: from the start)."""

    order: Order
    first: int
    after: tuple[CursorValue, ...] | None = None

    @classmethod
    def of(cls, order: Order, first: int, after: str | None = None) -> "PageRequest":
        if not 1 <= first <= MOST_PER_PAGE:
            raise ValidationFailed(f"`first` must be from 1 to {MOST_PER_PAGE}, not {first}.")
        return cls(order, first, None if after is None else order.position(after))


@dataclass(frozen=True, slots=True)
class Edge(Generic[T]):
    cursor: str
    node: T


@dataclass(frozen=True, slots=True)
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page. `count` asks the database how many there are in all, so it is called only where that is selected.
    `places` are what cursors are made of, where the nodes themselves do not say where they stand.
    """

    request: PageRequest
    nodes: Sequence[T]
    has_next: bool
    count: Callable[[], Awaitable[int]]
    places: Sequence[object] | None = None

    @property
    def edges(self) -> list[Edge[T]]:
        return [Edge(cursor, node) for cursor, node in zip(self._cursors(), self.nodes, strict=True)]

    @property
    def page_info(self) -> PageInfo:
        places, cursor = self._places(), self.request.order.cursor
        first, last = (cursor(places[0]), cursor(places[-1])) if places else (None, None)
        return PageInfo(self.has_next, self.request.after is not None, first, last)

    def _places(self) -> Sequence[object]:
        return self.nodes if self.places is None else self.places

    def _cursors(self) -> list[str]:
        return [self.request.order.cursor(place) for place in self._places()]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _typed(value: Any, kind: type[CursorValue]) -> CursorValue:
    if kind is datetime:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError(value)
        return moment.astimezone(UTC)
    if kind is float and isinstance(value, int | float) and math.isfinite(value):
        return float(value)
    if type(value) is int and kind is int and abs(value) <= _BIGGEST_INTEGER:
        return value
    if type(value) is str and kind is str and "\0" not in value.encode().decode():  # encoding refuses lone surrogates
        return value
    raise ValueError(value)
