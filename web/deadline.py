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
from web.judging.documents import operation_named, roots
from web.judging.sizes import declared_of

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
        return max(self._seconds, self._patience()) - spent

    def _patience(self) -> float:
        """The longest that the schema declares of a field at the root: several have no longer than one."""
        context = self.execution_context
        document, schema = context.graphql_document, context.schema._schema
        assert document, "nothing runs that was not judged"
        operation = operation_named(document, context.operation_name)
        assert operation, "nothing runs that was not judged"
        fields = getattr(schema.get_root_type(operation.operation), "fields", {})
        found = (fields[name] for name in roots(document, operation) if name in fields)
        return max((declared_of(field).get("patience", 0) for field in found), default=0)


async def _is_content_with_less(context: Context) -> bool:
    """Whether it may be shown what was true a few seconds ago."""
    return context.viewer is None or not await context.house.freshness.has_written(context.viewer.user.id)
