"""Jobs on a clock. Each may run in any number of processes at once: it does its work in statements that come to the
same however often they run.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from domain.errors import Unavailable

_log = structlog.get_logger("jobs")


@dataclass(frozen=True, slots=True)
class Job:
    """`every` is in seconds, counted from the end of one run to the start of the next."""

    name: str
    every: float
    run: Callable[[], Awaitable[None]]


async def keep(jobs: list[Job]) -> None:
    """Runs the jobs until cancelled."""
    async with asyncio.TaskGroup() as group:
        for job in jobs:
            group.create_task(_repeat(job))


async def _repeat(job: Job) -> None:
    while True:
        try:
            await job.run()
        except Unavailable as error:
            _log.warning("job_put_off", job=job.name, reason=error.message)
        except Exception:
            # A job that failed must not end the others; it is told, and comes round again.
            _log.exception("job_failed", job=job.name)
        await asyncio.sleep(job.every)
