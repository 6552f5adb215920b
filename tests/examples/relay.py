"""A line to a server that can be cut, as lines are: without a word, and in the middle of one."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from urllib.parse import urlsplit


class Relay:
    """Passes on what is said, to wherever `target` is when somebody calls."""

    def __init__(self, target: str) -> None:
        self.target, self.admits = target, True
        self.address = ""
        self.calls = 0
        self._open: set[asyncio.StreamWriter] = set()

    def cut(self) -> None:
        """Resets every connection."""
        for writer in list(self._open):
            writer.transport.abort()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.calls += 1
        if not self.admits:
            writer.transport.abort()
            return
        place = urlsplit(self.target)
        try:
            there, out = await asyncio.open_connection(place.hostname, place.port)
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, out}
        try:
            await asyncio.gather(_pass(reader, out), _pass(there, writer))
        finally:
            for one in (writer, out):
                one.transport.abort()
                self._open.discard(one)


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while some := await reader.read(65536):
            writer.write(some)
            await writer.drain()
    if not writer.is_closing():
        writer.write_eof()


@contextlib.asynccontextmanager
async def relaying(target: str) -> AsyncIterator[Relay]:
    relay = Relay(target)
    server = await asyncio.start_server(relay.answer, "127.0.0.1", 0)
    relay.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield relay
    finally:
        server.close()
        relay.cut()
        await server.wait_closed()
