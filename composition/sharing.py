"""What several processes share, if settings name a Redis: rate limits, persisted queries, who has just written."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

from composition.including import included
from domain.allowance import Allowance, Counters, Limited, Limits, Unlimited
from domain.freshness import AlwaysFresh, Freshness
from domain.persisted import PersistedQueries
from integrations.persisted_queries import MemoryQueries
from integrations.rate_limits import MemoryCounters
from settings import Settings

_IN_PRODUCTION = {Limited.ADDRESS: 60_000, Limited.PERSON: 30_000, Limited.SIGN_IN: 60}
_DEAR = {Limited.GENERATED_IMAGES: 10, Limited.DEVICE_REGISTRATIONS: 30}


class Sharing:
    """`caught_up` returns when a replica of the database has all that was written."""

    def __init__(self, settings: Settings, caught_up: Callable[[], Awaitable[None]]) -> None:
        counters: Counters = MemoryCounters()
        self.persisted: PersistedQueries = MemoryQueries()
        self.freshness: Freshness = AlwaysFresh()
        self._redis: Any = None
        if settings.redis_url:
            parts = included("redis").redis(settings.redis_url, counters, self.persisted, caught_up)
            self._redis, counters, self.persisted, self.freshness = parts
        most = limits_of(settings)
        self.allowance: Allowance = Limits(counters, most) if most else Unlimited()

    @property
    def parts(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """What /ready names."""
        return {"redis": self._redis.check} if self._redis else {}

    def running(self) -> AbstractAsyncContextManager[None]:
        return self._redis.running() if self._redis else nullcontext()


def limits_of(settings: Settings) -> Mapping[Limited, int]:
    """How much a minute has. What is dear is limited where people are."""
    most = {
        Limited.ADDRESS: settings.rate_limit_per_address,
        Limited.PERSON: settings.rate_limit_per_person,
        Limited.SIGN_IN: settings.sign_in_rate_per_address,
    }
    unset = {} if settings.development else _IN_PRODUCTION
    found = {**unset, **{what: number for what, number in most.items() if number is not None}}
    return {**found, **_DEAR} if Limited.PERSON in found else found
