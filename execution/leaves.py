"""Scalars and enums."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from math import isfinite
from typing import Any

from graphql import (
    GRAPHQL_MAX_INT,
    GRAPHQL_MIN_INT,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLString,
    Undefined,
)
from graphql.execution.executor import Executor

from execution.faults import Faulty
from execution.places import Where
from execution.sites import Site

_NOTHING = {type(None), type(Undefined)}


def _any(_: Sequence[Any]) -> bool:
    return True


def _finite(values: Sequence[float]) -> bool:
    return all(map(isfinite, values))


def _in_range(values: Sequence[int]) -> bool:
    return not values or (min(values) >= GRAPHQL_MIN_INT and max(values) <= GRAPHQL_MAX_INT)


# What these leave as it is: values of one kind, and which of them.
_AS_IT_IS: Mapping[object, tuple[type, Callable[[Sequence[Any]], bool]]] = {
    GraphQLString: (str, _any),
    GraphQLID: (str, _any),
    GraphQLBoolean: (bool, _any),
    GraphQLFloat: (float, _finite),
    GraphQLInt: (int, _in_range),
}


class Leaf:
    waits, weight = False, 0

    def __init__(self, type_: GraphQLLeafType, site: Site) -> None:
        self._type, self._site = type_, site
        kind, self._fit = _AS_IT_IS.get(type_, (type(None), _any))
        self._as_they_are = {kind, type(None)}
        # There are few members, and each is looked for among all.
        coerce = type_.coerce_output_value
        self._coerce = cache(coerce) if isinstance(type_, GraphQLEnumType) else coerce

    async def complete(self, executor: Executor[Any], values: list[Any], where: Where) -> list[Any]:
        results = self.at_once(values, {*map(type, values)})
        return self._one_by_one(executor, values, where) if results is None else results

    def at_once(self, values: list[Any], kinds: set[type]) -> list[Any] | None:
        """One result for each value. None where one of them fails: which, and why, is found out one by one."""
        some = [value for value in values if value is not None] if type(None) in kinds else values
        if kinds <= self._as_they_are and self._fit(some):
            return values
        try:
            coerced = list(map(self._coerce, some))
        except Exception:
            return None
        if not _NOTHING.isdisjoint(map(type, coerced)):
            return None
        if some is values:
            return coerced
        rest = iter(coerced)
        return [None if value is None else next(rest) for value in values]

    def _one_by_one(self, executor: Executor[Any], values: list[Any], where: Where) -> list[Any]:
        results = Faulty()
        for number, value in enumerate(values):
            try:
                results.append(None if value is None else executor.complete_leaf_value(self._type, value))
            except Exception as error:
                results.append(self._site.error(error, where, number))
        return results
