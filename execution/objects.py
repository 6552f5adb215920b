"""Objects, of one type or of several."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from graphql import GraphQLAbstractType, GraphQLObjectType
from graphql.execution.executor import Executor, invalid_return_type_error
from graphql.pyutils import gather_with_cancel, is_awaitable

from execution.faults import Faulty
from execution.places import Where, of_some
from execution.selections import Selection
from execution.sites import Site


class Objects:
    """`shown` is the class of which all are, where that is all there is to ask."""

    def __init__(self, type_: GraphQLObjectType, selection: Selection, site: Site, shown: type | None) -> None:
        self._type, self._selection, self._site, self._shown = type_, selection, site, shown
        self.waits, self.weight = selection.waits, selection.weight
        self._good: set[type] = set()

    async def complete(self, executor: Executor[Any], values: list[Any], where: Where) -> list[Any]:
        kinds = {*map(type, values)}
        if type(None) not in kinds and self._all_good(kinds):
            return await self._selection.rows(executor, values, where)
        numbers = [number for number, value in enumerate(values) if value is not None]
        results: list[Any] = [None] * len(values)
        if not self._all_good(kinds - {type(None)}):
            results, numbers = await self._looked_at(executor, values, where)
        rows = await self._selection.rows(executor, [values[number] for number in numbers], of_some(where, numbers))
        for number, row in zip(numbers, rows, strict=True):
            results[number] = row
        return Faulty(results) if type(rows) is Faulty else results

    def _all_good(self, kinds: set[type]) -> bool:
        """Whether their classes alone say that they are of this type."""
        if self._type.is_type_of is None:
            return True
        if self._shown:
            self._good |= {kind for kind in kinds - self._good if issubclass(kind, self._shown)}
        return kinds <= self._good

    async def _looked_at(self, executor: Executor[Any], values: list[Any], where: Where) -> tuple[list[Any], list[int]]:
        """Errors in the place of those that are of another type, and the numbers of the others."""
        results: list[Any] = Faulty([None] * len(values))
        good = []
        for number, value in enumerate(values):
            if value is None:
                continue
            try:
                await self._check(executor, value, where(number))
                good.append(number)
            except Exception as error:
                results[number] = self._site.error(error, where, number)
        return results, good

    async def _check(self, executor: Executor[Any], value: Any, path: Any) -> None:
        assert self._type.is_type_of
        is_one: Any = self._type.is_type_of(value, self._site.info(executor, path))
        if not (await is_one if is_awaitable(is_one) else is_one):
            raise invalid_return_type_error(self._type, value, self._site.details)


class OneOf:
    """Objects of an interface or a union: `kinds` completes those of each type. `by_class`: whether the class of an
    object is enough to know its type.
    """

    def __init__(
        self, type_: GraphQLAbstractType, kinds: Mapping[GraphQLObjectType, Objects], site: Site, *, by_class: bool
    ) -> None:
        self._type, self._kinds, self._site, self._by_class = type_, kinds, site, by_class
        self._known: dict[type, GraphQLObjectType] = {}
        self.waits = any(objects.waits for objects in kinds.values())
        self.weight = sum(objects.weight for objects in kinds.values())

    async def complete(self, executor: Executor[Any], values: list[Any], where: Where) -> list[Any]:
        results: list[Any] = Faulty([None] * len(values))
        groups: dict[GraphQLObjectType, list[int]] = defaultdict(list)
        for number, value in enumerate(values):
            if value is None:
                continue
            try:
                found = self._known.get(type(value)) or await self._type_of(executor, value, where(number))
                groups[found].append(number)
            except Exception as error:
                results[number] = self._site.error(error, where, number)
        for numbers, completed in await self._completed(executor, groups, values, where):
            for number, result in zip(numbers, completed, strict=True):
                results[number] = result
        return results

    async def _completed(
        self, executor: Executor[Any], groups: Mapping[GraphQLObjectType, list[int]], values: list[Any], where: Where
    ) -> Iterable[tuple[list[int], list[Any]]]:
        completing = [
            self._kinds[type_].complete(executor, [values[number] for number in numbers], of_some(where, numbers))
            for type_, numbers in groups.items()
        ]
        if len(completing) > 1 and self.waits:
            return zip(groups.values(), await gather_with_cancel(*completing), strict=True)
        return zip(groups.values(), [await one for one in completing], strict=True)

    async def _type_of(self, executor: Executor[Any], value: Any, path: Any) -> GraphQLObjectType:
        """Raises what graphql-core raises where there is none."""
        info = self._site.info(executor, path)
        resolve: Any = self._type.resolve_type or executor.type_resolver
        name = resolve(value, info, self._type)
        name = await name if is_awaitable(name) else name
        found = executor.ensure_valid_runtime_type(name, self._type, self._site.details, info, value)
        if self._by_class:
            self._known[type(value)] = found
        return found
