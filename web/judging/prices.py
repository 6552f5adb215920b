"""What an operation costs: every object that it may answer is one, and so is every field that needs work, times the
sizes of the lists around it. Compiled once into sums, since variables choose sizes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLOutputType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
)

from web.judging.documents import fragments, inside_out, within_of
from web.judging.sizes import ASSUMED, Asked, Size, declared_of, page_size

# Larger sums say nothing more, and clients read numbers as JavaScript does.
MOST_COST = 2**53 - 1

Fields: TypeAlias = Mapping[str, GraphQLField]


@dataclass(slots=True)
class Amount:
    """A constant, and sizes times earlier sums, by their place."""

    constant: int = 0
    terms: list[tuple[Size, int]] = field(default_factory=list)

    def add(self, other: "Amount") -> None:
        self.constant += other.constant
        self.terms += other.terms


@dataclass(frozen=True, slots=True)
class Inside:
    """What a selection set costs: once, and once for each item of the page that it selects from."""

    once: Amount
    for_each: Amount


_NOTHING = Inside(Amount(), Amount())


@dataclass(frozen=True, slots=True)
class Price:
    """Sums, each of which needs only those before it; the last one is the operation's."""

    sums: tuple[Amount, ...]

    def of(self, variables: Mapping[str, Any]) -> int:
        """The cost with these variables, whatever they hold; at most MOST_COST."""
        known: list[int] = []
        for amount in self.sums:
            cost = amount.constant
            for size, place in amount.terms:
                cost += (size.of(variables) if isinstance(size, Asked) else size) * known[place]
            known.append(cost if cost < MOST_COST else MOST_COST)
        return known[-1]


def price(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) -> Price:
    """Of this operation of the document. What the schema does not know costs nothing: validation refuses it."""
    compiling = _Compiling(schema, operation)
    for fragment in fragments(document):
        compiling.fragment(fragment)
    inside = compiling.inside(operation.selection_set, schema.get_root_type(operation.operation))
    return compiling.finished(inside)


class _Compiling:
    def __init__(self, schema: GraphQLSchema, operation: OperationDefinitionNode) -> None:
        self._schema, self._operation = schema, operation
        self._sums: list[Amount] = []
        self._fragments: dict[str, Inside] = {}

    def fragment(self, fragment: FragmentDefinitionNode) -> None:
        on = self._schema.get_type(fragment.type_condition.name.value)
        inside = self.inside(fragment.selection_set, on)
        # However often it is spread, it is summed up once.
        self._fragments[fragment.name.value] = Inside(self._settled(inside.once), self._settled(inside.for_each))

    def inside(self, outermost: SelectionSetNode, on: GraphQLNamedType | None) -> Inside:
        types = self._types(outermost, on)
        known: dict[int, Inside] = {}
        for selection_set in inside_out(outermost):
            fields = getattr(types[id(selection_set)], "fields", {})
            known[id(selection_set)] = self._together(
                self._selection(selection, fields, known) for selection in selection_set.selections
            )
        return known[id(outermost)]

    def finished(self, inside: Inside) -> Price:
        self._sums.append(self._with_items(inside, None))
        return Price(tuple(self._sums))

    def _types(self, outermost: SelectionSetNode, on: GraphQLNamedType | None) -> dict[int, GraphQLNamedType | None]:
        """What each selection set selects from."""
        types = {id(outermost): on}
        for selection_set in reversed(inside_out(outermost)):
            around = types[id(selection_set)]
            for selection in selection_set.selections:
                if within := within_of(selection):
                    types[id(within)] = self._type(selection, around)
        return types

    def _type(self, selection: SelectionNode, around: GraphQLNamedType | None) -> GraphQLNamedType | None:
        if isinstance(selection, FieldNode):
            found = getattr(around, "fields", {}).get(selection.name.value)
            return get_named_type(found.type) if found else None
        condition = selection.type_condition if isinstance(selection, InlineFragmentNode) else None
        return self._schema.get_type(condition.name.value) if condition else around

    def _selection(self, selection: SelectionNode, fields: Fields, known: dict[int, Inside]) -> Inside:
        if isinstance(selection, FragmentSpreadNode):
            return self._fragments.get(selection.name.value, _NOTHING)
        within = within_of(selection)
        inside = known[id(within)] if within else _NOTHING
        if not isinstance(selection, FieldNode):
            return inside
        found = fields.get(selection.name.value)
        return self._field(found, selection, inside) if found else _NOTHING

    def _field(self, found: GraphQLField, node: FieldNode, inside: Inside) -> Inside:
        cost = declared_of(found).get("cost", 0)
        if is_leaf_type(get_named_type(found.type)):
            return Inside(Amount(cost), Amount()) if cost else _NOTHING
        once, for_each = Amount(cost), Amount()
        size = page_size(found, node, self._operation)
        if not _is_list(found.type):
            once.add(self._with_items(inside, size))
            return Inside(once, for_each)
        item = self._with_items(inside, None)
        item.constant += 1
        if size is None:
            for_each.add(item)
        else:
            once.add(self._times(size, item))
        return Inside(once, for_each)

    def _with_items(self, inside: Inside, size: Size | None) -> Amount:
        whole = Amount()
        whole.add(inside.once)
        whole.add(self._times(ASSUMED if size is None else size, inside.for_each))
        return whole

    def _times(self, size: Size, amount: Amount) -> Amount:
        if not amount.terms and (isinstance(size, int) or not amount.constant):
            return Amount(size * amount.constant if isinstance(size, int) else 0)
        return Amount(0, [(size, self._place(amount))])

    def _settled(self, amount: Amount) -> Amount:
        return Amount(0, [(1, self._place(amount))]) if amount.terms else amount

    def _place(self, amount: Amount) -> int:
        self._sums.append(amount)
        return len(self._sums) - 1

    @staticmethod
    def _together(parts: Iterable[Inside]) -> Inside:
        whole = Inside(Amount(), Amount())
        for part in parts:
            whole.once.add(part.once)
            whole.for_each.add(part.for_each)
        return whole


def _is_list(kind: GraphQLOutputType) -> bool:
    return is_list_type(get_nullable_type(kind))
