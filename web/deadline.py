"""How long an operation may take, and how old what it reads may be."""

import asyncio
import time
from collections.abc import AsyncIterator

from strawberry.extensions import SchemaExtension
from strawberry.types.graphql import OperationType

from domain.errors import UpstreamSilent
from domain.freshness import may_lag
from domain.metering import meter
from resolvers.context import Context
from web.judging.known import Known

_TOO_SLOW = "This took too long and was given up. A change may have been made all the same: look before you repeat it."


class Deadline(SchemaExtension):
    """One around a whole query or mutation, counted from when all of its request was there; events have none."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    async def on_execute(self) -> AsyncIterator[None]:
        kind = self.execution_context.operation_type
        if kind is OperationType.SUBSCRIPTION:
            yield
            return
        may_lag.set(kind is OperationType.QUERY and await _is_content_with_less(self.execution_context.context))
        try:
            async with asyncio.timeout(self._left()):
                yield
        except TimeoutError as error:
            raise UpstreamSilent(_TOO_SLOW) from error

    def _left(self) -> float:
        """By HTTP, the context begins when the request was read; over a socket, the meter with the operation."""
        context: Context = self.execution_context.context
        current = meter.get()
        spent = time.monotonic() - max(context.began, current.started if current else 0)
        known: Known = self.execution_context.known  # type: ignore[attr-defined]
        return max(self._seconds, known.patience(self.execution_context.schema._schema)) - spent


async def _is_content_with_less(context: Context) -> bool:
    """Whether it may be shown what was true a few seconds ago."""
    return context.viewer is None or not await context.house.freshness.has_written(context.viewer.user.id)
