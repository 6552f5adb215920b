"""A connection that asks and listens, as cheaply as Python can: whoever measures must take little from the measured."""

import asyncio
import time
from array import array
from collections.abc import Iterator
from typing import Any


class BadAnswerError(Exception):
    """An answer that is none, and the beginning of it."""

    def __init__(self, answer: bytes) -> None:
        super().__init__(answer[:1000].decode(errors="replace"))


def body_of(answer: bytes | bytearray) -> bytes | None:
    """None while it is not whole. Raises BadAnswerError for all but a 200 that says how long it is."""
    end = answer.find(b"\r\n\r\n") + 4
    if end < 4:
        return None
    head = bytes(answer[:end]).lower()
    _, found, length = head.partition(b"\r\ncontent-length:")
    if not head.startswith(b"http/1.1 200 ") or not found:
        raise BadAnswerError(bytes(answer))
    if len(answer) < end + int(length.partition(b"\r\n")[0]):
        return None
    return bytes(answer[end:])


class Line(asyncio.Protocol):
    """Each answer must have `proof` in it, and no errors. `milliseconds` is how long each took."""

    def __init__(self, proof: bytes) -> None:
        self._proof, self._heard, self._asked_at = proof, bytearray(), 0.0
        self._done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._requests: Iterator[bytes] = iter(())
        self._transport: Any = None
        self.milliseconds, self.last = array("d"), b""

    async def run(self, requests: Iterator[bytes]) -> None:
        """One behind the other's answer, until there are no more. Raises BadAnswerError."""
        self._requests, self._done = requests, asyncio.get_running_loop().create_future()
        self._ask()
        await self._done

    def close(self) -> None:
        self._transport.close()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._heard += data
        try:
            body = body_of(self._heard)
            if body is None:
                return
            if self._proof not in body or b'"errors":' in body:
                raise BadAnswerError(body)
        except BadAnswerError as error:
            self._end(error)
            return
        self.milliseconds.append((time.perf_counter() - self._asked_at) * 1000)
        self._heard.clear()
        self.last = body
        self._ask()

    def connection_lost(self, error: Exception | None) -> None:
        self._end(BadAnswerError(b"The connection was lost."))

    def _ask(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self._end(None)
            return
        self._asked_at = time.perf_counter()
        self._transport.write(request)

    def _end(self, error: BadAnswerError | None) -> None:
        if self._done.done():
            return
        if error:
            self._done.set_exception(error)
        else:
            self._done.set_result(None)
