"""A connection that does not wait for ever: neither for a reader who does not read, nor to be closed."""

import asyncio
from collections.abc import Callable
from typing import Any

import structlog
from starlette.types import Message, Send

from web.bounds import Bounds

_log = structlog.get_logger("line")


class Line:
    """Stands before an asyncio transport. Where `unread` says that the client is still sending, closing it lets the
    client read our last words first: with bytes that nobody took, the system would throw them away.
    """

    def __init__(self, transport: asyncio.Transport, bounds: Bounds, unread: Callable[[], bool]) -> None:
        self._transport, self._bounds, self.unread = transport, bounds, unread
        self.patience = bounds.unread_seconds
        self.write: Callable[[bytes], None] = transport.write
        self.at_end: Callable[[], None] = lambda: None
        self._closing = False
        self._timer: asyncio.TimerHandle | None = None
        self._left = self._dropped = 0
        self._held: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def joining(self, send: Send) -> Send:
        """The head of an answer goes out with the first of its body: to write costs as much as half a statement."""

        async def passing(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.write = self._held.append
                await send(message)
            else:
                await send(message)
                self._release()

        return passing

    def _release(self) -> None:
        self.write = self._transport.write
        if self._held and not self._transport.is_closing():
            self._transport.write(b"".join(self._held))
        self._held.clear()

    def is_closing(self) -> bool:
        return self._closing or self._transport.is_closing()

    def close(self) -> None:
        if self._closing:
            return
        self._closing = True
        self.unwatch()
        self._release()
        if self.unread() and not self._transport.is_closing() and self._transport.can_write_eof():
            self._transport.write_eof()
            self._transport.resume_reading()
            self._timer = asyncio.get_running_loop().call_later(self._bounds.linger_seconds, self._transport.abort)
        else:
            self._transport.close()
            self.watch()

    def abort(self) -> None:
        """The head of an answer is not kept back: whoever hears nothing at all takes it that nothing was done."""
        self._release()
        self._transport.abort()

    def lost(self) -> None:
        """The transport says that it is closed."""
        self._closing = True
        self.unwatch()
        self.at_end()

    def drop(self, data: bytes) -> None:
        """What comes behind our last words."""
        self._dropped += len(data)
        if self._dropped > self._bounds.linger_bytes:
            self._transport.abort()

    def watch(self) -> None:
        """From now on something must be read of what waits, again and again, or the connection is cut."""
        if self._timer is None:
            self._left = self._transport.get_write_buffer_size()
            self._timer = asyncio.get_running_loop().call_later(self.patience, self._look)

    def unwatch(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        left, self._timer = self._transport.get_write_buffer_size(), None
        if left >= self._left:
            _log.info("not_read", bytes=left, seconds=self.patience)
            self._transport.abort()
        else:
            self.watch()
