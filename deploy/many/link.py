"""A line between two parts that can be cut, slowed and healed: between hosts that happens by itself."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

_CHUNK = 64 * 1024


class Link:
    """Passes on what comes at `port` to `target()`, asked anew for each connection: a port on loopback.

    `latency` is in seconds, one way; `bandwidth` in bytes a second, each way and for each connection; None is without
    bounds. While it is `silent`, nothing goes through and nobody is told, as when a cable is pulled.
    """

    def __init__(self, port: int, target: Callable[[], int]) -> None:
        self.port, self._target = port, target
        self.latency = 0.0
        self.bandwidth: float | None = None
        self._open = asyncio.Event()
        self._open.set()
        self._refusing = False
        self._ends: set[asyncio.StreamWriter] = set()

    @property
    def connections(self) -> int:
        return len(self._ends) // 2

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Link"]:
        server = await asyncio.start_server(self._carry, "127.0.0.1", self.port, backlog=1000)
        try:
            yield self
        finally:
            server.close()
            self._open.set()
            self._hang_up()

    def cut(self) -> None:
        """Both ends are hung up on, and nobody gets through."""
        self._refusing = True
        self._hang_up()

    def silence(self) -> None:
        self._open.clear()

    def slow(self, latency: float = 0.0, bandwidth: float | None = None) -> None:
        self.latency, self.bandwidth = latency, bandwidth

    def heal(self) -> None:
        """As if nothing had been."""
        self._refusing = False
        self.slow()
        self._open.set()

    def _hang_up(self) -> None:
        for end in self._ends:
            end.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._open.wait()
        if self._refusing:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target())
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, far_writer}
        self._ends |= ends
        try:
            await asyncio.gather(self._pour(reader, far_writer), self._pour(far_reader, writer))
        finally:
            self._ends -= ends
            for end in ends:
                end.close()

    async def _pour(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """What is read waits for its time while more is read, or latency would be bandwidth too."""
        due: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(64)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._deliver(due, writer))
            now = asyncio.get_running_loop().time
            with suppress(OSError):
                while data := await reader.read(_CHUNK):
                    await due.put((now() + self.latency, data))
            await due.put((now() + self.latency, b""))

    async def _deliver(self, due: "asyncio.Queue[tuple[float, bytes]]", writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        while True:
            when, data = await due.get()
            await asyncio.sleep(max(0.0, when - loop.time()))
            await self._open.wait()
            if not data:
                break
            with suppress(OSError):
                writer.write(data)
                await writer.drain()
            if self.bandwidth:
                await asyncio.sleep(len(data) / self.bandwidth)
        if not writer.is_closing():
            with suppress(OSError):  # who has left meanwhile need not be told
                writer.write_eof()
