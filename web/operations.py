"""What surrounds every GraphQL operation: its own loaders, its errors in our form, its line in the log."""

import dataclasses
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from strawberry.extensions import SchemaExtension

from domain.metering import Meter, meter, new_meter
from web.errors import presented

# What one document may have; its characters are bounded because it is kept for the next time it comes.
MOST_TOKENS = 1000
MOST_CHARACTERS = 50_000
_log = structlog.get_logger("operation")


class SurroundOperation(SchemaExtension):
    """Over a WebSocket the context lives as long as the socket, so here each operation receives a copy of its own."""

    async def on_operation(self) -> AsyncIterator[None]:
        if current := meter.get():
            with self._measured(current):
                yield
            return
        own = new_meter()
        meter.set(own)
        await self._begin(own)
        try:
            with self._measured(own):
                yield
        finally:
            _log.info(
                "socket_operation",
                request_id=own.request_id,
                operation=own.operation,
                duration_ms=round(own.operation_seconds * 1000, 1),
                statements=own.statements,
                gathered=own.gathered,
                user_id=own.user_id,
                codes=list(own.codes),
            )

    @contextmanager
    def _measured(self, own: Meter) -> Iterator[None]:
        for observer in own.observers:
            observer.operation_began(own)
        started = time.perf_counter()
        try:
            yield
        finally:
            own.operation, own.kind = _name(self.execution_context), _kind(self.execution_context)
            own.operation_seconds = time.perf_counter() - started
            for observer in own.observers:
                observer.operation_ended(own)

    async def _begin(self, own: Meter) -> None:
        """Over a socket: a context of its own, and the viewer as they are now."""
        context = dataclasses.replace(self.execution_context.context, request_id=own.request_id)
        self.execution_context.context = context
        if context.viewer:
            context.viewer = await context.services.authentication.renewed(context.viewer)
        own.user_id = context.viewer.user.id if context.viewer else None

    def on_stream_result(self, result: Any) -> Iterator[None]:
        current = meter.get()
        for observer in current.observers if current else ():
            observer.event_sent()
        if result.errors:
            result.errors = [presented(error) for error in result.errors]
        yield


def _name(execution_context: Any) -> str | None:
    """The operation's name, bounded: a client chose it."""
    try:
        name = execution_context.operation_name
    except (RuntimeError, AttributeError):  # not a document that has operations
        name = None
    return name[:100] if name else None


def _kind(execution_context: Any) -> str | None:
    """Query, mutation or subscription; None where it never became an operation."""
    try:
        return str(execution_context.operation_type.value)
    except (RuntimeError, AttributeError):
        return None
