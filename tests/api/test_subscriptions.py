"""Progress as it comes, over WebSockets and server-sent events: F2, W1 to W5 of FEATURES and GUARD."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin, Subprotocol

from composition import Marquee
from domain.contents import Content
from domain.users import Role
from tests.api.conftest import Api, Person, World
from tests.api.test_playback import RECORD, id_of, started

WATCH = """subscription ($contentId: ID, $after: String) {
  watchProgress(contentId: $contentId, after: $after) { cursor progress { positionSeconds content { title } } }
}"""
LOG_ADDED = "subscription ($of: ID) { viewLogAdded(corporationId: $of) { content { title } user { displayName } } }"
PROTOCOL = "graphql-transport-ws"


class Socket:
    """Speaks graphql-transport-ws, as a browser would. Whatever it waits for, it waits for five seconds at most."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def send(self, **message: Any) -> None:
        await self._connection.send(json.dumps(message))

    async def send_raw(self, frame: str | bytes) -> None:
        await self._connection.send(frame)

    async def subscribe(self, query: str, name: str = "1", /, **variables: Any) -> None:
        await self.send(type="subscribe", id=name, payload={"query": query, "variables": variables})

    async def hear(self) -> dict[str, Any]:
        async with asyncio.timeout(5):
            frame = await self._connection.recv()
        assert isinstance(frame, str), "a frame must be text"
        message: dict[str, Any] = json.loads(frame)
        return message

    async def data(self, id: str = "1") -> Any:
        """The data of the next message, which must be one of this operation's."""
        message = await self.hear()
        assert (message["type"], message["id"]) == ("next", id), message
        assert "errors" not in message["payload"], message
        return message["payload"]["data"]

    async def position(self) -> float:
        """Where the next change of progress says that the player is."""
        position: float = (await self.data())["watchProgress"]["progress"]["positionSeconds"]
        return position

    async def answer(self, query: str, /, **variables: Any) -> Any:
        """What a query or a mutation answers."""
        await self.subscribe(query, "once", **variables)
        data = await self.data("once")
        assert await self.hear() == {"type": "complete", "id": "once"}
        return data

    async def codes(self) -> list[str]:
        """The codes of the errors that the next message says."""
        message = await self.hear()
        payload = message["payload"]
        errors = payload if message["type"] == "error" else payload["errors"]
        return [error["extensions"]["code"] for error in errors]

    async def closed(self, within: float = 5) -> int:
        """The code that the server closes with."""
        async with asyncio.timeout(within):
            with contextlib.suppress(ConnectionClosed):
                while True:
                    await self._connection.recv()
        assert self._connection.close_code is not None
        return self._connection.close_code

    @property
    def reason(self) -> str | None:
        """What the server said when it closed."""
        return self._connection.close_reason


@asynccontextmanager
async def opened(
    base_url: str, protocol: str = PROTOCOL, origin: str | None = None, cookie: str | None = None
) -> AsyncIterator[Socket]:
    """A socket that has not said anything yet."""
    address = f"{base_url.replace('http', 'ws', 1)}/graphql"
    given = None if origin is None else Origin(origin)
    headers = {"cookie": cookie} if cookie else {}
    async with connect(
        address, subprotocols=[Subprotocol(protocol)], origin=given, additional_headers=headers, close_timeout=2
    ) as connection:
        yield Socket(connection)


@asynccontextmanager
async def connected(base_url: str, who: Person | str | None) -> AsyncIterator[Socket]:
    """A socket that is signed in."""
    token = who.token if isinstance(who, Person) else who
    async with opened(base_url) as socket:
        await socket.send(type="connection_init", payload={"authorization": f"Bearer {token}"} if token else {})
        assert await socket.hear() == {"type": "connection_ack"}
        yield socket


