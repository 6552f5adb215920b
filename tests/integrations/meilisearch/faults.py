"""Ways to fail that are no answers: silence, slowness, a broken connection, a closed door."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from starlette.types import Receive, Send

REFUSING, SILENT, SLOW, INTERNAL, FULL, DROPPING = "refusing", "silent", "slow", "500", "out of space", "dropping"
FAULTS = (None, REFUSING, SILENT, SLOW, INTERNAL, FULL, DROPPING)


async def silence(receive: Receive) -> None:
    """No answer, for as long as the asker waits for one."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def broken(send: Send) -> None:
    """An answer whose end never comes: the connection is closed in the middle of it."""
    headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b'{"hits": [{"id": ', "more_body": True})


class Door(uvicorn.Server):
    """A server whose listening socket can be closed, connections and all, and opened again at the same port. While
    it is closed the port is kept, bound and not listening, so that nobody else gets it.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.kept: socket.socket | None = None
        self._opening: asyncio.Task[None] | None = None

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are for the process that the tests run in."""
        yield

    @property
    def port(self) -> int:
        return int(self.servers[0].sockets[0].getsockname()[1])

    def close(self) -> None:
        port = self.port
        while self.servers:
            self.servers.pop().close()
        for connection in list(self.server_state.connections):
            if transport := getattr(connection, "transport", None):
                with contextlib.suppress(OSError):  # at once: a transport is closed only in the loop's next turn
                    transport.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
                transport.abort()
        self.kept = socket.socket()
        self.kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.kept.bind(("127.0.0.1", port))

    def open(self) -> None:
        assert self.kept
        kept, self.kept = self.kept, None
        kept.listen(100)
        kept.setblocking(False)
        self._opening = asyncio.get_running_loop().create_task(self._accept(kept))

    async def _accept(self, kept: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        self.servers.append(await loop.create_server(self._protocol, sock=kept))

    def _protocol(self) -> asyncio.Protocol:
        made: asyncio.Protocol = self.config.http_protocol_class(
            config=self.config,  # type: ignore[call-arg]
            server_state=self.server_state,
            app_state=self.lifespan.state,
        )
        return made
