"""The end of a process in good order, whatever its clients do: O3 of GUARD."""

import asyncio
import contextlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from composition import Marquee
from tests.api.conftest import Api, Person, World
from tests.api.test_playback import id_of, started
from tests.api.test_subscriptions import WATCH, connected, report
from tests.processes.conftest import ROOT, Street, address_of
from tests.web.talking import Talk, talking, until

pytestmark = pytest.mark.xdist_group("heavy")
GET = b"GET /health HTTP/1.1\r\nHost: marquee\r\n"
LIKE = "mutation ($id: ID!) { likeContent(input: {contentId: $id}) { __typename } }"

HANDSHAKE = b"""GET /graphql HTTP/1.1\r
Host: m\r
Connection: Upgrade\r
Upgrade: websocket\r
Sec-WebSocket-Version: 13\r
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
Sec-WebSocket-Protocol: graphql-transport-ws\r
\r
"""


class Process:
    """A server whose log is kept."""

    def __init__(self, street: Street, log: Path, **settings: str) -> None:
        self._log = log
        with log.open("w") as opened:
            self.process = subprocess.Popen(
                [sys.executable, "server.py"],
                cwd=ROOT,
                env=street.environment(**settings),
                stdout=subprocess.PIPE,
                stderr=opened,
                text=True,
            )
        street.running.append(self.process)
        self.address = address_of(self.process)

    @property
    def log(self) -> str:
        return self._log.read_text()

    def terminate(self) -> None:
        self._told = time.monotonic()
        self.process.send_signal(signal.SIGTERM)

    async def gone(self) -> float:
        """How many seconds it took; it must have ended well."""
        assert await asyncio.to_thread(self.process.wait, 15) == 0
        return time.monotonic() - self._told

    async def ended(self) -> float:
        """The same, and without a word that somebody would have to look at."""
        took = await self.gone()
        for line in ("Traceback", "ASGI", "ERROR", '"level": "error"', '"level":"error"'):
            assert line not in self.log, self.log
        return took


@pytest.fixture
def server(street: Street, tmp_path: Path) -> Process:
    return Process(street, tmp_path / "log")


@pytest.fixture
async def api(server: Process, client: httpx2.AsyncClient) -> Api:
    return Api(server.address, client)


def asking(person: Person, query: str, more: str = "", **variables: Any) -> bytes:
    """A request to GraphQL."""
    body = json.dumps({"query": query, "variables": variables})
    head = f"POST /graphql HTTP/1.1\r\nHost: marquee\r\nAuthorization: Bearer {person.token}\r\n{more}"
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


@contextlib.asynccontextmanager
async def likes_held(marquee: Marquee) -> AsyncIterator[None]:
    """Nobody can like anything meanwhile, and whoever wants to has to wait."""
    async with marquee.database.writing() as transaction:
        await transaction.execute("lock table content_likes in exclusive mode")
        yield


async def waits_for_likes(world: World) -> bool:
    return bool(await world.rows("select 1 from pg_locks where relation = 'content_likes'::regclass and not granted"))


async def test_what_was_asked_is_answered_and_whoever_asks_nothing_is_left(
    server: Process, api: Api, world: World
) -> None:
    person, content = await world.person(), await world.content()
    async with talking(server.address) as talk, talking(server.address) as idle:
        await idle.say(GET + b"\r\n")
        assert "connection" not in (await idle.answer()).headers
        async with likes_held(world.marquee):
            await talk.say(asking(person, LIKE, id=id_of(content)))
            while not await waits_for_likes(world):
                await asyncio.sleep(0.01)
            server.terminate()
            assert await idle.rest() == b""
        answer = await talk.answer()
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        assert answer.json["data"] == {"likeContent": {"__typename": "Content"}}
        assert await talk.rest() == b""
    assert await server.ended() < 5
    assert await world.rows("select 1 from content_likes")


async def nobody_is_let_in(server: Process) -> None:
    """From now on."""
    with contextlib.suppress(ConnectionRefusedError):
        while True:
            async with talking(server.address):
                await asyncio.sleep(0.005)


