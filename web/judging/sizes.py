"""How long a list will be: a number, or what a variable will say."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from graphql import (
    FieldNode,
    GraphQLField,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    ValueNode,
    VariableNode,
)

from domain.pages import MOST_PER_PAGE

# Of a list of which nobody declares how long it mostly is.
ASSUMED = 10
_PAGE_SIZES = ("first", "limit")
_LONGEST_NUMBER = 10  # characters of an Int


@dataclass(frozen=True, slots=True)
class Asked:
    """What a variable, or something inside it, will say: a number, or a list that `counts` by its items."""

    variable: str
    path: tuple[str, ...]
    counts: bool
    otherwise: int
    most: int

    def of(self, variables: Mapping[str, Any]) -> int:
        """Whatever the variable holds: validation complains later, and until then the default counts."""
        said = variables.get(self.variable)
        for name in self.path:
            said = said.get(name) if isinstance(said, dict) else None
        if said is None:
            return self.otherwise
        if self.counts:
            return min(len(said), self.most) if isinstance(said, list) else 1
        if isinstance(said, bool) or not isinstance(said, int | float):
            return self.otherwise
        return self.most if said >= self.most else max(int(said), 0)


Size: TypeAlias = int | Asked


def page_size(field: GraphQLField, node: FieldNode, operation: OperationDefinitionNode | None) -> Size | None:
    """How many items the field was asked for, by `first`, by `limit`, or by the argument that the schema declares; None
    where nothing says it. More than a page can have is refused by the resolver, and costs no more than a full page.
    """
    declared = declared_of(field).get("size")
    if isinstance(declared, int):
        return declared
    path = declared.split(".") if declared else [name for name in _PAGE_SIZES if name in field.args][:1]
    if not path or path[0] not in field.args:
        return None
    default = field.args[path[0]].default_value
    otherwise = default if isinstance(default, int) else ASSUMED
    reading = _Reading(bool(declared), otherwise, max(MOST_PER_PAGE, otherwise), operation)
    given = [argument.value for argument in node.arguments or () if argument.name.value == path[0]]
    return reading.of(given[0] if given else None, path[1:])


def declared_of(field: GraphQLField) -> Mapping[str, Any]:
    """What the schema declares about a field's cost; nothing about those of the schema itself."""
    definition = field.extensions.get("strawberry-definition")
    return definition.metadata if definition else {}


@dataclass(frozen=True, slots=True)
class _Reading:
    counts: bool
    otherwise: int
    most: int
    operation: OperationDefinitionNode | None

    def of(self, value: ValueNode | None, path: list[str]) -> Size:
        for place, name in enumerate(path):
            if isinstance(value, VariableNode):
                return self._variable(value, path[place:])
            fields = value.fields if isinstance(value, ObjectValueNode) else ()
            value = next((field.value for field in fields if field.name.value == name), None)
        return self._variable(value, []) if isinstance(value, VariableNode) else self._literal(value)

    def _literal(self, value: ValueNode | None) -> int:
        if value is None or isinstance(value, NullValueNode):
            return self.otherwise
        if self.counts:
            return min(len(value.values), self.most) if isinstance(value, ListValueNode) else 1
        if not isinstance(value, IntValueNode) or len(value.value) > _LONGEST_NUMBER:
            return self.otherwise
        return min(max(int(value.value), 0), self.most)

    def _variable(self, value: VariableNode, path: list[str]) -> Size:
        name = value.name.value
        defined = self.operation.variable_definitions if self.operation else ()
        default = next((found.default_value for found in defined or () if found.variable.name.value == name), None)
        return Asked(name, tuple(path), self.counts, self._default(default, path), self.most)

    def _default(self, default: ValueNode | None, path: list[str]) -> int:
        size = self.of(default, path)
        return size if isinstance(size, int) else self.otherwise  # a default names no variable
