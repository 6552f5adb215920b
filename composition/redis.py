"""What processes share through Redis, where settings name one."""

from collections.abc import Awaitable, Callable

from domain.allowance import Counters
from domain.freshness import Freshness
from domain.persisted import PersistedQueries
from integrations.redis import Redis
from integrations.shared import SharedCounters, SharedQueries, SharedWriters


def redis(
    url: str, counters: Counters, queries: PersistedQueries, caught_up: Callable[[], Awaitable[None]]
) -> tuple[Redis, Counters, PersistedQueries, Freshness]:
    """The client, used while its `running` is entered; `counters` and `queries` are this process's own."""
    client = Redis(url)
    return client, SharedCounters(client, counters), SharedQueries(client, queries), SharedWriters(client, caught_up)
