"""What the protocols say word for word, RFC 6455 and graphql-transport-ws, on raw sockets: W1, W2 and G8 of GUARD."""

import asyncio
import contextlib
import json
import os
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

import web.sockets
from composition import Marquee
from tests.api.conftest import Api, World
from tests.api.issuer import settings_like
from tests.api.test_subscriptions import PROTOCOL, WATCH, connected, opened
from tests.serving import serving
from tests.web.talking import Answer, Talk, talking

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def frame(opcode: int, payload: bytes = b"", *, last: bool = True, masked: bool = True, rsv: int = 0) -> bytes:
    head, size = bytes([last << 7 | rsv << 4 | opcode]), len(payload)
    bit = masked << 7
    if size < 126:
        head += bytes([bit | size])
    else:
        head += (
            bytes([bit | 126]) + struct.pack("!H", size)
            if size < 2**16
            else bytes([bit | 127]) + struct.pack("!Q", size)
        )
    if not masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


async def heard(talk: Talk) -> tuple[int, bytes]:
    """The opcode and the payload of the next frame."""
    async with asyncio.timeout(5):
        first, size = await talk._reader.readexactly(2)
        assert first & 0x70 == 0, "no extension was agreed upon"
        if size == 126:
            (size,) = struct.unpack("!H", await talk._reader.readexactly(2))
        return first & 15, await talk._reader.readexactly(size)


async def closed(talk: Talk) -> int:
    opcode, payload = await heard(talk)
    assert opcode == CLOSE, payload
    return int.from_bytes(payload[:2], "big")


async def handshake(talk: Talk, *more: str, protocol: str | None = PROTOCOL, version: str = "13") -> Answer:
    lines = ["GET /graphql HTTP/1.1", "Host: marquee", "Connection: Upgrade", "Upgrade: websocket", *more]
    lines += [f"Sec-WebSocket-Version: {version}", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]
    lines += [f"Sec-WebSocket-Protocol: {protocol}"] if protocol else []
    await talk.say("\r\n".join([*lines, "", ""]).encode())
    return await talk.answer()


@asynccontextmanager
async def upgraded(api: Api, *, init: bool = True, **more: Any) -> AsyncIterator[Talk]:
    async with talking(api.base_url) as talk:
        answer = await handshake(talk, **more)
        assert answer.status == 101
        assert answer.headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        if init:
            await talk.say(frame(TEXT, b'{"type": "connection_init"}'))
            assert await heard(talk) == (TEXT, b'{"type":"connection_ack"}')
        yield talk


async def test_a_message_may_come_in_fragments_with_pings_between_them(api: Api, world: World) -> None:
    async with upgraded(api) as talk:
        words = json.dumps({"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }"}}).encode()
        await talk.say(frame(TEXT, words[:9], last=False), frame(0, words[9:20], last=False))
        await talk.say(frame(PING, b"still there?"), frame(PONG, b"unasked"))
        assert await heard(talk) == (PONG, b"still there?")
        await talk.say(frame(0, words[20:]))
        _, answer = await heard(talk)
        assert json.loads(answer)["payload"]["data"] == {"__typename": "Query"}


BAD_FRAMES: dict[str, tuple[int, bytes]] = {
    "a frame without a mask": (1002, frame(TEXT, b"{}", masked=False)),
    "a reserved bit": (1002, frame(TEXT, b"{}", rsv=2)),
    "a compressed frame, which was not agreed upon": (1002, frame(TEXT, b"\xab\x56\x02\x00", rsv=4)),
    "an unknown opcode": (1002, frame(3, b"{}")),
    "a ping in fragments": (1002, frame(PING, b"x", last=False)),
    "a ping of 126 bytes": (1002, frame(PING, b"x" * 126)),
    "a continuation of nothing": (1002, frame(0, b"{}")),
    "a message within a message": (1002, frame(TEXT, b"{", last=False) + frame(TEXT, b"}")),
    "a close frame of one byte": (1002, frame(CLOSE, b"\x03")),
    "a close frame with a code that is none": (1002, frame(CLOSE, struct.pack("!H", 1005))),
    "text that is not UTF-8": (1007, frame(TEXT, b'{"type": "\xff"}')),
    "text that is not UTF-8 in fragments": (1007, frame(TEXT, b'{"type": "\xc3', last=False) + frame(0, b'"}')),
    "a reason that is not UTF-8": (1007, frame(CLOSE, struct.pack("!H", 1000) + b"\xff")),
    "a message of more than a megabyte": (1009, frame(TEXT, b" " * 1_000_001)),
    "more than a megabyte in two": (1009, frame(TEXT, b" " * 600_000, last=False) + frame(0, b" " * 600_000)),
    "a size beyond all": (1009, b"\x81\xff" + struct.pack("!Q", 2**63 - 1) + b"mask" + b"x" * 1000),
    "a size with its highest bit": (1009, b"\x81\xff" + struct.pack("!Q", 2**64 - 1) + b"mask" + b"x" * 1000),
    "a thousand empty fragments": (1009, frame(TEXT, b"{", last=False) + frame(0, b"", last=False) * 1001),
    "a binary message": (4400, frame(BINARY, b'{"type": "ping"}')),
    "a type as long as no close frame": (4400, frame(TEXT, b'{"type": "%s"}' % (b"x" * 5000))),
    "an id without end": (4400, frame(TEXT, b'{"type": "complete", "id": "%s"}' % (b"x" * 1001))),
}


