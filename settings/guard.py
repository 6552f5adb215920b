"""The settings of what stands in the open: limits, several processes, and what is told of how it goes."""

from pathlib import Path

from pydantic import Field, IPvAnyNetwork
from pydantic_settings import BaseSettings

from settings.kinds import Address, RedisUrl, Word


class Guard(BaseSettings):
    trusted_proxies: list[IPvAnyNetwork] = Field(
        [], description='JSON list of networks, as ["10.0.0.0/8"], believed in X-Forwarded-For, -Proto and traceparent'
    )
    introspection: bool | None = Field(None, description="the schema can be asked for; by default not in production")
    operation_cost_limit: int = Field(10_000, ge=1, description="what one operation may cost; see extensions.cost")
    operation_seconds: float = Field(4.5, gt=0, description="how long one operation may take; what is slow has longer")
    operations_file: Path | None = Field(
        None, description="a manifest of persisted operations; where set, no other operation runs"
    )
    public_cache_seconds: int = Field(
        30, ge=0, description="how long caches may keep what nobody in particular asked by GET; 0 forbids it"
    )
    rate_limit_per_address: int | None = Field(
        None, ge=1, description="cost one network address may cause a minute; by default 60000 in production"
    )
    rate_limit_per_person: int | None = Field(
        None, ge=1, description="cost one person may cause a minute; by default 30000 in production"
    )
    sign_in_rate_per_address: int | None = Field(
        None, ge=1, description="signings-in and registrations from one address a minute; by default 60 in production"
    )
    streams_at_once: int | None = Field(
        None, ge=1, description="how many contents one person may watch at the same time; unset, any number"
    )

    redis_url: RedisUrl | None = Field(
        None, description="Redis, through which several processes share rate limits and persisted queries"
    )
    database_replica_url: str | None = Field(
        None, description="a read replica, for queries of people who have not just written"
    )

    metrics_token: Word | None = Field(
        None, description="what must be said to read /metrics, as a bearer token; in production there are none without"
    )
    worker_metrics_port: int | None = Field(
        None, ge=1, le=65535, description="where a worker answers /metrics, at HOST; unset, it answers nowhere"
    )
    otel_exporter_otlp_endpoint: Address | None = Field(
        None, description="where traces are sent, by OTLP over HTTP; needs the extra `opentelemetry`"
    )
