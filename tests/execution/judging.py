"""Whether two ways of executing an operation gave the same answer.

Everything must be equal but one thing: where several failures end at one null, the spec lets anyone of them be told,
and graphql-core tells what happened first. What really failed, and at which null it ends, graphql-core says itself when
it is made to leave every failure where it is.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import orjson
from graphql import GraphQLError, GraphQLNonNull, get_nullable_type, located_error
from graphql.execution.executor import Executor
from graphql.pyutils import Path, is_awaitable

from execution.errors import Null
from execution.executors import _executed

Place: TypeAlias = tuple[str | int, ...]
_COUNT = re.compile(rb"expected: \d+, received: \d+")


@dataclass
class Answer:
    """`nulls`: by place, the error that made it null. `planned`: whether a plan was there for it."""

    data: bytes
    told: list[Any]
    nulls: dict[Place, Any]
    planned: bool = field(compare=False)


@dataclass
class Failures:
    """All that failed. `types` are those of the fields, by place."""

    types: dict[Place, Any] = field(default_factory=dict)
    errors: list[GraphQLError] = field(default_factory=list)

    def ending_at(self, place: Place, *, serially: bool) -> list[Any]:
        """`serially`: what is behind a root that failed never happens."""
        found = [(_path(error), error) for error in self.errors if self.end_of(_path(error)) == place]
        if serially and not place:
            roots = {path[0] for path, _ in found}
            failed = next(path[0] for path in self.types if path[0] in roots)
            found = [(path, error) for path, error in found if path[0] == failed]
        return [all_of(error) for _, error in found]

    def end_of(self, place: Place) -> Place:
        """Itself, or the nearest above it that may be null."""
        while place and isinstance(self._type(place), GraphQLNonNull):
            place = place[:-1]
        return place

    def _type(self, place: Place) -> Any:
        if isinstance(place[-1], str):
            return self.types[place]
        of_list: Any = get_nullable_type(self._type(place[:-1]))
        return of_list.of_type


def leaving(base: type[Executor[Any]], failures: Failures) -> type[Executor[Any]]:
    """Executors that leave every failure where it is."""

    class Leaving(base):  # type: ignore[misc, valid-type]
        def execute_field(self, parent: Any, source: Any, details: Any, path: Path, context: Any) -> Any:
            self.error_propagation = False
            known = self.schema.get_field(parent, details[0].node.name.value)
            failures.types[tuple(path.as_list())] = known.type
            return super().execute_field(parent, source, details, path, context)

        def handle_field_error(self, raw: Exception, type_: Any, details: Any, path: Path) -> None:
            failures.errors.append(located_error(raw, [detail.node for detail in details], path.as_list()))
            super().handle_field_error(raw, type_, details, path)

    return Leaving


async def answer_of(executor: Executor[Any]) -> Answer:
    executing: Any = executor.execute_operation()
    planned = getattr(executing, "__name__", None) == _executed.__name__
    result = await executing if is_awaitable(executing) else executing
    nulls = dict(_flat(executor.collected_errors.nulls, ()))  # type: ignore[attr-defined]
    return Answer(orjson.dumps(result.data), [all_of(error) for error in result.errors or ()], nulls, planned)


def all_of(error: GraphQLError) -> Any:
    """All that becomes of it further on. How many parents a batch had depends on which of them came in time."""
    said = error.formatted, type(error.original_error).__name__
    return orjson.loads(_COUNT.sub(b"expected: n, received: n", orjson.dumps(said)))


def places_of_competition(one: Answer, other: Answer) -> list[Place] | None:
    """Where both have a null and each tells of another failure; None where they differ in anything else."""
    if one.data != other.data or one.nulls.keys() != other.nulls.keys() or _places(one) != _places(other):
        return None
    return [place for place in one.nulls if one.nulls[place] != other.nulls[place]]


def _places(answer: Answer) -> list[Place]:
    """Of its errors, one after the other."""
    return [next(place for place, error in answer.nulls.items() if error == told) for told in answer.told]


def _path(error: GraphQLError) -> Place:
    return tuple(error.path or ())


def _flat(null: Null, place: Place) -> Iterator[tuple[Place, Any]]:
    if null.error:
        yield place, all_of(null.error)
        return
    for key, below in null.below.items():
        yield from _flat(below, (*place, key))
