"""What processes share through Redis, and each keeps for itself while that is lost."""

import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from domain.allowance import Counters, Taken, Taking
from domain.freshness import REMEMBERED_SECONDS
from domain.persisted import PersistedQueries, sha256
from domain.windows import SECONDS, Window
from integrations.redis import Lost, Redis

_TAKE = Path(__file__).with_name("rate_limits.lua").read_text()
_WEEK_SECONDS = 7 * 24 * 3600


class SharedCounters:
    """One question to Redis for all that is taken together; `own` counts while it is lost."""

    def __init__(self, redis: Redis, own: Counters) -> None:
        self._redis, self._own, self._take = redis, own, redis.script(_TAKE)

    async def take(self, takings: Sequence[Taking]) -> Taken:
        keys = [f"marquee:rate:{taking.key}" for taking in takings]
        wanted = [number for taking in takings for number in (taking.most, taking.cost)]
        try:
            answer = await self._redis.ask(lambda _: self._take(keys, [int(SECONDS * 1000), *wanted]))
        except Lost:
            return await self._own.take(takings)
        fits, *numbers = map(int, answer.split())
        triples = zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True)
        return Taken(bool(fits), [Window(elapsed / 1000, before, now) for elapsed, before, now in triples])


class SharedQueries:
    """Documents that any process was sent, for a week; `own` are at hand."""

    def __init__(self, redis: Redis, own: PersistedQueries) -> None:
        self._redis, self._own = redis, own

    async def get(self, sha256_hex: str) -> str | None:
        if (at_hand := await self._own.get(sha256_hex)) is not None:
            return at_hand
        try:
            found = await self._redis.ask(lambda client: client.get(_query(sha256_hex)))
        except Lost:
            return None
        # Whoever reaches Redis does not choose what we run.
        if not isinstance(found, str) or sha256(found) != sha256_hex:
            return None
        await self._own.keep(sha256_hex, found)
        return found

    async def keep(self, sha256_hex: str, text: str) -> None:
        if await self._own.get(sha256_hex) is not None:
            return
        await self._own.keep(sha256_hex, text)
        try:
            await self._redis.ask(lambda client: client.set(_query(sha256_hex), text, ex=_WEEK_SECONDS))
        except Lost:
            return  # it is sent again, sooner or later


class SharedWriters:
    """Who has just written. Where Redis was lost or connected to anew, it may not have heard of a writer, or may have
    forgotten one: then everybody may be one, for as long as one is remembered. `caught_up` returns when a replica has
    all that was written.
    """

    def __init__(self, redis: Redis, caught_up: Callable[[], Awaitable[None]]) -> None:
        self._redis, self._caught_up = redis, caught_up
        # Whom Redis could not be told of, and until when that matters.
        self._untold_until: float = float("-inf")

    async def wrote(self, user_id: int) -> None:
        key = f"marquee:wrote:{user_id}"
        try:
            await self._redis.ask(lambda client: client.set(key, 1, px=int(REMEMBERED_SECONDS * 1000)))
        except Lost:
            self._untold_until = time.monotonic() + REMEMBERED_SECONDS
            # Other servers may reach Redis still, and cannot know: so there is nothing that they could miss.
            await self._caught_up()

    async def has_written(self, user_id: int) -> bool:
        if time.monotonic() < self._untold_until or not self._redis.was_there_for(REMEMBERED_SECONDS):
            return True
        try:
            return bool(await self._redis.ask(lambda client: client.exists(f"marquee:wrote:{user_id}")))
        except Lost:
            return True


def _query(sha256_hex: str) -> str:
    return f"marquee:query:{sha256_hex}"
