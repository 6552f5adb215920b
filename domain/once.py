"""Work that is done once for all who wait for it at the same time."""

import asyncio
from collections.abc import Coroutine
from contextvars import Context
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Once(Generic[T]):
    """Begins when it is made, and goes on whoever stops waiting."""

    __slots__ = ("_task", "_waiting")

    def __init__(self, work: Coroutine[Any, Any, T]) -> None:
        self._waiting: list[asyncio.Future[None]] = []
        # In a context of nobody's: what holds for the first, such as who they are, does not for the others.
        self._task = asyncio.create_task(work, context=Context())
        self._task.add_done_callback(self._wake_all)

    async def result(self) -> T:
        """Raises what the work raises."""
        if not self._task.done():
            # A task that is awaited is cancelled together with whoever awaits it; this one is many people's.
            waiter = asyncio.get_running_loop().create_future()
            self._waiting.append(waiter)
            await waiter
        return self._task.result()

    def _wake_all(self, task: "asyncio.Task[T]") -> None:
        if not task.cancelled():
            task.exception()  # which nobody may be waiting for any more
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)
        self._waiting.clear()
