"""Traces, where settings say who takes them."""

from integrations.tracing import Tracing
from settings import Settings


def tracing(settings: Settings) -> Tracing:
    assert settings.otel_exporter_otlp_endpoint
    return Tracing(settings.otel_exporter_otlp_endpoint, settings.app_name, settings.app_version, settings.environment)
