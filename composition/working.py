"""A process that does the jobs and serves nobody; Prometheus alone may ask it how it goes."""

from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Route

from composition import Marquee
from domain.errors import CodedError
from jobs.background import background
from jobs.clock import keep
from web.bounds import Bounds
from web.errors import on_coded_error
from web.health import Health
from web.serving import Server, configuration


class _Beside(Server):
    """Lives as long as the jobs do; signals are for whoever runs these."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def work(marquee: Marquee) -> None:
    """Until it is cancelled."""
    async with marquee.running(listening=False), background(*_telling(marquee)):
        await keep(marquee.jobs(), marquee.observing.observers)


def _telling(marquee: Marquee) -> list[Coroutine[Any, Any, None]]:
    settings, door = marquee.settings, marquee.observing.door(Health("", "", marquee.parts).states)
    if door is None or settings.worker_metrics_port is None:
        return []
    application = Starlette(routes=[Route("/metrics", door)], exception_handlers={CodedError: on_coded_error})
    port = settings.worker_metrics_port
    return [_Beside(configuration(application, host=settings.host, port=port, bounds=Bounds())).serve()]
