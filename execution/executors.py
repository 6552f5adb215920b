"""How operations are executed: as Strawberry does, and further on by plans."""

from collections.abc import Awaitable
from typing import Any, TypeVar

from graphql import ExecutionResult, GraphQLError, OperationType
from graphql.execution.executor import Executor
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from execution.compiling import compile_operation
from execution.errors import Errors, in_order
from execution.plans import Plans
from execution.selections import Selection

E = TypeVar("E", bound=type[Executor[Any]])


class Forgetting(StrawberryGraphQLCoreExecutionContext):
    """graphql-core 3.3 remembers what it was asked for below each object, by the object's place in memory, and hands
    that memory on from event to event: three kilobytes for each, for as long as somebody listens.
    """

    def build_per_event_executor(self, payload: Any) -> Any:
        executor = super().build_per_event_executor(payload)
        executor._relevant_sub_fields = {}
        return executor


def compiled(base: E) -> E:
    """A class of executors, with plans of its own. `base` executes what has none."""
    plans = Plans(compile_operation)

    class CompiledExecutor(ordered(base)):  # type: ignore[misc]
        def execute_operation(self, serially: bool | None = None) -> Any:
            plan = None if self.abort_signal else plans.of(self)
            if plan is None:
                return super().execute_operation(serially)
            if serially is None:
                serially = self.operation.operation is OperationType.MUTATION
            return _executed(self, plan, serially)

    return CompiledExecutor  # type: ignore[return-value]


def ordered(base: E) -> E:
    """A class of executors whose errors come in the order of the answer, one for each null: which of them happened
    first is nobody's business, and differs from time to time.
    """

    class OrderedExecutor(base):  # type: ignore[misc, valid-type]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.collected_errors = Errors()

        def build_per_event_executor(self, payload: Any) -> Any:
            executor = super().build_per_event_executor(payload)
            executor.collected_errors = Errors()
            return executor

        def build_response(self, data: dict[str, Any] | None) -> Any:
            if self.collected_errors.errors:
                self.collected_errors.errors[:] = in_order(self.collected_errors.nulls, data)
            return super().build_response(data)

    return OrderedExecutor  # type: ignore[return-value]


async def _executed(executor: Any, plan: Selection, serially: bool) -> ExecutionResult:
    rows: Awaitable[list[Any]] = plan.rows(executor, [executor.root_value], _root, serially=serially)
    (data,) = await rows
    if isinstance(data, GraphQLError):
        executor.collected_errors.add(data, None)
        data = None
    result: ExecutionResult = executor.build_response(data)
    return result


def _root(_: int) -> None:
    """The path of the root is none."""
