"""Numbers for Prometheus, where somebody may ask for them."""

from collections.abc import Awaitable, Callable, Mapping

from prometheus_client import disable_created_metrics

from persistence.database import Database
from persistence.leases import Leases
from persistence.outbox import Outbox
from web.metrics import Metrics
from web.scraping import Held, MetricsDoor, Standing


def prometheus() -> Metrics:
    # When each series began: a third of all there would be to read.
    disable_created_metrics()  # type: ignore[no-untyped-call]
    return Metrics()


def door(
    metrics: Metrics, database: Database, parts: Callable[[], Awaitable[Mapping[str, str]]], token: str | None
) -> MetricsDoor:
    async def held() -> Held:
        return Held(await Outbox(database).backlogs(), await Leases(database).count())

    return MetricsDoor(metrics.registry, Standing(database.pool_state, held, parts), token)