async def sse(api: Api, who: Person, query: str, **variables: Any) -> AsyncIterator[dict[str, Any] | None]:
    """What a stream of server-sent events says; None for its end."""
    headers = {"authorization": f"Bearer {who.token}", "accept": "text/event-stream"}
    body = {"query": query, "variables": variables}
    async with api.client.stream("POST", f"{api.base_url}/graphql", json=body, headers=headers, timeout=5) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        event = ""
        async for line in response.aiter_lines():
            if line.startswith("event:"):
                event = line.removeprefix("event:").strip()
            elif line.startswith("data:") and event == "next":
                yield json.loads(line.removeprefix("data:"))
            elif not line and event == "complete":
                yield None
                return


async def until(true: Callable[[], bool], within: float = 5) -> None:
    async with asyncio.timeout(within):
        while not true():
            await asyncio.sleep(0.005)


async def report(api: Api, who: Person, content: Content, *positions: float) -> None:
    """The player is at these positions, one after another, each reported by itself."""
    for position in positions:
        event = {
            "eventId": str(uuid4()),
            "contentId": id_of(content),
            "positionSeconds": position,
            "observedAt": datetime.now(UTC).isoformat(),
        }
        answer = (await api.data(RECORD, who, events=[event]))["recordWatchProgress"]
        assert answer["progress"] == [{"positionSeconds": position}]


async def test_a_socket_hears_a_snapshot_first_and_then_every_change(api: Api, world: World) -> None:
    person, first, second = await world.person(), await world.content(title="A"), await world.content(title="B")
    await report(api, person, first, 1, 2)
    await report(api, person, second, 3)
    async with connected(api.base_url, person) as socket:
        await socket.subscribe(WATCH)
        heard = [(await socket.data())["watchProgress"]["progress"] for _ in range(2)]
        assert heard == [
            {"positionSeconds": 2.0, "content": {"title": "A"}},
            {"positionSeconds": 3.0, "content": {"title": "B"}},
        ]
        await report(api, person, first, 4, 5)
        assert [await socket.position() for _ in range(2)] == [4.0, 5.0]


async def test_server_sent_events_say_the_same(api: Api, world: World) -> None:
    person, content = await world.person(), await world.content()
    await report(api, person, content, 1)
    events = sse(api, person, WATCH)
    heard = []
    async with contextlib.aclosing(events):  # type: ignore[type-var]
        for position in (2.0, 3.0, None):
            message = await anext(events)
            assert message is not None
            heard.append(message["data"]["watchProgress"]["progress"]["positionSeconds"])
            if position:
                await report(api, person, content, position)
    assert heard == [1.0, 2.0, 3.0]


async def test_what_was_missed_comes_once_and_in_order_behind_the_cursor(api: Api, world: World) -> None:
    person, content, other = await world.person(), await world.content(title="A"), await world.content(title="B")
    async with connected(api.base_url, person) as socket:
        await socket.subscribe(WATCH)
        await report(api, person, content, 1)
        cursor = (await socket.data())["watchProgress"]["cursor"]
    for position in range(2, 8):
        await report(api, person, other if position % 2 else content, position)
    async with connected(api.base_url, person) as socket:
        await socket.subscribe(WATCH, after=cursor)
        await report(api, person, content, 8)
        assert [await socket.position() for _ in range(7)] == [2, 3, 4, 5, 6, 7, 8]
        await socket.subscribe(WATCH, "2", after=cursor, contentId=id_of(other))
        heard = [(await socket.data("2"))["watchProgress"]["progress"] for _ in range(3)]
        assert heard == [{"positionSeconds": float(position), "content": {"title": "B"}} for position in (3, 5, 7)]
    events = sse(api, person, WATCH, after=cursor)
    async with contextlib.aclosing(events):  # type: ignore[type-var]
        assert [(await anext(events) or {})["data"]["watchProgress"]["cursor"] for _ in range(7)]


async def test_only_the_content_that_was_asked_for_is_heard(api: Api, world: World) -> None:
    person, wanted, other = await world.person(), await world.content(), await world.content()
    await report(api, person, other, 1)
    await report(api, person, wanted, 2)
    async with connected(api.base_url, person) as socket:
        await socket.subscribe(WATCH, contentId=id_of(wanted))
        assert await socket.position() == 2
        await report(api, person, other, 3)
        await report(api, person, wanted, 4)
        assert await socket.position() == 4


