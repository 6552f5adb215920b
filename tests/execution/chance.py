"""Values by chance, good and bad, and the same for whoever asks the same again: of which object, which field, with
which arguments. Whoever executes an operation must make the same of them.
"""

import asyncio
import enum
import zlib
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    Undefined,
    get_nullable_type,
    is_abstract_type,
)

from domain.errors import Forbidden, Refusal, RefusalCode


class Stranger:
    """Something of which nobody knows what it is."""

    def __repr__(self) -> str:
        return "a stranger"


class Other(enum.Enum):
    NOT_A_MEMBER = "NOT_A_MEMBER"


class Later:
    """What must be awaited, for some turns of the loop."""

    def __init__(self, turns: int, value: Any) -> None:
        self._turns, self._value = turns, value

    def __repr__(self) -> str:
        return "something later"

    def __await__(self) -> Generator[Any, None, Any]:
        for _ in range(self._turns):
            yield from asyncio.sleep(0).__await__()
        if isinstance(self._value, Raised):
            raise self._value.error
        return self._value


class Raised:
    """What is to be raised, rather than given."""

    def __init__(self, error: Exception) -> None:
        self.error = error


class Some:
    """Items one after the other, at the end of which it may fail."""

    def __init__(self, items: list[Any], error: Exception | None = None) -> None:
        self._items, self._error = items, error

    def __repr__(self) -> str:
        return "some"

    def __iter__(self) -> Iterator[Any]:
        yield from self._items
        if self._error:
            raise self._error


class SomeLater(Some):
    __iter__ = None  # type: ignore[assignment]

    async def __aiter__(self) -> AsyncIterator[Any]:
        for item in super().__iter__():
            await asyncio.sleep(0)
            yield item


ODD: Sequence[Any] = (
    *(Stranger(), Other.NOT_A_MEMBER, "neither", "", 7, True, 2**31, -(2**31) - 1, 2**70, 2.0, 2.5, float("nan")),
    *(
        float("inf"),
        b"bytes",
        (),
        [],
        {},
        {"id": 1},
        {
            "a",
        },
        datetime(2026, 11, 22, tzinfo=UTC),
        "12",
        Undefined,
    ),
)
GOOD: dict[str, Callable[[int], Any]] = {
    "String": lambda n: f"text {n % 1000}",
    "ID": lambda n: f"id {n % 1000}",
    "Int": lambda n: n % 2000 - 1000,
    "Float": lambda n: n % 1000 / 8,
    "Boolean": lambda n: n % 2 == 0,
    "DateTime": lambda n: datetime.fromtimestamp(n % 2**31, UTC),
    "Date": lambda n: date.fromordinal(700_000 + n % 50_000),
    "UUID": lambda n: UUID(int=n),
    "URL": lambda n: f"https://example.com/{n % 1000}",
}


class Chance:
    """`faults` is how many of a thousand values are bad. `make` makes an object of a type, by its key."""

    def __init__(self, schema: GraphQLSchema, seed: int, faults: int, make: Callable[..., Any]) -> None:
        self._schema, self._seed, self.faults, self._make = schema, seed, faults, make

    def roll(self, key: str) -> int:
        """A number of 64 bits."""
        number = zlib.crc32(key.encode()) << 32 | zlib.crc32(key.encode(), self._seed)
        for _ in range(2):
            number = (number ^ number >> 31) * 0x9E3779B97F4A7C15 % 2**64
        return number

    def given(self, key: str, type_: Any, *, awaitable: bool = True) -> Any:
        """What a source gives. Raises what it raises."""
        value = self.value(key, type_, awaitable=awaitable)
        if isinstance(value, Raised):
            raise value.error
        return value

    def value(self, key: str, type_: Any, *, awaitable: bool = True) -> Any:
        number = self.roll(key)
        bad, later, rest = number % 1000 < self.faults, number // 1000 % 16 == 0, number >> 16
        value = self._bad(key, type_, rest) if bad else self._good(key, type_, rest)
        return Later(rest % 4, value) if later and awaitable else value

    def item(self, key: str, type_: Any) -> Any:
        """Of a list: what is not given is an exception in its place."""
        value = self.value(key, type_)
        return value.error if isinstance(value, Raised) else value

    def _good(self, key: str, type_: Any, number: int) -> Any:
        if isinstance(type_, GraphQLNonNull):
            return self._some(key, type_.of_type, number)
        return None if number % 8 == 0 else self._some(key, type_, number >> 3)

    def _some(self, key: str, type_: Any, number: int) -> Any:
        if isinstance(type_, GraphQLList):
            return self._list(key, type_.of_type, number)
        if isinstance(type_, GraphQLEnumType):
            members = list(getattr(type_, "wrapped_cls", ())) or list(type_.values)
            return members[number % len(members)]
        if is_abstract_type(type_):
            possible = self._schema.get_possible_types(type_)
            return self._make(self, possible[number % len(possible)], key)
        if isinstance(type_, GraphQLObjectType):
            return self._make(self, type_, key)
        return GOOD[type_.name](number)

    def _list(self, key: str, type_: Any, number: int) -> Any:
        items = [self.item(f"{key}/{index}", type_) for index in range(number % 5)]
        kinds: Sequence[Callable[[list[Any]], Any]] = (list, list, list, list, tuple, Some, SomeLater)
        return kinds[(number >> 8) % len(kinds)](items)

    def _bad(self, key: str, type_: Any, number: int) -> Any:
        kind, rest = number % 8, number >> 3
        if kind == 0:
            return None
        if kind == 1:
            return self.error(key, rest)
        if kind in (2, 3):
            return Raised(self.error(key, rest))
        if kind == 4:
            types = [one for one in self._schema.type_map.values() if isinstance(one, GraphQLObjectType)]
            return self._make(self, types[rest % len(types)], key)
        if kind == 5:
            items = [self.item(f"{key}/{index}", _item_of(type_)) for index in range(rest % 3)]
            return (Some if rest % 2 else SomeLater)(items, self.error(key, rest))
        return ODD[rest % len(ODD)]

    def error(self, key: str, number: int) -> Exception:
        kinds: Sequence[Callable[[str], Exception]] = (
            *(ValueError, RuntimeError, KeyError, Forbidden, AttributeError, TypeError, TimeoutError),
            lambda said: GraphQLError(said, extensions={"code": "ODD"}),
            lambda said: Refusal(RefusalCode.CONFLICT, said),
        )
        return kinds[number % len(kinds)](f"No {key}")

    async def batch(self, key: str, type_: Any, parents: Sequence[str], arguments: str) -> Any:
        """For all of these parents. What fails for all of them does so however many they are."""
        number = self.roll(f"{key}({arguments})")
        for _ in range(number % 3):
            await asyncio.sleep(0)
        rest = number >> 16
        fails = number // 8 % 1000 < self.faults // 4
        if fails and rest % 3 == 0:
            raise self.error(key, rest >> 2)
        results = [self._result(f"{parent}.{key}({arguments})", type_) for parent in parents]
        if fails and rest % 3 == 1:
            return results[1:]
        return tuple(results) if rest % 2 else results

    def _result(self, key: str, type_: Any) -> Any:
        value = self.value(key, type_, awaitable=False)
        return value.error if isinstance(value, Raised) else value


def _item_of(type_: Any) -> Any:
    nullable = get_nullable_type(type_)
    return nullable.of_type if isinstance(nullable, GraphQLList) else type_
