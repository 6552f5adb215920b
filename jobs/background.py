"""Work that runs beside the requests."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import structlog


@asynccontextmanager
async def background(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Runs the work while the block runs, and ends it with the block. Work that ends by itself is a fault, and told."""
    tasks = [asyncio.create_task(one) for one in work]
    for task in tasks:
        task.add_done_callback(_tell_fault)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _tell_fault(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and (error := task.exception()):
        structlog.get_logger("background").error("fault", exc_info=error)
