"""What becomes of values that resolvers give: the spec's "value completion", for all values of a level at once."""

from typing import Any, Protocol

from graphql import GraphQLError, Undefined
from graphql.execution.executor import Executor
from graphql.pyutils import gather_with_cancel, is_awaitable

from execution.faults import Faulty
from execution.leaves import Leaf
from execution.places import Where
from execution.sites import Site

# Kinds of values that are neither exceptions nor to be awaited, as nearly all are. There are no more than classes.
_plain: set[type] = {type(None)}


class Inner(Protocol):
    """By the rules of one type that may be null. None stays None; errors are left to the position."""

    @property
    def waits(self) -> bool:
        """Whether what is inside may take a while."""

    @property
    def weight(self) -> int:
        """How many columns are inside."""

    async def complete(self, executor: Executor[Any], values: list[Any], where: Where) -> list[Any]:
        """One result for each value; Faulty where some failed."""


class Completion:
    """Of a field's values, or of the items of its lists: here an error makes the answer null, or goes further up."""

    def __init__(self, inner: Inner, site: Site, *, required: bool) -> None:
        self._inner, self._site, self._required = inner, site, required
        self._leaf = inner if isinstance(inner, Leaf) else None

    @property
    def waits(self) -> bool:
        return self._inner.waits

    @property
    def weight(self) -> int:
        return self._inner.weight

    @property
    def is_leaf(self) -> bool:
        return self._leaf is not None

    def at_once(self, values: list[Any]) -> list[Any] | None:
        """The results of a leaf where nothing is odd about its values, as nearly always; else None."""
        kinds = {*map(type, values)}
        if self._leaf is None or not kinds <= _plain or (self._required and type(None) in kinds):
            return None
        return self._leaf.at_once(values, kinds)

    async def complete(self, executor: Executor[Any], values: list[Any], where: Where) -> list[Any]:
        """One result for each value; Faulty where one failed that must not be null."""
        if {*map(type, values)} <= _plain or not any(map(_is_odd, values)):
            results = await self._inner.complete(executor, values, where)
        else:
            results = await self._odd(executor, values, where)
        if self._required:
            return self._never_null(results, where) if None in results else results
        return self._told(executor, results, where) if type(results) is Faulty else results

    async def _odd(self, executor: Executor[Any], values: list[Any], where: Where) -> list[Any]:
        """With exceptions among them, or what must be awaited first."""
        settled = await _all_settled(values)
        known = [None if isinstance(value, Exception) or value is Undefined else value for value in settled]
        results = await self._inner.complete(executor, known, where)
        if not any(isinstance(value, Exception) for value in settled):
            return results
        return Faulty(
            self._site.error(value, where, number) if isinstance(value, Exception) else result
            for number, (value, result) in enumerate(zip(settled, results, strict=True))
        )

    def _never_null(self, results: list[Any], where: Where) -> list[Any]:
        reason = f"Cannot return null for non-nullable field {self._site.name}."
        return Faulty(
            self._site.error(TypeError(reason), where, number) if result is None else result
            for number, result in enumerate(results)
        )

    def _told(self, executor: Executor[Any], results: list[Any], where: Where) -> list[Any]:
        known = list(results)
        for number, result in enumerate(results):
            if isinstance(result, GraphQLError):
                executor.collected_errors.add(result, where(number))
                known[number] = None
        return known


def _is_odd(value: object) -> bool:
    if isinstance(value, Exception) or value is Undefined or is_awaitable(value):
        return True
    _plain.add(type(value))
    return False


async def _all_settled(values: list[Any]) -> list[Any]:
    if len(values) == 1:  # a task would cost more than the rest of it
        return [await _settled(values[0])]
    return await gather_with_cancel(*map(_settled, values))


async def _settled(value: Any) -> Any:
    if not is_awaitable(value):
        return value
    try:
        return await value
    except Exception as error:
        return error
