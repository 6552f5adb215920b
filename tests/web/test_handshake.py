"""A socket whose application does not do what it should. G2 and G11 of GUARD."""

import contextlib
from collections.abc import AsyncIterator

import pytest
from starlette.types import Receive, Scope, Send
from structlog.testing import capture_logs

from tests.serving import serving
from tests.web.talking import Talk, talking

SOCKET = (
    b"GET / HTTP/1.1\r\nHost: marquee\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
CLOSED_1011 = b"\x88\x02\x03\xf3"


@contextlib.asynccontextmanager
async def asked(*said: str, fails: bool) -> AsyncIterator[Talk]:
    """One who asks for a socket where the application says this, and no more."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        for kind in said:
            await send({"type": kind, "status": 418, "headers": [(b"content-length", b"0")], "body": b""})
        if fails:
            raise RuntimeError("a fault of ours")

    async with serving(application, lifespan="off") as address, talking(address) as talk:
        await talk.say(SOCKET)
        yield talk


@pytest.mark.parametrize(("fails", "told"), [(True, "fault"), (False, "not_answered")])
async def test_who_is_not_answered_is_told_of_a_fault_and_so_are_we(fails: bool, told: str) -> None:
    with capture_logs() as log:
        async with asked(fails=fails) as talk:
            assert (await talk.rest()).startswith(b"HTTP/1.1 500 ")
    assert [line["event"] for line in log if line["log_level"] == "error"] == [told]


async def test_a_fault_closes_a_socket_that_is_open_with_1011() -> None:
    with capture_logs() as log:
        async with asked("websocket.accept", fails=True) as talk:
            assert (await talk.until(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
            await talk.until(CLOSED_1011)
    assert [line["event"] for line in log if line["log_level"] == "error"] == ["fault"]


@pytest.mark.parametrize("fails", [False, True])
async def test_who_was_refused_is_told_nothing_behind_it(fails: bool) -> None:
    refused = ("websocket.http.response.start", "websocket.http.response.body")
    async with asked(*refused, fails=fails) as talk:
        answer = await talk.rest()
    assert answer.startswith(b"HTTP/1.1 418 ")
    assert answer.count(b"HTTP/1.1") == 1
