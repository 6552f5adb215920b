"""Who hears the same: an event is executed once for all who ask the same of it, where the answer is not about them."""

from collections.abc import Callable, Hashable, Iterator
from typing import Any, Protocol, TypeVar
from weakref import WeakValueDictionary

from graphql import ExecutionResult, Node, SelectionSetNode, VariableNode
from graphql.execution.executor import Executor
from strawberry.utils.await_maybe import await_maybe

from domain.once import Once

E = TypeVar("E", bound=type[Executor[Any]])


class Nobody(Protocol):
    """A context made of somebody's that does not know whose: for an answer that is everybody's."""

    @property
    def alike(self) -> Hashable:
        """Equal for all whose answers can be the same."""

    @property
    def was_asked(self) -> bool:
        """Whether the answer wanted to know of somebody."""

    def shared(self, data: dict[str, Any]) -> dict[str, Any]:
        """The data as it is told to all of them."""


class Audience:
    """Those who ask the same in the same words, and may be told the same."""

    def __init__(self, nobody: Callable[[Any], Nobody]) -> None:
        self._nobody, self._is_personal = nobody, False
        self._event: Any = None
        self._answer: Once[ExecutionResult | None] | None = None

    async def answer(self, executor: Any, event: Any) -> ExecutionResult:
        """Events that are equal but not the same are not told alike: they were not read at the same time."""
        if not self._is_personal:
            if self._answer is None or self._event is not event:
                self._event, self._answer = event, Once(self._for_all(executor, event))
            shared = await self._answer.result()
            if shared is not None:
                return shared
        return await _executed(executor, event)

    async def _for_all(self, executor: Any, event: Any) -> ExecutionResult | None:
        """None where the answer depends on who asks, or where it went wrong."""
        nobody = self._nobody(executor.context_value)
        result = await _executed(executor, event, nobody)
        self._is_personal = self._is_personal or nobody.was_asked
        if nobody.was_asked or result.errors or result.data is None:
            return None
        return ExecutionResult(nobody.shared(result.data), None)


_audiences: WeakValueDictionary[tuple[Any, ...], Audience] = WeakValueDictionary()


def shared(base: E, nobody: Callable[[Any], Nobody]) -> E:
    """A class of executors for whom an audience is told of events."""

    class SharingExecutor(base):  # type: ignore[misc, valid-type]
        _audience: Audience | None = None

        def build_per_event_executor(self, payload: Any) -> Any:
            if self._audience is None:
                self._audience = _audience_of(self, nobody)
            return _Event(self, payload)

        def build_own_executor(self, event: Any) -> Any:
            return super().build_per_event_executor(event)

    return SharingExecutor  # type: ignore[return-value]


class _Event:
    """As much of an executor as is asked for one event."""

    __slots__ = ("_event", "_executor")

    def __init__(self, executor: Any, event: Any) -> None:
        self._executor, self._event = executor, event

    def execute_operation(self, _serially: bool | None = None) -> Any:
        return self._executor._audience.answer(self._executor, self._event)


async def _executed(executor: Any, event: Any, context: Any = None) -> ExecutionResult:
    own = executor.build_own_executor(event)
    if context is not None:
        own.context_value = context
    result: ExecutionResult = await await_maybe(own.execute_operation(False))
    return result


def _audience_of(executor: Any, nobody: Callable[[Any], Nobody]) -> Audience:
    alike, operation = nobody(executor.context_value).alike, executor.operation
    variables, names = executor.variable_values.coerced, sorted(set(_names(executor)))
    given = repr([(name, variables[name]) for name in names if name in variables])
    text, name = operation.loc.source.body, operation.name.value if operation.name else None
    key = (executor.schema, alike, text, name, given)
    found = _audiences.get(key)
    if found is None:
        found = _audiences[key] = Audience(nobody)
    return found


def _names(executor: Any) -> Iterator[str]:
    """Of variables that what is told of an event may depend on. The arguments of its root decide which events there
    are, and nothing else.
    """
    selections: list[Any] = [executor.operation.selection_set]
    selections += [fragment.selection_set for fragment in executor.fragment_definitions.values()]
    return (name for one in selections for name in _named(one, at_root=one is selections[0]))


def _named(node: Any, *, at_root: bool = False) -> Iterator[str]:
    if isinstance(node, VariableNode):
        yield node.name.value
    elif isinstance(node, SelectionSetNode) and at_root:
        for selection in node.selections:
            for part in (selection.directives, getattr(selection, "selection_set", None)):
                yield from _named(part)
    elif isinstance(node, Node):
        for key in node.keys:
            yield from _named(getattr(node, key, None))
    elif isinstance(node, list | tuple):
        for one in node:
            yield from _named(one)
