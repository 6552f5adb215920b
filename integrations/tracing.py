"""Traces by OpenTelemetry: a span for each request, operation and statement, and for what strangers were asked. None of
fields: they would cost ten times what they tell. None of jobs: most run every second and find nothing to do.
"""

import asyncio
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, StatusCode, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from domain.metering import Meter

# What waits to be sent while nobody takes it is bounded, and what comes on top is dropped.
_MOST_WAITING = 2048
_EVERY_MILLISECONDS = 2000
_TRY_SECONDS = 3.0
_LAST_SECONDS = 2.0
_CALLER = TraceContextTextMapPropagator()


@dataclass(frozen=True, slots=True)
class _Open:
    """A span that has not ended, what is begun within it, and the one around it."""

    span: Span
    inside: Context
    around: "_Open | None"


class Tracing:
    """An Observer. `url` is where a collector takes OTLP over HTTP, without /v1/traces; nobody waits for it."""

    def __init__(self, url: str, name: str, version: str, environment: str) -> None:
        told = {"service.name": name, "service.version": version, "deployment.environment.name": environment}
        # OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES of the environment say it better, where they are set.
        resource = Resource.create(told).merge(OTELResourceDetector().detect())
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        exporter = OTLPSpanExporter(url.rstrip("/") + "/v1/traces", timeout=_TRY_SECONDS)
        self._provider.add_span_processor(BatchSpanProcessor(exporter, _MOST_WAITING, _EVERY_MILLISECONDS))
        self._tracer = self._provider.get_tracer("marquee", version)

    async def close(self) -> None:
        """Sends what waits, if that is done within two seconds."""
        loop, sent = asyncio.get_running_loop(), asyncio.Event()

        def send() -> None:
            self._provider.shutdown()
            with suppress(RuntimeError):  # the loop is gone already
                loop.call_soon_threadsafe(sent.set)

        # Not a thread of the loop's own, which the process would wait for.
        threading.Thread(target=send, daemon=True).start()
        with suppress(TimeoutError):
            await asyncio.wait_for(sent.wait(), _LAST_SECONDS)

    def request_began(self, meter: Meter, traceparent: str | None) -> None:
        caller = _CALLER.extract({"traceparent": traceparent}) if traceparent else Context()
        self._open(meter, f"{meter.method} {meter.door}", SpanKind.SERVER, caller)

    def request_ended(self, meter: Meter, seconds: float) -> None:
        while meter.span and meter.span.around:  # an operation that was cut off
            self._close(meter)
        self._close(
            meter,
            failed=meter.status >= 500,
            **{
                "http.request.method": meter.method,
                "http.response.status_code": meter.status,
                "marquee.request_id": meter.request_id,
                "marquee.codes": list(meter.codes),
            },
        )

    def operation_began(self, meter: Meter) -> None:
        self._open(meter, "operation", SpanKind.INTERNAL if meter.span else SpanKind.SERVER, None)

    def operation_ended(self, meter: Meter) -> None:
        if meter.span is None:  # the request that it belonged to was cut off
            return
        kind, name = meter.kind or "none", meter.operation or "anonymous"
        meter.span.span.update_name(f"{kind} {name}")
        self._close(
            meter,
            failed="INTERNAL" in meter.codes,
            **{
                "graphql.operation.type": kind,
                "graphql.operation.name": name,
                "marquee.request_id": meter.request_id,
                "marquee.cost": meter.cost,
                "marquee.statements": meter.statements,
                "marquee.gathered": meter.gathered,
            },
        )

    def job_began(self, meter: Meter) -> None: ...

    def job_ended(self, meter: Meter, seconds: float, *, failed: bool) -> None: ...

    def statement_ended(self, meter: Meter, sql: str, seconds: float, error: BaseException | None) -> None:
        """The text of the statement, never its values."""
        name = sql.lstrip().partition(" ")[0].partition("\n")[0].upper()
        told = {"db.system.name": "postgresql", "db.query.text": sql}
        self._past(meter, name, SpanKind.CLIENT, seconds, failed=error is not None, **told)

    def gathered(self, meter: Meter, seconds: float) -> None:
        self._past(meter, "wait for a shared statement", SpanKind.INTERNAL, seconds, failed=False)

    def stranger_asked(self, meter: Meter, name: str, seconds: float, outcome: str) -> None:
        told = {"marquee.outcome": outcome}
        self._past(meter, f"ask {name}", SpanKind.CLIENT, seconds, failed=outcome != "answered", **told)

    def event_sent(self) -> None: ...

    def opened(self, what: str) -> None: ...

    def closed(self, what: str) -> None: ...

    def _open(self, meter: Meter, name: str, kind: SpanKind, caller: Context | None) -> None:
        around: _Open | None = meter.span
        span = self._tracer.start_span(name, around.inside if around else caller or Context(), kind)
        meter.span = _Open(span, set_span_in_context(span, Context()), around)
        meter.trace_id = f"{span.get_span_context().trace_id:032x}"

    def _close(self, meter: Meter, *, failed: bool = False, **attributes: Any) -> None:
        ended: _Open = meter.span
        meter.span = ended.around
        ended.span.set_attributes(attributes)
        if failed:
            ended.span.set_status(StatusCode.ERROR)
        ended.span.end()

    def _past(
        self, meter: Meter, name: str, kind: SpanKind, seconds: float, *, failed: bool, **attributes: Any
    ) -> None:
        """What has ended already, within whatever is open."""
        if meter.span is None or not meter.span.span.is_recording():
            return
        end = time.time_ns()
        start = end - int(seconds * 1e9)
        span = self._tracer.start_span(name, meter.span.inside, kind, attributes=attributes, start_time=start)
        if failed:
            span.set_status(StatusCode.ERROR)
        span.end(end)