async def test_a_cursor_of_somebody_else_or_of_nobody_is_refused(api: Api, world: World) -> None:
    person, stranger, content = await world.person(), await world.person(), await world.content()
    await report(api, stranger, content, 1)
    await report(api, person, content, 1)
    async with connected(api.base_url, stranger) as socket:
        await socket.subscribe(WATCH)
        foreign = (await socket.data())["watchProgress"]["cursor"]
    async with connected(api.base_url, person) as socket:
        for number, cursor in enumerate((foreign, "", "nonsense", "WzFd", "\u00e9", "A" * 10_000)):
            await socket.subscribe(WATCH, str(number), after=cursor)
            assert await socket.codes() == ["VALIDATION_FAILED"], cursor
            ended = await socket.hear()
            assert ended == {"type": "complete", "id": str(number)}
    message = await anext(sse(api, person, WATCH, after=foreign))
    assert message is not None
    assert message["errors"][0]["extensions"]["code"] == "VALIDATION_FAILED"


async def test_nobody_hears_the_progress_of_somebody_else(api: Api, world: World) -> None:
    person, stranger, content = await world.person(), await world.person(), await world.content()
    async with connected(api.base_url, person) as socket:
        await socket.subscribe(WATCH)
        for position in (11, 12):
            await report(api, stranger, content, position)
        await report(api, person, content, 1)
        assert await socket.position() == 1
        await report(api, stranger, content, 13)
        await report(api, person, content, 2)
        assert await socket.position() == 2


async def test_a_subscription_that_is_completed_leaves_nothing_behind(api: Api, world: World, marquee: Marquee) -> None:
    person = await world.person()
    name = f"progress:{person.user.id}"
    async with connected(api.base_url, person) as socket:
        await socket.subscribe(WATCH)
        await until(lambda: name in marquee.signals._inboxes)
        await socket.send(type="complete", id="1")
        await until(lambda: name not in marquee.signals._inboxes)
        await socket.subscribe(WATCH)
        await until(lambda: name in marquee.signals._inboxes)
    await until(lambda: not marquee.signals._inboxes)


async def test_changes_that_came_while_the_line_was_lost_are_heard_once(
    api: Api, world: World, marquee: Marquee
) -> None:
    person, content = await world.person(), await world.content()
    kill = """select pg_terminate_backend(pid) from pg_stat_activity
              where application_name = 'marquee-live' and datname = current_database()"""
    async with connected(api.base_url, person) as socket:
        await socket.subscribe(WATCH)
        await report(api, person, content, 1)
        assert await socket.position() == 1
        async with asyncio.timeout(5):
            while not await world.rows(kill):  # another test may have cut it just before
                await asyncio.sleep(0.01)
        await report(api, person, content, 2, 3, 4)
        assert [await socket.position() for _ in range(3)] == [2, 3, 4]
        await report(api, person, content, 5)
        assert await socket.position() == 5


async def test_a_manager_hears_first_views_of_the_own_company(api: Api, world: World, marquee: Marquee) -> None:
    ours, theirs = await world.corporation(), await world.corporation()
    manager, member = await world.person(Role.MANAGER, ours), await world.person()
    own, foreign = await world.content(ours, title="Ours"), await world.content(theirs, title="Theirs")
    async with connected(api.base_url, manager) as socket:
        await socket.subscribe(LOG_ADDED)
        await until(lambda: f"view_logs_of:{ours.id}" in marquee.signals._inboxes)
        for content in (foreign, own, own):
            await started(api, member, content)
        await started(api, manager, own)
        names = [(await socket.data())["viewLogAdded"] for _ in range(2)]
        assert names == [
            {"content": {"title": "Ours"}, "user": {"displayName": who.user.display_name}} for who in (member, manager)
        ]
    async with connected(api.base_url, member) as socket:
        await socket.subscribe(LOG_ADDED)
        assert await socket.codes() == ["FORBIDDEN"]
