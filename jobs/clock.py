"""Jobs on a clock. Each may run in any number of processes at once: it does its work in statements that come to the
same however often they run.
"""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from domain.errors import Unavailable
from domain.metering import Meter, Observers, meter

_log = structlog.get_logger("jobs")


@dataclass(frozen=True, slots=True)
class Job:
    """`every` is in seconds, counted from the end of one run to the start of the next."""

    name: str
    every: float
    run: Callable[[], Awaitable[None]]


async def keep(jobs: list[Job], observers: Observers = ()) -> None:
    """Runs the jobs until cancelled."""
    async with asyncio.TaskGroup() as group:
        for job in jobs:
            group.create_task(_repeat(job, observers))


async def _repeat(job: Job, observers: Observers) -> None:
    while True:
        await _run(job, observers)
        await asyncio.sleep(job.every)


async def _run(job: Job, observers: Observers) -> None:
    """Once, with an id of its own, which every line that it writes carries. A run that was cut off counts as none."""
    own = Meter(secrets.token_hex(16), observers, job=job.name)
    meter.set(own)
    for observer in observers:
        observer.job_began(own)
    failed = not await _went_well(job)
    for observer in observers:
        observer.job_ended(own, time.monotonic() - own.started, failed=failed)


async def _went_well(job: Job) -> bool:
    try:
        await job.run()
    except Unavailable as error:
        _log.warning("job_put_off", job=job.name, reason=error.message)
        return False
    except Exception:
        # A job that failed must not end the others; it is told, and comes round again.
        _log.exception("job_failed", job=job.name)
        return False
    return True
