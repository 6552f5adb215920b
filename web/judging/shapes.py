"""What a document asks for, counted as if it were written out without fragments, and how much of that is taken."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
)

from web.judging.documents import fragments, inside_out, operations, within_of

DEEPEST = 12
DEEPEST_INTROSPECTION = 20  # GraphiQL asks 15 deep, for types of types of types
MOST_ALIASES = 30
MOST_ROOT_FIELDS = {OperationType.QUERY: 20, OperationType.MUTATION: 5, OperationType.SUBSCRIPTION: 20}
MOST_FIELDS = 1000  # as many as a document has tokens: only fragments that multiply come to more


@dataclass(frozen=True, slots=True)
class Shape:
    """Of a selection set. A field of the root is one deep; `introspection` is how deep what asks for the schema is."""

    depth: int = 0
    introspection: int = 0
    roots: int = 0
    fields: int = 0
    aliases: int = 0


_NOTHING = Shape()
_PLAIN = Shape(depth=1, roots=1, fields=1)


def complaints(document: DocumentNode) -> Iterator[str]:
    """What is too much about any operation of the document, in sentences. Each fragment is walked once."""
    named: dict[str, Shape] = {}
    for fragment in fragments(document):
        named[fragment.name.value] = _shape(fragment.selection_set, named)
    for operation in operations(document):
        yield from _too_much(operation, _shape(operation.selection_set, named))


def _too_much(operation: OperationDefinitionNode, asked: Shape) -> Iterator[str]:
    kind = operation.operation.value
    bounds = (
        (asked.depth, DEEPEST, "levels"),
        (asked.introspection, DEEPEST_INTROSPECTION, "levels of the schema"),
        (asked.aliases, MOST_ALIASES, "aliases"),
        (asked.roots, MOST_ROOT_FIELDS[operation.operation], "root fields"),
        (asked.fields, MOST_FIELDS, "fields, with fragments written out"),
    )
    for count, most, what in bounds:
        if count > most:
            yield f"A {kind} may have at most {most} {what}, and this one has {count}."


def _shape(outermost: SelectionSetNode, named: dict[str, Shape]) -> Shape:
    known: dict[int, Shape] = {}
    for selection_set in inside_out(outermost):
        known[id(selection_set)] = _together(_of(selection, known, named) for selection in selection_set.selections)
    return known[id(outermost)]


def _of(selection: SelectionNode, known: dict[int, Shape], named: dict[str, Shape]) -> Shape:
    if isinstance(selection, FragmentSpreadNode):
        return named.get(selection.name.value, _NOTHING)  # unknown, or in a circle: validation refuses both
    within = within_of(selection)
    inside = known[id(within)] if within else _NOTHING
    return _around(selection, inside) if isinstance(selection, FieldNode) else inside


def _around(field: FieldNode, inside: Shape) -> Shape:
    if inside is _NOTHING and not field.alias:
        return _PLAIN
    of_schema = field.name.value in {"__schema", "__type"}
    return Shape(
        depth=1 if of_schema else 1 + inside.depth,
        introspection=1 + max(inside.depth, inside.introspection) if of_schema else inside.introspection,
        roots=1,
        fields=1 + inside.fields,
        aliases=(1 if field.alias else 0) + inside.aliases,
    )


def _together(shapes: Iterable[Shape]) -> Shape:
    depth = introspection = roots = fields = aliases = 0
    for shape in shapes:
        depth = max(depth, shape.depth)
        introspection = max(introspection, shape.introspection)
        roots += shape.roots
        fields += shape.fields
        aliases += shape.aliases
    return Shape(depth, introspection, roots, fields, aliases)
