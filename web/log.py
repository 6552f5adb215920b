"""The log: one line of JSON for each thing, or for people at a terminal one line of text. Libraries write
in the same form, and every line that a request, a socket or a job causes says which.
"""

import logging
import sys

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, Processor, WrappedLogger

from domain.metering import meter, socket
from web.log_line import escaped, line

# Local variables hold passwords and tokens, so a traceback goes without them.
_TRACEBACKS = structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False))


def configure_log(*, debug: bool, for_people: bool) -> None:
    beginning: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        joined,
    ]
    to_people = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    ending: list[Processor] = [escaped, to_people] if for_people else [_TRACEBACKS, line]
    structlog.configure(
        processors=[*beginning, *ending],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG if debug else logging.INFO),
        # A line is one write: two that come at once do not run into each other, and the system is called once.
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=[*beginning, structlog.stdlib.add_logger_name],
            processors=[ProcessorFormatter.remove_processors_meta, *ending],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.captureWarnings(True)


def joined(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Says what the line belongs to."""
    current, here = meter.get(), socket.get()
    if current and current.job:
        event.setdefault("job", current.job)
        event["run_id"] = current.request_id
    elif current:
        event.setdefault("request_id", current.request_id)
    if current and current.trace_id:
        event["trace_id"] = current.trace_id
    if here:
        event["socket_id"] = here.id
    return event
