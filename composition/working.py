"""A process that does the jobs and serves nobody; Prometheus alone may ask it how it goes."""

from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route
from starlette.types import ASGIApp

from composition import Marquee
from composition.edges import believing
from domain.errors import CodedError
from jobs.background import background
from jobs.clock import keep
from web.bounds import Bounds
from web.errors import on_coded_error, on_fault, on_http_exception
from web.front import Front
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
    settings, door = marquee.settings, worker_door(marquee)
    if door is None or settings.worker_metrics_port is None:
        return []
    port = settings.worker_metrics_port
    return [_Beside(configuration(door, host=settings.host, port=port, bounds=Bounds())).serve()]


def worker_door(marquee: Marquee) -> ASGIApp | None:
    """Its one door, where numbers are told, behind the same front as all of a server's."""
    settings, metrics = marquee.settings, marquee.observing.door(Health("", "", marquee.parts).states)
    if metrics is None:
        return None
    handlers: dict[Any, Any] = {
        CodedError: on_coded_error,
        HTTPException: on_http_exception,
        Exception: on_fault,
    }
    doors = Starlette(routes=[Route("/metrics", metrics)], exception_handlers=handlers)
    observers = marquee.observing.observers
    front = Front(doors, doors, tells_cost=False, cors=lambda app: app, observers=observers)
    return believing(front, [str(network) for network in settings.trusted_proxies])
