"""Values that failed, on their way up to where the answer may be null."""

from collections.abc import Iterable
from typing import Any

from graphql import GraphQLError


class Faulty(list[Any]):
    """Results among which there may be GraphQLErrors. In a plain list of results there are none."""


def first_fault(results: Iterable[Any]) -> GraphQLError | None:
    return next((result for result in results if isinstance(result, GraphQLError)), None)
