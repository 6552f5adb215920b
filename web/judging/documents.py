"""A parsed document, in the order in which it can be summed up: what is inside comes before what is around it."""

from collections.abc import Iterator

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)


def operations(document: DocumentNode) -> list[OperationDefinitionNode]:
    return [found for found in document.definitions if isinstance(found, OperationDefinitionNode)]


def operation_named(document: DocumentNode, name: str | None) -> OperationDefinitionNode | None:
    """The one of this name, or the only one."""
    meant = [found for found in operations(document) if name is None or (found.name and found.name.value == name)]
    return meant[0] if len(meant) == 1 else None


def roots(document: DocumentNode, operation: OperationDefinitionNode) -> Iterator[str]:
    """The names of the fields at its root, those of fragments too, each of which is walked once."""
    named = {found.name.value: found for found in document.definitions if isinstance(found, FragmentDefinitionNode)}
    waiting = [operation.selection_set]
    while waiting:
        for selection in waiting.pop().selections:
            if isinstance(selection, FieldNode):
                yield selection.name.value
            elif isinstance(selection, FragmentSpreadNode):
                fragment = named.pop(selection.name.value, None)
                waiting += [fragment.selection_set] if fragment else []
            elif within := within_of(selection):
                waiting.append(within)


def fragments(document: DocumentNode) -> list[FragmentDefinitionNode]:
    """Each behind those that it spreads. Where they go round in circles, which validation refuses, some are not."""
    named = {found.name.value: found for found in document.definitions if isinstance(found, FragmentDefinitionNode)}
    spreads = {name: _spread_in(found) for name, found in named.items()}
    ordered: dict[str, FragmentDefinitionNode] = {}
    begun: set[str] = set()
    # By a list of our own and not by recursion: hundreds may hang from one another.
    waiting = list(reversed(named))
    while waiting:
        name = waiting[-1]
        if name in begun:
            ordered.setdefault(name, named[name])
            waiting.pop()
        else:
            begun.add(name)
            waiting += [spread for spread in spreads[name] if spread in named and spread not in begun]
    return list(ordered.values())


def inside_out(outermost: SelectionSetNode) -> list[SelectionSetNode]:
    """All selection sets of one definition."""
    found = [outermost]
    for selection_set in found:  # it grows meanwhile
        found += inner(selection_set)
    return found[::-1]


def inner(selection_set: SelectionSetNode) -> Iterator[SelectionSetNode]:
    """The selection sets right inside this one."""
    for selection in selection_set.selections:
        within = within_of(selection)
        if within:
            yield within


def within_of(selection: SelectionNode) -> SelectionSetNode | None:
    """A field's or an inline fragment's own selection set; a spread has none."""
    return getattr(selection, "selection_set", None)


def say_once(document: DocumentNode) -> None:
    """Takes out plain fields that the same selection set has already: they change no answer, but validation compares
    each with each. For a document that nobody else has seen yet, for nodes are not meant to change.
    """
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode | FragmentDefinitionNode):
            for selection_set in inside_out(definition.selection_set):
                once = tuple(_once(selection_set))
                if len(once) < len(selection_set.selections):
                    object.__setattr__(selection_set, "selections", once)


def _once(selection_set: SelectionSetNode) -> Iterator[SelectionNode]:
    said: set[tuple[str, str | None]] = set()
    for selection in selection_set.selections:
        if isinstance(selection, FieldNode) and _is_plain(selection):
            key = (selection.name.value, selection.alias.value if selection.alias else None)
            if key in said:
                continue
            said.add(key)
        yield selection


def _is_plain(field: FieldNode) -> bool:
    return not (field.arguments or field.directives or field.selection_set)


def _spread_in(fragment: FragmentDefinitionNode) -> list[str]:
    return [
        selection.name.value
        for selection_set in inside_out(fragment.selection_set)
        for selection in selection_set.selections
        if isinstance(selection, FragmentSpreadNode)
    ]
