"""Small schemas, asked both ways: by a plan, and by graphql-core."""

from typing import Any

import orjson
from graphql import ExecutionResult, GraphQLSchema, parse, validate
from graphql.execution.executor import Executor
from graphql.pyutils import is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from execution.executors import _executed, compiled, ordered

PLAIN = ordered(StrawberryGraphQLCoreExecutionContext)
PLANNED = compiled(StrawberryGraphQLCoreExecutionContext)


async def ask(
    schema: GraphQLSchema, text: str, root: Any = None, *, context: Any = None, planned: bool = True, **variables: Any
) -> tuple[Any, list[str]]:
    """The data, and each error as "path: message", which are the same both ways. `root` and `context`
    may be functions that make one for each way. `planned`: whether there is a plan for it.
    """
    document = parse(text)
    assert not validate(schema, document)
    told = []
    for kind in (PLANNED, PLAIN):
        given = root() if callable(root) else root
        executor: Any = kind.build(schema, document, given, context() if callable(context) else context, variables)
        result = await answered(executor, planned=planned and kind is PLANNED)
        errors = [error.formatted for error in result.errors or ()]
        told.append((orjson.dumps(result.data), errors, [type(error.original_error) for error in result.errors or ()]))
    assert told[0] == told[1]
    return result.data, [f"{_path(error)}: {error['message']}" for error in errors]


async def answered(executor: Executor[Any], *, planned: bool) -> ExecutionResult:
    executing: Any = executor.execute_operation()
    assert (getattr(executing, "__name__", None) == _executed.__name__) == planned
    return await executing if is_awaitable(executing) else executing  # type: ignore[no-any-return]


def _path(error: Any) -> str:
    return ".".join(map(str, error.get("path", ())))
