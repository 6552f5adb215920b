"""Plans, kept for the next time: by operation, and by the variables that decide which of its fields there are."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from graphql import FieldNode, InlineFragmentNode, SelectionNode, SelectionSetNode, VariableNode
from graphql.execution.executor import Executor

from execution.selections import Selection

# What is remembered in all, in columns, of which each is about a kilobyte; and how many shapes of one operation.
MOST_COLUMNS = 40_000
# The document is held too: so much of its text takes as much room as a column.
_CHARACTERS = 10
MOST_SHAPES = 16
Compile: TypeAlias = Callable[[Executor[Any]], Selection | None]


class Shapes:
    """The plans of one operation. It is held, so that nothing else comes to be at its place in memory."""

    def __init__(self, executor: Executor[Any]) -> None:
        self.operation = executor.operation
        self.variables = tuple(sorted(set(_deciding(executor))))
        self.plans: dict[tuple[Any, ...], Selection | None] = {}
        place = executor.operation.loc
        self._document = len(place.source.body) // _CHARACTERS if place else 0

    @property
    def weight(self) -> int:
        return 1 + self._document + sum(plan.weight for plan in self.plans.values() if plan)


class Plans:
    """None stands for what graphql-core is to execute."""

    def __init__(self, compile_operation: Compile, most_columns: int = MOST_COLUMNS) -> None:
        self._compile, self._room = compile_operation, most_columns
        self._held: OrderedDict[int, Shapes] = OrderedDict()

    def of(self, executor: Executor[Any]) -> Selection | None:
        shapes = self._held.get(id(executor.operation))
        if shapes is None:
            shapes = Shapes(executor)
        else:
            self._held.move_to_end(id(executor.operation))
        given = executor.variable_values.coerced
        shape = tuple(given.get(name) for name in shapes.variables)
        if shape not in shapes.plans:
            self._add(shapes, shape, self._compile(executor))
        return shapes.plans[shape]

    def _add(self, shapes: Shapes, shape: tuple[Any, ...], plan: Selection | None) -> None:
        self._forget(shapes)
        if len(shapes.plans) >= MOST_SHAPES:
            shapes.plans.clear()
        shapes.plans[shape] = plan
        self._held[id(shapes.operation)] = shapes
        self._room -= shapes.weight
        while self._room < 0 and len(self._held) > 1:
            self._forget(next(iter(self._held.values())))

    def _forget(self, shapes: Shapes) -> None:
        if self._held.pop(id(shapes.operation), None):
            self._room += shapes.weight


def _deciding(executor: Executor[Any]) -> Iterator[str]:
    """The names of the variables that @include and @skip look at."""
    waiting: list[SelectionSetNode] = [executor.operation.selection_set]
    waiting += [fragment.selection_set for fragment in executor.fragment_definitions.values()]
    while waiting:
        for selection in waiting.pop().selections:
            yield from _looked_at(selection)
            if isinstance(selection, FieldNode | InlineFragmentNode) and selection.selection_set:
                waiting.append(selection.selection_set)


def _looked_at(selection: SelectionNode) -> Iterator[str]:
    for directive in selection.directives or ():
        for argument in directive.arguments or ():
            if isinstance(argument.value, VariableNode):
                yield argument.value.name.value
