"""What surrounds every GraphQL operation: its own loaders, its errors in our form, its line in the log."""

import dataclasses
import time
import uuid
from collections.abc import Iterator
from typing import Any

import structlog
from strawberry.extensions import SchemaExtension

from domain.metering import Meter, meter
from web.errors import presented

_log = structlog.get_logger("operation")


class SurroundOperation(SchemaExtension):
    """Over a WebSocket the context lives as long as the socket, so here each operation receives a copy of its own."""

    def on_operation(self) -> Iterator[None]:
        current = meter.get()
        if current is not None:
            try:
                yield
            finally:
                current.operation = _name(self.execution_context)
            return
        context = dataclasses.replace(self.execution_context.context, request_id=uuid.uuid4().hex)
        self.execution_context.context = context
        own = Meter(context.request_id, user_id=context.viewer.user.id if context.viewer else None)
        meter.set(own)
        started = time.perf_counter()
        try:
            yield
        finally:
            _log.info(
                "socket_operation",
                request_id=own.request_id,
                operation=_name(self.execution_context),
                duration_ms=round((time.perf_counter() - started) * 1000, 1),
                statements=own.statements,
                user_id=own.user_id,
                codes=own.codes,
            )

    def on_stream_result(self, result: Any) -> Iterator[None]:
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
