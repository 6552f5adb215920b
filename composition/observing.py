"""Who is told how things go: numbers for Prometheus, traces for OpenTelemetry, each where settings want it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from composition.including import included
from domain.metering import Observer, Observers
from jobs.background import background
from jobs.lag import feel
from persistence.database import Database
from settings import Settings


class Observing:
    """In production numbers are for those who know METRICS_TOKEN; without one there are none."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings, self._database = settings, database
        self.metrics = included("prometheus").prometheus() if settings.shows_metrics else None
        self._tracing = _tracing(settings) if settings.otel_exporter_otlp_endpoint else None

    @property
    def observers(self) -> Observers:
        both: list[Observer | None] = [self.metrics, self._tracing]
        return tuple(observer for observer in both if observer is not None)

    def door(
        self, parts: Callable[[], Awaitable[Mapping[str, str]]]
    ) -> Callable[[Request], Awaitable[Response]] | None:
        """`parts` says of each whether it is "up" or "down"."""
        if self.metrics is None:
            return None
        made = included("prometheus").door(self.metrics, self._database, parts, self._settings.metrics_token)
        answer: Callable[[Request], Awaitable[Response]] = made.__call__
        return answer

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """What is still to be told when the block ends is told, if somebody takes it at once."""
        try:
            async with background(*([feel(self.metrics.lag.observe)] if self.metrics else [])):
                yield
        finally:
            if self._tracing:
                await self._tracing.close()


def _tracing(settings: Settings) -> Any:
    """Raises SystemExit where the libraries for it are missing."""
    try:
        module = included("opentelemetry")
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith(("opentelemetry", "google")):
            raise
        raise SystemExit(
            "The settings cannot be used:\n  OTEL_EXPORTER_OTLP_ENDPOINT needs the extra `opentelemetry`:"
            " .venv/bin/python -m pip install --require-hashes --no-deps -r requirements-opentelemetry.lock"
        ) from None
    return module.tracing(settings)
