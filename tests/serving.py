"""A server on loopback, inside the tests' own process."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from starlette.types import ASGIApp

from web.bounds import Bounds
from web.serving import Server, configuration

# As the real one, but that it does not wait for those who only may ask something, and that all come from one address.
BOUNDS = replace(Bounds(), last_request_seconds=0.0, share=1.0)


@contextlib.asynccontextmanager
async def serving(application: ASGIApp, bounds: Bounds = BOUNDS, **settings: Any) -> AsyncIterator[str]:
    """Where the application answers, on a port that was free."""
    server = Server(configuration(application, host="127.0.0.1", port=0, bounds=bounds, **settings))
    with contextlib.suppress(KeyboardInterrupt):
        running = asyncio.create_task(server.serve())
        while not server.started:
            assert not running.done(), running
            await asyncio.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        finally:
            server.should_exit = True
            await running
