"""A crowd of sockets that listen, as cheaply as a client can: raw frames on one loop, and nothing is parsed."""

import asyncio
import base64
import os
import struct
from collections.abc import Sequence
from typing import Any

import orjson

_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10
_AT_ONCE = 20
_PATIENCE_SECONDS = 60
_QUESTION = "{ genres { id } }"


def _masked(opcode: int, payload: bytes) -> bytes:
    """With a mask of zeros, under which everything stays as it is."""
    length = len(payload)
    head = struct.pack("!BB", 0x80 | opcode, 0x80 | length) if length < 126 else b""
    return (head or struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, length)) + bytes(4) + payload


class Listener(asyncio.Protocol):
    """One socket. `crowd` counts what it hears."""

    def __init__(self, crowd: "Crowd", token: str) -> None:
        self._crowd, self._token, self._buffer, self._opened = crowd, token, b"", False
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.last = b""
        self._answered: asyncio.Future[None] | None = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            b"GET /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n"
            + f"Sec-WebSocket-Key: {key}\r\n\r\n".encode()
        )

    def say(self, message: Any) -> None:
        self._transport.write(_masked(_TEXT, orjson.dumps(message)))

    async def answer(self) -> None:
        """Returns when a question has been answered, which is asked behind whatever was said before."""
        self._answered = asyncio.get_running_loop().create_future()
        self.say({"type": "subscribe", "id": "question", "payload": {"query": _QUESTION}})
        await self._answered

    def close(self) -> None:
        self._transport.abort()

    def connection_lost(self, _error: Exception | None) -> None:
        if self.ready.done():
            self._crowd.lost += 1
        else:
            self.ready.set_exception(OSError(f"The server hung up: {self._buffer[:300]!r}"))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._opened:
            head, end, rest = self._buffer.partition(b"\r\n\r\n")
            if not end:
                return
            self._opened, self._buffer = head.startswith(b"HTTP/1.1 101"), rest
            self.say({"type": "connection_init", "payload": {"authorization": f"Bearer {self._token}"}})
        while len(self._buffer) >= 2:
            length, start = self._buffer[1] & 0x7F, 2
            if length == 126:
                length, start = int.from_bytes(self._buffer[2:4]), 4
            if len(self._buffer) < start + length:
                return
            frame, opcode = self._buffer[start : start + length], self._buffer[0] & 0x0F
            self._buffer = self._buffer[start + length :]
            self._hear(opcode, frame)

    def _hear(self, opcode: int, frame: bytes) -> None:
        if opcode == _PING:
            self._transport.write(_masked(_PONG, frame))
        elif opcode == _TEXT and b'"id":"question"' in frame:
            if self._answered and not self._answered.done() and b'"next"' not in frame:
                self._answered.set_result(None)
        elif opcode == _TEXT and b'"next"' in frame and b'"errors"' not in frame:
            self.last = frame
            self._crowd.heard(frame)
        elif opcode == _TEXT and b'"connection_ack"' in frame:
            self.ready.set_result(None)
        else:
            raise ValueError(f"Unexpected: {frame[:500]!r}")


class Crowd:
    """All sockets of one run."""

    def __init__(self, port: int) -> None:
        self._port, self.listeners = port, list[Listener]()
        self._left, self.lost, self._all = 0, 0, asyncio.Event()

    async def open(self, tokens: Sequence[str], address: str) -> None:
        """One socket for each token, from one address of loopback, a few at a time."""
        for start in range(0, len(tokens), 50):
            some = [await self._connected(token, address) for token in tokens[start : start + 50]]
            await asyncio.gather(*(one.ready for one in some))
            self.listeners += some

    async def subscribe(self, document: str) -> None:
        """On every socket, no faster than the server answers: thousands at once would be too much for its database."""
        for start in range(0, len(self.listeners), _AT_ONCE):
            some = self.listeners[start : start + _AT_ONCE]
            for listener in some:
                listener.say({"type": "subscribe", "id": "1", "payload": {"query": document}})
            await self._answers(some)

    async def check(self) -> None:
        """Raises unless every socket answers, and no subscription has ended."""
        for start in range(0, len(self.listeners), _AT_ONCE):
            await self._answers(self.listeners[start : start + _AT_ONCE])
        if self.lost:
            raise OSError(f"{self.lost} of {len(self.listeners)} sockets are gone.")

    async def _answers(self, some: Sequence[Listener]) -> None:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await asyncio.gather(*(listener.answer() for listener in some))

    async def _connected(self, token: str, address: str) -> Listener:
        _, listener = await asyncio.get_running_loop().create_connection(
            lambda: Listener(self, token), "127.0.0.1", self._port, local_addr=(address, 0)
        )
        return listener

    def expect(self, count: int) -> asyncio.Event:
        """Set as soon as so many events have been heard from now on."""
        self._left, self._all = count, asyncio.Event()
        return self._all

    def heard(self, _frame: bytes) -> None:
        self._left -= 1
        if self._left == 0:
            self._all.set()

    def close(self) -> None:
        for listener in self.listeners:
            listener.close()