@pytest.mark.parametrize("name", BAD_FRAMES)
async def test_what_is_no_message_closes_with_the_code_for_it(api: Api, world: World, name: str) -> None:
    code, said = BAD_FRAMES[name]
    async with upgraded(api) as talk:
        await talk.say(said)
        assert await closed(talk) == code
        with contextlib.suppress(ConnectionError):
            await talk.say(frame(CLOSE, struct.pack("!H", 1000)))
        assert await talk.rest() == b""


async def test_a_message_may_have_a_megabyte(api: Api, world: World) -> None:
    async with upgraded(api) as talk:
        await talk.say(frame(TEXT, b'{"type": "ping"}'.ljust(1_000_000)))
        assert await heard(talk) == (TEXT, b'{"type":"pong"}')


async def test_a_close_is_answered_with_its_own_code(api: Api, world: World) -> None:
    async with upgraded(api) as talk:
        await talk.say(frame(CLOSE, struct.pack("!H", 1000) + "다음에".encode()))
        assert await closed(talk) == 1000
        assert await talk.rest() == b""


async def test_nothing_is_compressed_even_if_a_client_would_like_it(api: Api) -> None:
    async with talking(api.base_url) as talk:
        answer = await handshake(talk, "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits")
        assert answer.status == 101
        assert "sec-websocket-extensions" not in answer.headers


@pytest.mark.parametrize("protocol", [None, "graphql-ws", "mqtt", "GRAPHQL-TRANSPORT-WS"])
async def test_without_the_protocol_a_socket_closes_with_4406(api: Api, protocol: str | None) -> None:
    async with upgraded(api, init=False, protocol=protocol) as talk:
        assert await closed(talk) == 4406


async def test_of_several_protocols_ours_is_taken(api: Api) -> None:
    async with talking(api.base_url) as talk:
        answer = await handshake(talk, protocol=f"graphql-ws, {PROTOCOL}")
        assert answer.headers["sec-websocket-protocol"] == PROTOCOL


@pytest.mark.parametrize("version", ["8", "x", ""])
async def test_a_handshake_of_another_version_is_told_which_is_ours(api: Api, version: str) -> None:
    async with talking(api.base_url) as talk:
        answer = await handshake(talk, version=version)
        assert (answer.status, answer.json["code"]) == (426, "UPGRADE_REQUIRED")
        assert answer.headers["sec-websocket-version"] == "13"


async def test_a_handshake_without_its_key_is_none(api: Api) -> None:
    async with talking(api.base_url) as talk:
        upgrade = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        await talk.say(b"GET /graphql HTTP/1.1\r\nHost: marquee\r\n" + upgrade + b"\r\n")
        await talk.refused(400, "BAD_REQUEST")


async def test_a_foreign_origin_is_refused_in_our_form_before_the_upgrade(api: Api) -> None:
    for origin in ("https://evil.example", "null", "", "http://marquee.evil", "http://" + "x" * 7000):
        async with talking(api.base_url) as talk:
            answer = await handshake(talk, f"Origin: {origin}")
            assert (answer.status, answer.json["code"]) == (403, "FORBIDDEN"), origin
            assert answer.json["path"] == "/graphql"
    async with talking(api.base_url) as talk:
        assert (await handshake(talk, "Origin: http://marquee")).status == 101


async def test_a_ping_is_answered_with_what_it_said(api: Api, world: World) -> None:
    async with opened(api.base_url) as socket:
        await socket.send(type="ping", payload={"a": [1]})
        assert await socket.hear() == {"type": "pong", "payload": {"a": [1]}}


async def test_an_id_in_use_closes_with_4409_however_long_it_is(api: Api, world: World) -> None:
    async with connected(api.base_url, await world.person()) as socket:
        for _ in range(2):
            await socket.subscribe(WATCH, "x" * 1000)
        assert await socket.closed() == 4409
        assert (socket.reason or "").startswith("Subscriber for xxx")


async def test_an_id_may_be_used_again_behind_its_end(api: Api, world: World) -> None:
    async with connected(api.base_url, await world.person()) as socket:
        for _ in range(3):
            assert await socket.answer("{ __typename }") == {"__typename": "Query"}
            await socket.subscribe(WATCH, "once")
            await socket.send(type="complete", id="once")


async def test_what_is_too_much_for_a_socket_fails_alone_with_a_code(api: Api, world: World) -> None:
    async with connected(api.base_url, await world.person()) as socket:
        for number in range(51):
            await socket.subscribe(WATCH, str(number))
        assert await socket.codes() == ["TOO_MANY_OPERATIONS"]
        await socket.send(type="complete", id="0")
        assert await socket.answer("{ __typename }") == {"__typename": "Query"}


@pytest.fixture
async def hasty(marquee: Marquee, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """A server with less patience."""
    assert timedelta(seconds=10) == web.sockets._PATIENCE
    monkeypatch.setattr(web.sockets, "_PATIENCE", timedelta(seconds=0.2))
    second = Marquee(settings_like(marquee), marquee.settings.dsn() or "")
    async with serving(second.application()) as address:
        yield address


async def test_who_does_not_greet_is_closed_with_4408(hasty: str) -> None:
    async with opened(hasty) as socket:
        assert await socket.closed() == 4408
