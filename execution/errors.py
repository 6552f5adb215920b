"""Errors of one execution: where each made the answer null, and in which order they are told."""

from collections.abc import Iterator, Sequence
from typing import Any

from graphql import GraphQLError
from graphql.execution.executor import CollectedErrors
from graphql.pyutils import Path


class Null:
    """A place in the answer: null because of `error`, or with such places below it."""

    __slots__ = ("below", "error")

    def __init__(self) -> None:
        self.error: GraphQLError | None = None
        self.below: dict[str | int, Null] = {}


class Errors(CollectedErrors):
    """What is added below a place that is null already is not told, as graphql-core has it; nor what was below before
    it became null, which graphql-core tells or not as it happens.
    """

    __slots__ = ("nulls",)

    def __init__(self) -> None:
        super().__init__()
        self.nulls = Null()

    def add(self, error: GraphQLError, path: Path | None) -> None:
        place = self.nulls
        for key in path.as_list() if path else ():
            place = place.below.setdefault(key, Null())
        place.error = place.error or error
        super().add(error, path)


def in_order(place: Null, data: Any) -> Iterator[GraphQLError]:
    """The errors at and below a place, as `data` has them one after the other."""
    if place.error:
        yield place.error
        return
    for key in _keys(data, place.below):
        yield from in_order(place.below[key], data[key])


def _keys(data: Any, below: dict[Any, Null]) -> Sequence[Any]:
    return sorted(below) if isinstance(data, list) else [key for key in data if key in below]
