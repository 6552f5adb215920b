"""How the application is served: one configuration for whoever serves it, and an end in good order."""

import asyncio
from collections.abc import Callable
from typing import Any

import structlog
import uvicorn
from starlette.types import ASGIApp

from web.bounds import BACKLOG, Bounds, Configuration
from web.edge import Edge
from web.handshake import Handshake

_log = structlog.get_logger("server")
_MOST_BYTES_OF_A_MESSAGE = 1_000_000


def configuration(application: ASGIApp, *, host: str, port: int, bounds: Bounds, **settings: Any) -> Configuration:
    return Configuration(
        application,
        bounds,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # who is believed is said in settings, and by them in composition/
        http=Edge,
        ws=Handshake,
        ws_max_size=_MOST_BYTES_OF_A_MESSAGE,
        ws_per_message_deflate=False,  # 64 KiB for each socket, and bombs; messages are small
        ws_ping_interval=bounds.ping_seconds,
        ws_ping_timeout=bounds.ping_seconds,
        timeout_keep_alive=bounds.idle_seconds,
        backlog=BACKLOG,
        **settings,
    )


class Server(uvicorn.Server):
    """Ends within the seconds of its bounds, whatever clients do. Applications that answer without end find the event
    `ending` in the state of their scope.
    """

    def __init__(self, config: Configuration) -> None:
        super().__init__(config)
        self._bounds = config.bounds
        self._ending = asyncio.Event()

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.lifespan.state["ending"] = self._ending

    async def shutdown(self, sockets: Any = None) -> None:
        for server in self.servers:
            server.close()
        self._ending.set()
        self._each("shutdown")
        if not await self._are_gone(self._bounds.grace_seconds):
            state = self.server_state
            _log.warning("cut", connections=len(state.connections), tasks=len(state.tasks))
            self._each("cut")
            for task in list(self.server_state.tasks):
                task.cancel()
            await self._are_gone(self._bounds.farewell_seconds)
        await self._close()

    async def _close(self) -> None:
        """What the application has opened. Who waits for the process has been promised when it is gone."""
        try:
            async with asyncio.timeout(self._bounds.closing_seconds):
                await self.lifespan.shutdown()
        except TimeoutError:
            _log.warning("not_closed", seconds=self._bounds.closing_seconds)

    def _each(self, what: str) -> None:
        for connection in list(self.server_state.connections):
            end: Callable[[], None] = getattr(connection, what)
            end()

    async def _are_gone(self, within: float) -> bool:
        """All connections, and what was done for them. A second Ctrl-C waits for nobody."""
        until = asyncio.get_running_loop().time() + within
        while self.server_state.connections or self.server_state.tasks:
            if self.force_exit or asyncio.get_running_loop().time() > until:
                return False
            await asyncio.sleep(0.02)
        return True