async def test_one_more_request_is_answered_on_a_connection_that_was_open(server: Process) -> None:
    async with talking(server.address) as talk, talking(server.address) as other:
        for one in (talk, other):
            await one.say(GET + b"\r\n")
            assert (await one.answer()).status == 200
        await talk.say(GET)
        server.terminate()
        await nobody_is_let_in(server)
        await other.say(GET + b"\r\n")
        answer = await other.answer()
        assert (answer.status, answer.headers["connection"]) == (200, "close")
    assert await server.ended() < 3


async def test_who_asks_for_a_socket_at_the_end_is_told_to_ask_elsewhere(server: Process) -> None:
    async with talking(server.address) as talk:
        await talk.say(GET + b"\r\n")
        assert (await talk.answer()).status == 200
        server.terminate()
        await nobody_is_let_in(server)
        await talk.say(HANDSHAKE)
        assert (await talk.refused(503, "UNAVAILABLE")).headers["retry-after"] == "1"
    assert await server.ended() < 3


async def test_a_socket_is_told_to_come_again_and_server_sent_events_end_as_a_whole(
    server: Process, api: Api, world: World
) -> None:
    person, content = await world.person(), await world.content()
    await report(api, person, content, 1)
    async with connected(server.address, person) as socket, talking(server.address) as events:
        await socket.subscribe(WATCH)
        assert await socket.position() == 1
        await events.say(asking(person, WATCH, "Accept: text/event-stream\r\n"))
        assert (await events.answer()).headers["transfer-encoding"] == "chunked"
        assert b"positionSeconds" in await events.until(b"}}}}")
        server.terminate()
        assert await socket.closed() == 1012
        said = await events.rest()
        assert said.endswith(b"0\r\n\r\n"), said
        assert b"complete" not in said, "it would not be asked for again"
    assert await server.ended() < 3


async def stuck(server: Process, world: World, street: Street, held: contextlib.AsyncExitStack) -> list[Talk]:
    """Everything at once that could keep a process from ending."""
    person, content = await world.person(), await world.content(video=False)
    film = street.home / "media" / "film.webm"
    film.parent.mkdir(parents=True, exist_ok=True)
    with film.open("wb") as opened:
        opened.truncate(256 * 1024 * 1024)
    async with world.marquee.database.writing() as transaction:
        await world.marquee.stores.video_assets.add(
            transaction, content.id, "film.webm", "video/webm", 256 * 1024 * 1024
        )
    async with httpx2.AsyncClient() as client:
        stream = (await started(Api(server.address, client), person, content))["url"]
    signed = await world.marquee.objects.upload("a.webm", "video/webm", 10_000_000, 600)
    length = "Content-Length: 10000000\r\n"
    said = [
        b"GET / HTTP/1.1\r\nX: ",
        asking(person, "{ viewer { points } }")[:-5],
        f"PUT {signed.url} HTTP/1.1\r\nHost: m\r\nContent-Type: video/webm\r\n{length}\r\nhalf".encode(),
        f"GET {httpx2.URL(stream).path} HTTP/1.1\r\nHost: m\r\n\r\n".encode(),
        asking(person, WATCH, "Accept: text/event-stream\r\n"),
        HANDSHAKE,
    ]
    talks = [await held.enter_async_context(talking(server.address, 1024)) for _ in said]
    for talk, words in zip(talks, said, strict=True):
        await talk.say(words)
    for streaming in talks[3:]:
        await streaming.until(b"\r\n\r\n")
        streaming.writer.transport.pause_reading()  # type: ignore[attr-defined]
    return talks


async def test_whatever_hangs_the_process_is_gone_within_ten_seconds(
    server: Process, street: Street, world: World
) -> None:
    async with contextlib.AsyncExitStack() as held:
        _, body, upload, *_ = await stuck(server, world, street, held)
        await until(lambda: bool(list((street.home / "media").rglob("*.part*"))))
        server.terminate()
        for talk in (body, upload):
            answer = await talk.answer(within=9)
            assert (answer.status, answer.json["code"]) == (503, "UNAVAILABLE")
        assert await server.ended() < 9
    assert not list((street.home / "media").rglob("*.part*")), "half an upload stayed"


async def test_who_is_told_twice_to_end_ends_once(server: Process, world: World) -> None:
    person = await world.person()
    async with connected(server.address, person) as socket:
        server.terminate()
        assert await socket.closed() == 1012
        for _ in range(3):
            with contextlib.suppress(ProcessLookupError):
                server.process.send_signal(signal.SIGTERM)
    await server.ended()
