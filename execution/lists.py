"""Lists. The items of all of them are completed in one row."""

from itertools import islice
from typing import Any

from graphql import GraphQLError
from graphql.execution.executor import Executor
from graphql.pyutils import is_async_iterable, is_iterable

from execution.completions import Completion
from execution.faults import Faulty, first_fault
from execution.places import Where, of_items
from execution.sites import Site

_LISTS = {list, type(None)}


class ListOf:
    def __init__(self, items: Completion, site: Site) -> None:
        self._items, self._site = items, site

    @property
    def waits(self) -> bool:
        return self._items.waits

    @property
    def weight(self) -> int:
        return self._items.weight

    async def complete(self, executor: Executor[Any], values: list[Any], where: Where) -> list[Any]:
        if not {*map(type, values)} <= _LISTS:
            return await self._others(executor, values, where)
        lengths = [len(items) if items else 0 for items in values]
        row = [item for items in values if items for item in items]
        results = await self._items.complete(executor, row, of_items(where, lengths))
        rest = iter(results)
        completed = [
            None if items is None else list(islice(rest, length)) for items, length in zip(values, lengths, strict=True)
        ]
        if type(results) is not Faulty:
            return completed
        return Faulty(items if items is None else first_fault(items) or items for items in completed)

    async def _others(self, executor: Executor[Any], values: list[Any], where: Where) -> list[Any]:
        """Where some values are lists of another kind, or none at all."""
        lists = [value if type(value) in _LISTS else await self._list(value) for value in values]
        known = [None if isinstance(value, Exception) else value for value in lists]
        results = await self.complete(executor, known, where)
        return Faulty(
            self._site.error(value, where, number) if isinstance(value, Exception) else result
            for number, (value, result) in enumerate(zip(lists, results, strict=True))
        )

    async def _list(self, value: Any) -> list[Any] | Exception:
        """Or why there is none."""
        try:
            if is_async_iterable(value):
                return [item async for item in value]
            if is_iterable(value):
                return list(value)
        except Exception as error:
            return error
        return GraphQLError(f"Expected Iterable, but did not find one for field '{self._site.name}'.")
