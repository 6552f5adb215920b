"""How extensions come to surround an operation: as Strawberry has it, but that what a class surrounds is looked up once
and not for each operation, and that each hook is one generator and nothing around it.
"""

import inspect
from collections.abc import AsyncIterator, Callable, Sequence
from functools import cache
from types import GeneratorType, TracebackType
from typing import Any, TypeAlias

import strawberry
from graphql import GraphQLError
from strawberry.extensions import SchemaExtension
from strawberry.extensions.runner import SchemaExtensionsRunner
from strawberry.types.execution import ExecutionContext
from strawberry.types.graphql import OperationType

_HOOKS = ("on_operation", "on_parse", "on_validate", "on_execute", "on_stream_result", "get_results")
Begun: TypeAlias = "AsyncIterator[None] | GeneratorType[None, None, None]"


class Operation(ExecutionContext):
    """It is asked several times what it is. `known` is what those who judged it know of its document."""

    known: Any = None

    @property
    def operation_type(self) -> OperationType:
        found: OperationType = self.known.kind if self.known else super().operation_type
        return found


class Schema(strawberry.Schema):
    def create_extensions_runner(
        self, execution_context: ExecutionContext, extensions: list[SchemaExtension]
    ) -> SchemaExtensionsRunner:
        return Hooks(execution_context, extensions)

    def _create_execution_context(self, **known: Any) -> ExecutionContext:  # type: ignore[override]
        return Operation(
            schema=self,
            allowed_operations=known.pop("allowed_operation_types"),
            context=known.pop("context_value", None),
            variables=known.pop("variable_values", None),
            provided_operation_name=known.pop("operation_name", None),
            **known,
        )

    def process_errors(self, errors: Any, execution_context: Any = None) -> None:
        """Nothing is logged here: errors are told once, at the door. Guesses go where none are wanted; Strawberry's
        own setting takes them from fields alone.
        """
        for error in errors if self.config.disable_field_suggestions else ():
            if isinstance(error.original_error, GraphQLError | None):  # else the words are somebody else's
                error.message = error.message.partition(" Did you mean")[0]


class Hooks(SchemaExtensionsRunner):
    """Those that are generators. There is nothing here for execution without an event loop."""

    def __init__(self, execution_context: ExecutionContext, extensions: list[SchemaExtension]) -> None:
        super().__init__(execution_context, extensions)
        self._hooked = _hooked(tuple(map(type, self.extensions)))

    def operation(self) -> Any:
        return self._around("on_operation")

    def parsing(self) -> Any:
        return self._around("on_parse")

    def validation(self) -> Any:
        return self._around("on_validate")

    def executing(self) -> Any:
        return self._around("on_execute")

    def on_stream_result(self, result: Any) -> Any:
        return self._around("on_stream_result", result)

    async def get_extensions_results(self, ctx: ExecutionContext) -> dict[str, Any]:
        told: dict[str, Any] = {}
        for tell in self._of("get_results"):
            told.update(tell())
        return told | ctx.extensions_results

    def _around(self, name: str, *given: object) -> "Around":
        return Around(self._of(name), given)

    def _of(self, name: str) -> list[Any]:
        return [getattr(self.extensions[number], name) for number in self._hooked[name]]


class Around:
    """The hooks of one name, the first extension's outermost."""

    __slots__ = ("_begun", "_given", "_hooks")

    def __init__(self, hooks: Sequence[Callable[..., Begun]], given: Sequence[object]) -> None:
        self._hooks, self._given = hooks, given
        self._begun: list[Begun] = []

    async def __aenter__(self) -> None:
        try:
            for hook in self._hooks:
                begun = hook(*self._given)
                next(begun) if isinstance(begun, GeneratorType) else await anext(begun)
                self._begun.append(begun)
        except BaseException as error:
            await self.__aexit__(type(error), error, error.__traceback__)
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        raised = error
        for begun in reversed(self._begun):
            raised = await _ended(begun, raised)
        if raised is not None and raised is not error:
            raise raised
        return error is not None and raised is None


@cache
def _hooked(classes: tuple[Any, ...]) -> dict[str, list[int]]:
    """Which of these extensions have a hook of their own, by its name."""
    return {name: [number for number, one in enumerate(classes) if _has(one, name)] for name in _HOOKS}


def _has(extension: Any, name: str) -> bool:
    own = getattr(extension, name)
    if own is getattr(SchemaExtension, name):
        return False
    assert name == "get_results" or inspect.isgeneratorfunction(own) or inspect.isasyncgenfunction(own)
    return True


async def _ended(begun: Any, error: BaseException | None) -> BaseException | None:
    """What is wrong behind it, where it was told what was before."""
    try:
        if isinstance(begun, GeneratorType):
            next(begun) if error is None else begun.throw(error)
        else:
            await (anext(begun) if error is None else begun.athrow(error))
    except (StopIteration, StopAsyncIteration):
        return None
    except BaseException as raised:
        return raised
    return RuntimeError("A hook yields once.")
