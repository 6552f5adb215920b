"""A wire to another server that can fall silent, as a network does: nothing is closed, nothing arrives."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Wire:
    """Leads from `port` of 127.0.0.1 to a Unix socket; to nobody at all where that is None."""

    def __init__(self, to: str | None) -> None:
        self._to, self._open = to, asyncio.Event()
        if to is not None:
            self._open.set()

    @property
    def port(self) -> int:
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def fall_silent(self) -> None:
        self._open.clear()

    @asynccontextmanager
    async def standing(self) -> AsyncIterator["Wire"]:
        self._server = await asyncio.start_server(self._lead, "127.0.0.1", 0)
        self._leading: set[asyncio.Task[None]] = set()
        try:
            yield self
        finally:
            self._server.close()
            for task in list(self._leading):
                task.cancel()
            await asyncio.gather(*self._leading, return_exceptions=True)

    async def _lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._leading.add(task)
        task.add_done_callback(self._leading.discard)
        # asyncio's streams would tell of a task that was cancelled as of a fault.
        with contextlib.suppress(asyncio.CancelledError), contextlib.closing(writer):
            await self._open.wait()
            there, away = await asyncio.open_unix_connection(self._to)
            with contextlib.closing(away):
                await asyncio.gather(self._pass_on(reader, away), self._pass_on(there, writer))

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while words := await reader.read(65536):
                await self._open.wait()
                writer.write(words)
        writer.close()
