"""One field of an operation, at one type: what its errors and its resolver need to know of it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from graphql import FieldNode, GraphQLError, GraphQLField, GraphQLObjectType, GraphQLResolveInfo, located_error
from graphql.execution.collect_fields import FieldDetails
from graphql.execution.executor import Executor

from execution.places import Where


@dataclass(frozen=True)
class Site:
    """`details` are all the places of the document that ask for it, under the same name in the answer."""

    parent: GraphQLObjectType
    field: GraphQLField
    details: list[FieldDetails]

    @cached_property
    def nodes(self) -> list[FieldNode]:
        return [detail.node for detail in self.details]

    @property
    def name(self) -> str:
        return f"{self.parent}.{self.nodes[0].name.value}"

    def error(self, reason: Exception, where: Where, number: int) -> GraphQLError:
        """As it is told of the value of this number, unless it tells of a place below already."""
        path = where(number)
        return located_error(reason, self.nodes, path.as_list() if path else [])

    def info(self, executor: Executor[Any], path: Any) -> GraphQLResolveInfo[Any]:
        """Of the field; its items have none of their own."""
        while isinstance(path.key, int):
            path = path.prev
        return executor.build_resolve_info(self.field, self.nodes, self.parent, path)
