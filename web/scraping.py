"""The door of Prometheus: GET /metrics."""

import asyncio
import hmac
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry
from starlette.requests import Request
from starlette.responses import Response

from domain.errors import CodedError, Unauthenticated
from domain.outbox import Backlog
from domain.ports import PoolState

# What is counted in the database is asked for again after so many seconds, however often somebody scrapes.
_FRESH_SECONDS = 5.0
_PATIENCE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Held:
    """What only the database knows: what waits in each topic of the outbox, and how many leases are held."""

    backlogs: Sequence[Backlog]
    leases: int


class Standing(Collector):
    """How things stand now, where nothing is counted on the way. What cannot be known is left out."""

    def __init__(
        self,
        pool: Callable[[], PoolState],
        held: Callable[[], Awaitable[Held]],
        parts: Callable[[], Awaitable[Mapping[str, str]]],
    ) -> None:
        self._pool, self._ask_held, self._ask_parts = pool, held, parts
        self._held: Held | None = None
        self._parts: Mapping[str, str] = {}
        self._until = 0.0
        self._refreshing = asyncio.Lock()

    async def refresh(self) -> None:
        """Never raises: that a part is down is told as a number."""
        async with self._refreshing:
            if time.monotonic() < self._until:
                return
            self._held, self._parts = await asyncio.gather(self._asked(), self._ask_parts())
            self._until = time.monotonic() + _FRESH_SECONDS

    async def _asked(self) -> Held | None:
        try:
            return await asyncio.wait_for(self._ask_held(), _PATIENCE_SECONDS)
        except (CodedError, OSError, TimeoutError):
            return None

    def collect(self) -> Iterator[Metric]:
        pool, held = self._pool(), self._held
        of_pool = {"used": pool.size - pool.idle, "idle": pool.idle}
        yield _gauge("pool_connections", "Connections to the database", "state", of_pool)
        yield _gauge("pool_waiting", "Who waits for a connection", None, {"": pool.waiting})
        up = {name: float(state == "up") for name, state in self._parts.items()}
        yield _gauge("part_up", "Whether a part answers", "part", up)
        if held is None:
            return
        topics = {one.topic: one for one in held.backlogs}
        waiting = {topic: one.waiting for topic, one in topics.items()}
        refused = {topic: one.refused for topic, one in topics.items()}
        oldest = {topic: one.oldest_seconds for topic, one in topics.items()}
        yield _gauge("outbox_waiting", "What waits to be told", "topic", waiting)
        yield _gauge("outbox_refused", "What was set aside", "topic", refused)
        yield _gauge("outbox_oldest_seconds", "How long the oldest has waited", "topic", oldest)
        yield _gauge("leases_held", "Leases that somebody holds", None, {"": held.leases})


class MetricsDoor:
    """GET and HEAD /metrics; `token` is what must be said, if anything."""

    def __init__(self, registry: CollectorRegistry, standing: Standing, token: str | None) -> None:
        registry.register(standing)
        self._registry, self._standing, self._token = registry, standing, token

    async def __call__(self, request: Request) -> Response:
        said = request.headers.get("authorization", "")
        if self._token and not hmac.compare_digest(said.encode(), f"Bearer {self._token}".encode()):
            raise Unauthenticated("The Authorization header must be: Bearer, a space, and METRICS_TOKEN.")
        await self._standing.refresh()
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(self._registry), headers={"Content-Type": content_type, "Cache-Control": "no-store"})


def _gauge(name: str, help: str, label: str | None, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"marquee_{name}", help, labels=[label] if label else [])
    for labelled, value in values.items():
        family.add_metric([labelled] if label else [], value)
    return family
