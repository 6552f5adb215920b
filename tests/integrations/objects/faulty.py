"""An S3 on loopback that fails in one way or another, on a port that stays the same."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from tests.integrations.objects.servers import BUCKET, SECRET

Fault = Callable[["FaultyServer", bytes, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
ETAG = '"of-this-version"'
SIZE = 1000
WHEN = "Sat, 21 Nov 2026 10:00:00 GMT"
_ABOUT = f"ETag: {ETAG}\r\nLast-Modified: {WHEN}\r\nAccept-Ranges: bytes\r\nContent-Type: video/mp4\r\n"
_LISTING = (
    '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>false</IsTruncated>'
    "<Contents><Key>a.mp4</Key><LastModified>2026-11-21T10:00:00.000Z</LastModified>"
    f"<ETag>&quot;of-this-version&quot;</ETag><Size>{SIZE}</Size></Contents></ListBucketResult>"
)


@dataclass
class FaultyServer:
    """`fault` answers every request; without one, answers are good. `asked` are the heads of all requests so far;
    `left` is set when a connection has ended, and `empty` when all have.
    """

    port: int = 0
    fault: Fault | None = None
    asked: list[bytes] = field(default_factory=list)
    connections: int = 0
    ended: int = 0
    left: asyncio.Event = field(default_factory=asyncio.Event)
    empty: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.empty.clear()
        try:
            while head := await _request(reader, writer):
                self.asked.append(head)
                await (self.fault or good)(self, head, reader, writer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # which clients that leave look like
        finally:
            self.ended += 1
            self.left.set()
            if self.ended == self.connections:
                self.empty.set()
            writer.close()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["FaultyServer"]:
        # As many as come at once: what the system turns away comes again a second later.
        server = await asyncio.start_server(self.connected, "127.0.0.1", self.port, backlog=1000)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()


async def _request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """The head of one request, its body skipped; empty when there are no more."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise
        return b""
    if b"expect: 100-continue" in head.lower():
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            await reader.readexactly(int(line.split(b":")[1]))
    return head


def answer(status: str, body: str, headers: str = "Content-Type: application/xml\r\n") -> bytes:
    data = body.encode()
    return f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(data)}\r\n\r\n".encode() + data


def refusal(status: str, code: str) -> Fault:
    """It quotes what a client of ours must not hear."""
    body = (
        f"<Error><Code>{code}</Code><Message>{SECRET} may not read {BUCKET}</Message><Resource>/{BUCKET}/a.mp4"
        "</Resource></Error>"
    )
    return says(answer(status, body), answer(status, ""))


def says(whole: bytes, to_head: bytes | None = None) -> Fault:
    async def fault(_: FaultyServer, head: bytes, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(to_head if to_head is not None and head.startswith(b"HEAD") else whole)

    return fault


async def good(_: FaultyServer, head: bytes, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    method = head.split(b" ")[0]
    if method == b"HEAD":
        writer.write(f"HTTP/1.1 200 OK\r\n{_ABOUT}Content-Length: {SIZE}\r\n\r\n".encode())
    elif method == b"GET" and b"range: bytes=" in head.lower():
        first, last = head.lower().split(b"range: bytes=")[1].split(b"\r\n")[0].decode().split("-")
        length = int(last) - int(first) + 1
        told = f"{_ABOUT}Content-Range: bytes {first}-{last}/{SIZE}\r\nContent-Length: {length}\r\n"
        writer.write(f"HTTP/1.1 206 Partial Content\r\n{told}\r\n".encode() + b"x" * length)
    elif method == b"GET":
        writer.write(answer("200 OK", _LISTING))
    elif method == b"POST":
        writer.write(answer("200 OK", "<DeleteResult></DeleteResult>"))
    else:
        writer.write(answer("200 OK", "", f"ETag: {ETAG}\r\n"))


async def hang_up(_: FaultyServer, __: bytes, ___: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def reset(_: FaultyServer, __: bytes, ___: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    known: socket.socket = writer.get_extra_info("socket")
    known.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def silence(_: FaultyServer, __: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Until the client has had enough."""
    await reader.read()
    writer.close()


def _beginning(head: bytes, length: int) -> bytes:
    part = f"Content-Range: bytes 0-{length - 1}/{length}\r\n"
    status = "206 Partial Content" if b"range: bytes=" in head.lower() else "200 OK"
    return f"HTTP/1.1 {status}\r\n{_ABOUT}{part}Content-Length: {length}\r\n\r\n".encode()


async def half(server: FaultyServer, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """The beginning of an answer, and then nothing."""
    writer.write(b"HTTP/1.1 200 OK\r\n" if head.startswith(b"HEAD") else _beginning(head, SIZE) + b"<" * 100)
    await silence(server, head, reader, writer)


async def cut(server: FaultyServer, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """The beginning of an answer, and then the end of the connection."""
    writer.write(b"HTTP/1.1 200 OK\r\n" if head.startswith(b"HEAD") else _beginning(head, SIZE) + b"<" * 100)
    await writer.drain()
    writer.close()


async def drip(_: FaultyServer, __: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Headers that never end, a byte at a time: no pause is long enough for a limit on pauses."""
    writer.write(b"HTTP/1.1 200 OK\r\nX-Header: ")
    leaving = asyncio.create_task(reader.read())
    while not leaving.done():
        writer.write(b"x")
        await asyncio.wait([leaving], timeout=0.05)
    writer.close()


async def endless(_: FaultyServer, head: bytes, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """As much of a file as the client takes."""
    writer.write(_beginning(head, 10**12))
    while True:
        writer.write(b"x" * 65536)
        await writer.drain()
