"""Parts that are opened one after the other, and put away side by side."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import structlog

# Less than the server gives the application (closing_seconds in web/bounds.py), which has its jobs to end before.
_SECONDS = 2.5
_log = structlog.get_logger("marquee")


@asynccontextmanager
async def together(*parts: AbstractAsyncContextManager[Any], within: float = _SECONDS) -> AsyncIterator[None]:
    """Each part is entered and left in a task of its own. Those that are not put away `within` so many seconds are cut
    off: what they wait for answers nobody, and would each hold up the end of the process for its own patience.
    """
    leaving, tasks = asyncio.Event(), list[asyncio.Task[None]]()
    try:
        for part in parts:
            tasks.append(await _entered(part, leaving))
        yield
    finally:
        leaving.set()
        await _end(tasks, within)


async def _hold(part: AbstractAsyncContextManager[Any], entered: asyncio.Event, leaving: asyncio.Event) -> None:
    async with part:
        entered.set()
        await leaving.wait()


async def _entered(part: AbstractAsyncContextManager[Any], leaving: asyncio.Event) -> "asyncio.Task[None]":
    """What holds the part. Raises what entering raised."""
    entered = asyncio.Event()
    holding = asyncio.create_task(_hold(part, entered, leaving))
    holding.add_done_callback(lambda _: entered.set())
    try:
        await entered.wait()
        if holding.done():
            holding.result()
    except BaseException:
        holding.cancel()
        await asyncio.wait({holding})
        raise
    return holding


async def _end(tasks: "list[asyncio.Task[None]]", within: float) -> None:
    if not tasks:
        return
    _, silent = await asyncio.wait(tasks, timeout=within)
    for task in silent:
        task.cancel()
    if silent:
        _log.warning("not_put_away", parts=len(silent), seconds=within)
        await asyncio.wait(silent, timeout=0.1)
    for task in tasks:
        if task.done() and not task.cancelled() and (error := task.exception()):
            _log.error("not_put_away", exc_info=error)
