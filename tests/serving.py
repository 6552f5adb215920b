"""A server on loopback, inside the tests' own process."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import uvicorn
from starlette.types import ASGIApp


@contextlib.asynccontextmanager
async def serving(application: ASGIApp, **settings: Any) -> AsyncIterator[str]:
    """Where the application answers, on a port that was free."""
    config = uvicorn.Config(
        application, host="127.0.0.1", port=0, log_config=None, access_log=False, proxy_headers=False, **settings
    )
    server = uvicorn.Server(config)
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
