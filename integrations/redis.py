"""Redis, through which the processes of one house share what they may also lose."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeAlias, TypeVar

import redis.asyncio
import structlog
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.commands.core import AsyncScript as Script
from redis.exceptions import RedisError

from domain.errors import Unavailable

T = TypeVar("T")
Client: TypeAlias = redis.asyncio.Redis
_log = structlog.get_logger("redis")
_PATIENCE_SECONDS = 0.24
_MOST_SECONDS = 1.0
_SECOND_LOOK_SECONDS = 0.01
_LOOK_AGAIN_SECONDS = 1.0
# Each answers thousands a second; more would only have to be opened when many come at once.
_MOST_CONNECTIONS = 8


class Lost(Exception):
    """Redis is down, slow, or refuses; whoever asked does without."""


class Redis:
    """Redis at `url`. Once it is lost nobody waits for it until a look has found it back. `running` must be entered."""

    def __init__(self, url: str) -> None:
        self._is_lost, self._looking = False, asyncio.Event()
        self.connected_at = self.heard_at = time.monotonic()
        pool = redis.asyncio.BlockingConnectionPool.from_url(
            url,
            max_connections=_MOST_CONNECTIONS,
            timeout=None,
            retry=Retry(NoBackoff(), 0),
            redis_connect_func=self._on_connect,
            decode_responses=True,
        )
        self._client = Client(connection_pool=pool)

    async def ask(self, question: Callable[[Client], Awaitable[T]]) -> T:
        """What it answers. Raises Lost where it has been silent for a quarter of a second."""
        if self._is_lost:
            raise Lost
        try:
            return await self._within_patience(question)
        except (RedisError, OSError, TimeoutError) as error:
            self._lose(error)
            raise Lost from error

    def script(self, text: str) -> Script:
        """A script in Lua, which Redis is sent once and then runs by its hash. Await it within `ask`."""
        return self._client.register_script(text)

    async def check(self) -> None:
        """Raises Unavailable where it is lost."""
        try:
            await self.ask(_write)
        except Lost:
            raise Unavailable("Redis cannot be reached just now.") from None

    def was_there_for(self, seconds: float) -> bool:
        """Whether all that time what it was told is what it knows: one that had to be connected to anew may have been
        started anew, and have forgotten.
        """
        return not self._is_lost and time.monotonic() - self.connected_at >= seconds

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        with suppress(Lost):
            await self.ask(_write)  # so that no request has to find out
        looking = asyncio.create_task(self._look_for_it())
        try:
            yield
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
            await self._client.aclose()

    async def _within_patience(self, question: Callable[[Client], Awaitable[T]]) -> T:
        asked = asyncio.ensure_future(question(self._client))
        patience = _Patience(asked, self)
        try:
            answer = await asked
        except asyncio.CancelledError:
            asker = asyncio.current_task()
            if not patience.is_over or (asker and asker.cancelling()):
                raise
            raise TimeoutError("no answer in time") from None
        finally:
            patience.ends.cancel()
        self.heard_at = time.monotonic()
        return answer

    def _lose(self, error: Exception) -> None:
        if not self._is_lost:
            self._is_lost = True
            self._looking.set()
            _log.warning("redis_lost", reason=f"{type(error).__name__}: {error}"[:200])

    async def _look_for_it(self) -> None:
        """Until cancelled: sleeps while all is well."""
        while True:
            await self._looking.wait()
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
            with suppress(RedisError, OSError, TimeoutError):
                # What is left of connections may lead nowhere.
                await self._client.connection_pool.disconnect(inuse_connections=False)
                await self._within_patience(_write)
                self._is_lost = False
                self._looking.clear()
                _log.warning("redis_back")

    async def _on_connect(self, connection: Any) -> None:
        await connection.on_connect()
        self.connected_at = self.heard_at = time.monotonic()


class _Patience:
    """Cancels a task when Redis has been silent for too long, towards everybody: who only stands in a queue waits a
    little longer. At the second look, for a process that was busy itself finds the answer in its own hands by then.
    """

    def __init__(self, task: asyncio.Future[Any], redis: Redis) -> None:
        self._task, self._redis, self.is_over = task, redis, False
        self._loop, self._began = asyncio.get_running_loop(), time.monotonic()
        self.ends = self._loop.call_later(_PATIENCE_SECONDS, self._look)

    def _look(self) -> None:
        left = self._left()
        self.ends = self._loop.call_later(left or _SECOND_LOOK_SECONDS, self._look if left else self._look_again)

    def _look_again(self) -> None:
        if self._left():
            self._look()
        else:
            self.is_over = True
            self._task.cancel()

    def _left(self) -> float:
        """Seconds until there is reason to give up."""
        ends = max(self._began, self._redis.heard_at) + _PATIENCE_SECONDS
        return max(0.0, min(ends, self._began + _MOST_SECONDS) - time.monotonic())


async def _write(client: Client) -> None:
    """What one that is full, or a replica, refuses."""
    await client.set("marquee:there", 1, ex=60)
