"""How the values of a field come to be, for all objects of a level at once. What fails for an object is, in its place,
the exception that says why.
"""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from operator import attrgetter
from typing import Any, Protocol, TypeAlias

from graphql.execution.executor import Executor
from graphql.execution.values import get_argument_values
from strawberry.exceptions import WrongNumberOfResultsReturned

from execution.places import Where
from execution.sites import Site

Arguments: TypeAlias = dict[str, Any]


class Source(Protocol):
    """`waits`: whether it may take a while, so that others should go on meanwhile."""

    waits: bool

    async def values(self, executor: Executor[Any], objects: list[Any], where: Where) -> list[Any]:
        """One for each object, in their order; `where` is that of the values."""


class AtHand(ABC):
    """What takes no while."""

    waits = False

    @abstractmethod
    def at_once(self, executor: Executor[Any], objects: list[Any]) -> list[Any]:
        """One for each object, in their order."""

    async def values(self, executor: Executor[Any], objects: list[Any], where: Where) -> list[Any]:
        return self.at_once(executor, objects)


class Attribute(AtHand):
    """Read from the object."""

    def __init__(self, name: str) -> None:
        self._get = attrgetter(name)

    def at_once(self, executor: Executor[Any], objects: list[Any]) -> list[Any]:
        return each(self._get, objects)


class Computed(AtHand):
    """By a function of the context and the object."""

    def __init__(self, compute: Callable[[Any, Any], Any]) -> None:
        self._compute = compute

    def at_once(self, executor: Executor[Any], objects: list[Any]) -> list[Any]:
        return each(partial(self._compute, executor.context_value), objects)


class Batch:
    """By one call for all objects."""

    waits = True

    def __init__(
        self, batch: Callable[..., Awaitable[Sequence[Any]]], convert: Callable[[Arguments], Arguments], site: Site
    ) -> None:
        self._batch, self._convert, self._site = batch, convert, site

    async def values(self, executor: Executor[Any], objects: list[Any], where: Where) -> list[Any]:
        try:
            arguments = self._convert(arguments_of(executor, self._site))
            results = list(await self._batch(executor.context_value, objects, **arguments))
            if len(results) != len(objects):
                raise WrongNumberOfResultsReturned(len(objects), len(results))
        except Exception as error:
            return [error] * len(objects)
        return results


class Resolver:
    """By the field's own resolver, for each object by itself, as graphql-core calls it."""

    def __init__(self, site: Site, *, waits: bool) -> None:
        self._site, self.waits = site, waits

    async def values(self, executor: Executor[Any], objects: list[Any], where: Where) -> list[Any]:
        site = self._site
        resolve: Any = site.field.resolve or executor.field_resolver

        def resolved(number: int) -> Any:
            info = site.info(executor, where(number))
            return resolve(objects[number], info, **arguments_of(executor, site))

        return [_or_why_not(resolved, number) for number in range(len(objects))]


def arguments_of(executor: Executor[Any], site: Site) -> Arguments:
    """Raises GraphQLError."""
    if not site.field.args:
        return {}
    return get_argument_values(site.field, site.nodes[0], executor.variable_values, None, executor.hide_suggestions)


def each(function: Callable[[Any], Any], objects: list[Any]) -> list[Any]:
    """Of a function that changes nothing, and so may be called again: what fails takes no others along."""
    try:
        return list(map(function, objects))
    except Exception:
        return [_or_why_not(function, one) for one in objects]


def _or_why_not(function: Callable[[Any], Any], one: Any) -> Any:
    try:
        return function(one)
    except Exception as error:
        return error
