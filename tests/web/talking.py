"""A client that says what it likes, byte by byte, to a server with an application that is easy to see through."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from starlette.types import Receive, Scope, Send

from tests.serving import BOUNDS
from web.bounds import Bounds

QUICK = replace(BOUNDS, head_seconds=0.4, body_seconds=1.2, body_silence_seconds=0.4, unread_seconds=0.5)
MEGABYTE = 1_000_000


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Talk:
    """One connection. Whatever it waits for, it waits for five seconds at most, if nothing else is said."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self.writer = reader, writer

    async def say(self, *words: bytes) -> None:
        for word in words:
            self.writer.write(word)
            await self.writer.drain()

    async def answer(self, within: float = 5) -> Answer:
        async with asyncio.timeout(within):
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, *lines = head.rstrip("\r\n").split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
            body = await self._reader.readexactly(int(headers.get("content-length", 0)))
            return Answer(int(first.split()[1]), headers, body)

    async def until(self, words: bytes) -> bytes:
        """What comes, up to these words."""
        async with asyncio.timeout(5):
            return await self._reader.readuntil(words)

    async def rest(self) -> bytes:
        """What comes until the server hangs up."""
        async with asyncio.timeout(5):
            with contextlib.suppress(ConnectionResetError):
                return await self._reader.read()
        return b""

    async def refused(self, status: int, code: str) -> Answer:
        """The connection ends with this, in the form of all our errors, and nothing behind it."""
        answer = await self.answer()
        assert (answer.status, answer.json["code"], answer.json["status"]) == (status, code, status), answer
        assert list(answer.json) == ["timestamp", "path", "message", "code", "status", "requestId", "details"]
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["connection"] == "close"
        assert answer.headers["x-request-id"] == answer.json["requestId"]
        assert await self.rest() == b""
        return answer


@contextlib.asynccontextmanager
async def talking(address: str, limit: int = 2**16, source: str | None = None) -> AsyncIterator[Talk]:
    """`source` is the address that the server sees."""
    where, here = urlsplit(address), (source, 0) if source else None
    reader, writer = await asyncio.open_connection(where.hostname, where.port, limit=limit, local_addr=here)
    try:
        yield Talk(reader, writer)
    finally:
        writer.close()


class Mirror:
    """Answers what it was asked: method, path, and how many bytes. Under /early it does not wait for them, and under
    /large it answers with as many as its path says. `/held` is answered when `release` is set.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.bodies: list[bytes] = []
        self.ended = 0
        self.release = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked.append(f"{scope['method']} {scope['path']}")
        try:
            if scope["path"].startswith("/large/"):
                await self._say(send, b"x" * int(scope["path"].rpartition("/")[2]))
                return
            if scope["path"] == "/held":
                await self.release.wait()
            body = b"" if scope["path"] == "/early" else await _whole(receive)
            if body is not None:
                self.bodies.append(body)
                await self._say(send, f"{self.asked[-1]} {len(body)}".encode())
        finally:
            self.ended += 1

    async def _say(self, send: Send, body: bytes) -> None:
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


async def _whole(receive: Receive) -> bytes | None:
    """None where the client went away."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message["body"]
        more = message["more_body"]
    return body


async def until(true: Callable[[], bool], within: float = 5) -> None:
    async with asyncio.timeout(within):
        while not true():
            await asyncio.sleep(0.005)


def bounds(**changed: Any) -> Bounds:
    return replace(QUICK, **changed)
