"""Operations by chance: hypothesis-graphql's, and what it does not make is added: variables, aliases, fragments with
and without names, @include and @skip, __typename, and fields that are asked for in several places.
"""

from dataclasses import dataclass, field
from random import Random
from typing import Any

from graphql import (
    ArgumentNode,
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    NamedTypeNode,
    NameNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableDefinitionNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_required_argument,
    parse_type,
    value_from_ast_untyped,
)
from graphql.language import StringValueNode
from hypothesis import strategies as st
from hypothesis_graphql import mutations, queries


def _texts(*texts: str) -> st.SearchStrategy[StringValueNode]:
    return st.sampled_from(texts).map(lambda text: StringValueNode(value=text))


SCALARS: dict[str, Any] = {
    "DateTime": _texts("2026-11-21T08:00:00Z", "1999-12-31T23:59:59+09:00"),
    "Date": _texts("2026-11-21", "1999-12-31"),
    "UUID": _texts("3b241101-e2bb-4255-8caf-4136c566a962"),
    "URL": _texts("https://example.com/"),
}


def documents(schema: GraphQLSchema) -> st.SearchStrategy[DocumentNode]:
    """One operation each, and nothing but fields and inline fragments in it."""
    given: dict[str, Any] = {"custom_scalars": SCALARS, "print_ast": lambda document: document}
    return st.one_of(queries(schema, **given), mutations(schema, **given))


@dataclass
class Decorating:
    """Of one document. `deciding` are the variables that decide what is included."""

    schema: GraphQLSchema
    random: Random
    variables: list[VariableDefinitionNode] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    deciding: list[str] = field(default_factory=list)
    fragments: list[FragmentDefinitionNode] = field(default_factory=list)
    names: int = 0

    def document(self, document: DocumentNode) -> DocumentNode:
        (operation,) = document.definitions
        assert isinstance(operation, OperationDefinitionNode)
        root = self.schema.get_root_type(operation.operation)
        selections = self._set(operation.selection_set, root)
        made = OperationDefinitionNode(
            operation=operation.operation,
            name=NameNode(value="Any"),
            variable_definitions=tuple(self.variables),
            selection_set=selections,
        )
        return DocumentNode(definitions=(made, *self.fragments))

    def given(self, random: Random) -> dict[str, Any]:
        """Values for the variables, of which some decide otherwise each time, or cannot decide."""
        values = dict(self.values)
        for name in self.deciding:
            values[name] = random.random() < 0.7
            if name.endswith("Perhaps") and random.random() < 0.3:
                values[name] = None
        return values

    def _happens(self, likely: float) -> bool:
        return self.random.random() < likely

    def _name(self, kind: str) -> str:
        self.names += 1
        return f"{kind}{self.names}"

    def _set(self, selections: SelectionSetNode, type_: Any) -> SelectionSetNode:
        made: list[Any] = []
        for selection in selections.selections:
            if isinstance(selection, FieldNode):
                made += self._fields(selection, type_)
            else:
                assert isinstance(selection, InlineFragmentNode)
                made.append(self._fragment(selection, type_))
        if self._happens(0.2):
            alias = NameNode(value=self._name("kind")) if self._happens(0.5) else None
            made.insert(self.random.randrange(len(made) + 1), FieldNode(name=NameNode(value="__typename"), alias=alias))
        if self._happens(0.1) and len(made) > 1:
            cut = self.random.randrange(1, len(made))
            made[cut:] = [self._around(made[cut:], type_)]
        return SelectionSetNode(selections=tuple(made))

    def _fields(self, asked: FieldNode, type_: Any) -> list[FieldNode]:
        """The field, and perhaps a part of it once more."""
        known = type_.fields[asked.name.value]
        alias = NameNode(value=self._name("field")) if self._happens(0.1) else asked.alias
        arguments = tuple(self._argument(one, known.args[one.name.value]) for one in asked.arguments or ())
        rest: dict[str, Any] = {"name": asked.name, "alias": alias, "arguments": arguments}
        if asked.selection_set is None:
            return [FieldNode(**rest, directives=self._directives())] * (2 if self._happens(0.05) else 1)
        below = self._set(asked.selection_set, get_named_type(known.type))
        made = [FieldNode(**rest, selection_set=below, directives=self._directives())]
        if self._happens(0.2):
            some = SelectionSetNode(selections=below.selections[self.random.randrange(len(below.selections)) :])
            made.append(FieldNode(**rest, selection_set=some, directives=self._directives()))
        return made

    def _argument(self, argument: ArgumentNode, known: Any) -> ArgumentNode:
        if not self._happens(0.3):
            return argument
        name = self._name("value")
        required = is_required_argument(known)
        self.variables.append(_variable(name, str(known.type if required else get_nullable_type(known.type))))
        if required or self._happens(0.8):
            self.values[name] = value_from_ast_untyped(argument.value)
        elif self._happens(0.2):  # which an argument with a default may not be
            self.values[name] = None
        return ArgumentNode(name=argument.name, value=VariableNode(name=NameNode(value=name)))

    def _fragment(self, fragment: InlineFragmentNode, type_: Any) -> Any:
        on = fragment.type_condition
        below = self._set(fragment.selection_set, self.schema.get_type(on.name.value) if on else type_)
        return self._inline_or_named(below, on.name.value if on else None, 0.3)

    def _around(self, selections: list[Any], type_: Any) -> Any:
        on = type_.name if self._happens(0.5) else None
        return self._inline_or_named(SelectionSetNode(selections=tuple(selections)), on, 0.5)

    def _inline_or_named(self, selections: SelectionSetNode, on: str | None, likely: float) -> Any:
        condition = NamedTypeNode(name=NameNode(value=on)) if on else None
        if condition is None or not self._happens(likely):
            return InlineFragmentNode(type_condition=condition, selection_set=selections, directives=self._directives())
        name = NameNode(value=self._name("Part"))
        self.fragments.append(FragmentDefinitionNode(name=name, type_condition=condition, selection_set=selections))
        return FragmentSpreadNode(name=name, directives=self._directives())

    def _directives(self) -> tuple[DirectiveNode, ...]:
        names = [name for name in ("include", "skip") if self._happens(0.03)]
        return tuple(
            DirectiveNode(
                name=NameNode(value=name), arguments=(ArgumentNode(name=NameNode(value="if"), value=self._condition()),)
            )
            for name in names
        )

    def _condition(self) -> Any:
        if self._happens(0.3):
            return BooleanValueNode(value=self._happens(0.5))
        if not self.deciding or self._happens(0.5):
            perhaps = self._happens(0.1)
            name = self._name("if") + ("Perhaps" if perhaps else "")
            default = BooleanValueNode(value=True) if perhaps else None
            self.variables.append(_variable(name, "Boolean" if perhaps else "Boolean!", default))
            self.deciding.append(name)
        return VariableNode(name=NameNode(value=self.random.choice(self.deciding)))


def _variable(name: str, type_: str, default: Any = None) -> VariableDefinitionNode:
    return VariableDefinitionNode(
        variable=VariableNode(name=NameNode(value=name)), type=parse_type(type_), default_value=default
    )
