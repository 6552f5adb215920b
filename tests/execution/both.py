"""Every operation both ways: by its plan, and by graphql-core right behind it. They must answer the same.

What a field at the root did is not done twice: graphql-core is told what it gave, and completes that. Rows that others
change between the two may differ, so what differs is asked again, a few times.
"""

import asyncio
import contextvars
from collections.abc import Callable
from typing import Any

import orjson
from graphql import ExecutionResult, GraphQLError, GraphQLSchema, OperationType
from graphql.execution.executor import Executor
from graphql.pyutils import is_awaitable

from domain.metering import meter
from execution.errors import Errors
from execution.executors import compiled, ordered

# What both could not agree on, for the test to look at when it is over.
differences: list[str] = []
# How many operations have been answered both ways.
agreed: list[str] = []
_TRIES = 5
_done: contextvars.ContextVar[dict[Any, Any] | None] = contextvars.ContextVar("done", default=None)


def both(base: type[Executor[Any]]) -> type[Executor[Any]]:
    """As `compiled`, with graphql-core looking over its shoulder."""
    planned, plain = compiled(base), ordered(base)

    class Both(planned):  # type: ignore[misc, valid-type]
        def execute_operation(self, serially: bool | None = None) -> Any:
            _remember_roots(self.schema)
            result = super().execute_operation(serially)
            comparable = asyncio.iscoroutine(result) and not _changes_several(self)
            return _compared(self, planned, plain, result) if comparable else result

    return Both


def _changes_several(executor: Executor[Any]) -> bool:
    """What the first of several changes gave cannot be completed again once the last of them is done."""
    operation = executor.operation
    return operation.operation is OperationType.MUTATION and len(operation.selection_set.selections) > 1


async def _compared(executor: Any, planned: Any, plain: Any, planning: Any) -> ExecutionResult:
    done: dict[Any, Any] = {}
    _done.set(done)
    result: ExecutionResult = await planning
    context = contextvars.copy_context()
    context.run(meter.set, None)
    await asyncio.create_task(_look(executor, planned, plain, result), context=context)
    return result


async def _look(executor: Any, planned: Any, plain: Any, first: ExecutionResult) -> None:
    """They differ where graphql-core says something else each time, and the plan before and behind it the same."""
    seen, settled = told(first), True
    for _ in range(_TRIES):
        before, theirs = seen, told(await _once_more(plain, executor))
        seen = told(await _once_more(planned, executor))
        if theirs in (before, seen):
            agreed.append(executor.operation.operation.value)
            return
        settled = settled and before == seen
    if settled:
        differences.append(f"{executor.operation.loc.source.body}\n{seen!r}\n{theirs!r}")


async def _once_more(kind: Any, executor: Any) -> ExecutionResult:
    again = kind.__new__(kind)
    again.__dict__.update(executor.__dict__)
    again.collected_errors, again._relevant_sub_fields = Errors(), {}
    result = kind.execute_operation(again)
    answer: ExecutionResult = await result if is_awaitable(result) else result
    return answer


def told(result: ExecutionResult) -> tuple[bytes, list[Any]]:
    """The bytes of the data, and all that becomes of the errors further on."""
    return orjson.dumps(result.data), [_error(error) for error in result.errors or ()]


def _error(error: GraphQLError) -> tuple[Any, ...]:
    return error.formatted, type(error.original_error), str(error.original_error)


def _remember_roots(schema: GraphQLSchema) -> None:
    for root in (schema.query_type, schema.mutation_type):
        for field in root.fields.values() if root else ():
            if not hasattr(field.resolve, "remembers"):
                field.resolve = _remembering(field.resolve)


def _remembering(resolve: Any) -> Callable[..., Any]:
    async def remembered(source: Any, info: Any, **arguments: Any) -> Any:
        done, key = _done.get(), tuple(info.path.as_list())
        if done is None:
            return await _settled(resolve(source, info, **arguments))
        if key not in done:
            try:
                done[key] = await _settled(resolve(source, info, **arguments))
            except Exception as error:
                done[key] = error
        if isinstance(done[key], Exception):
            raise done[key]
        return done[key]

    remembered.remembers = True  # type: ignore[attr-defined]
    return remembered


async def _settled(value: Any) -> Any:
    return await value if is_awaitable(value) else value
