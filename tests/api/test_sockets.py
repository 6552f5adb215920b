"""graphql-transport-ws to the letter, and sockets that end when their session does: W1 to W4 of GUARD."""

import asyncio
import contextlib
import gc
from datetime import timedelta
from typing import Any

import jwt
import pytest
from websockets.exceptions import InvalidStatus

from composition import Marquee
from domain import ids
from resolvers.context import Context
from tests.api.conftest import CLIENT, Api, Person, World
from tests.api.test_playback import PLAY, id_of
from tests.api.test_subscriptions import WATCH, connected, opened, report, sse, until

SUBSCRIBE = {"type": "subscribe", "id": "1", "payload": {"query": WATCH}}


def session_of(person: Person) -> int:
    number: int = jwt.decode(person.token, options={"verify_signature": False})["sid"]
    return number


async def test_a_socket_closes_as_soon_as_its_session_is_logged_out(api: Api, world: World) -> None:
    person, content = await world.person(), await world.content()
    async with connected(api.base_url, person) as socket, connected(api.base_url, person) as idle:
        await socket.subscribe(WATCH)
        await report(api, person, content, 1)
        assert await socket.position() == 1
        assert await api.data("mutation { logout }", person) == {"logout": True}
        assert await socket.closed(within=2) == 4403
        assert await idle.closed(within=2) == 4403


async def test_a_socket_closes_when_another_session_revokes_its_own(api: Api, world: World, marquee: Marquee) -> None:
    here = await world.person()
    async with marquee.database.writing() as transaction:
        signed_in = await marquee.services.sessions.begin(transaction, here.user, CLIENT)
    there = Person(here.user, signed_in.tokens.access_token, "")
    revoke = "mutation ($id: ID!) { revokeSession(input: {id: $id}) { ... on Session { id } } }"
    async with connected(api.base_url, here) as socket, connected(api.base_url, there) as staying:
        await staying.subscribe(WATCH)
        session = ids.encode("Session", session_of(here))
        assert await api.data(revoke, there, id=session) == {"revokeSession": {"id": session}}
        assert await socket.closed(within=2) == 4403
        await report(api, there, await world.content(), 1)
        assert await staying.position() == 1


async def test_server_sent_events_end_with_the_session(api: Api, world: World) -> None:
    person, content = await world.person(), await world.content()
    await report(api, person, content, 1)
    events = sse(api, person, WATCH)
    async with contextlib.aclosing(events):  # type: ignore[type-var]
        assert await anext(events)
        await api.data("mutation { logout }", person)
        async with asyncio.timeout(2):
            last = await anext(events)
            assert last is not None
            assert [error["extensions"]["code"] for error in last["errors"]] == ["UNAUTHENTICATED"]
            assert await anext(events) is None


async def test_a_socket_closes_when_its_token_expires(api: Api, world: World, marquee: Marquee) -> None:
    person = await world.person()
    tokens = marquee.services.sessions._access_tokens
    short, _ = tokens.issue(person.user.id, session_of(person), timedelta(seconds=2))
    async with connected(api.base_url, short) as socket:
        await socket.subscribe(WATCH)
        assert await socket.closed(within=3) == 4403


async def test_a_bad_token_is_refused_before_the_ack(api: Api, world: World) -> None:
    person, gone = await world.person(), await world.person()
    await api.data("mutation { logout }", gone)
    claims: list[Any] = [f"Bearer {person.token[:-4]}AAAA", f"Bearer {gone.token}", person.token, "Bearer ", "", 7]
    claims += [["Bearer", person.token], {"token": person.token}, "Bearer a.b.c", f"Basic {person.token}", "\u0000"]
    for claim in claims:
        async with opened(api.base_url) as socket:
            await socket.send(type="connection_init", payload={"authorization": claim})
            assert await socket.closed() == 4403, claim


async def test_a_socket_that_comes_after_the_end_of_its_session_is_told_that_it_ended(api: Api, world: World) -> None:
    person = await world.person()
    await api.data("mutation { logout }", person)
    async with opened(api.base_url) as socket:
        await socket.send(type="connection_init", payload={"authorization": f"Bearer {person.token}"})
        assert (await socket.closed(), socket.reason) == (4403, "This session has ended. Please sign in again.")


async def test_what_was_said_to_connect_is_not_kept(api: Api, world: World) -> None:
    person = await world.person()
    async with connected(api.base_url, person):
        gc.collect()  # sockets of before
        (context,) = [
            one
            for one in gc.get_objects()
            if type(one) is Context and one.socket and one.viewer and one.viewer.user.id == person.user.id
        ]
        assert context.connection_params is None
        assert context.socket.scope["headers"] == []


async def test_nobody_in_particular_can_connect_but_not_listen(api: Api, world: World) -> None:
    async with connected(api.base_url, None) as socket:
        assert await socket.answer("{ viewer { points } }") == {"viewer": None}
        await socket.subscribe(WATCH)
        assert await socket.codes() == ["UNAUTHENTICATED"]


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "{",
        "not json",
        b"\x00\xff",
        b'{"type": "ping"}',
        "[]",
        "null",
        "7",
        '"ping"',
        "{}",
        '{"type": null}',
        '{"type": []}',
        '{"type": {"a": 1}}',
        '{"type": "start", "id": "1"}',
        '{"type": "connection_ack"}',
        '{"type": "subscribe"}',
        '{"type": "subscribe", "id": "1"}',
        '{"type": "subscribe", "id": "1", "payload": null}',
        '{"type": "subscribe", "id": "1", "payload": []}',
        '{"type": "subscribe", "id": "1", "payload": "{ viewer { points } }"}',
        '{"type": "subscribe", "id": "1", "payload": {}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": null}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": ""}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": 7}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ viewer { points } }", "variables": []}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ viewer { points } }", "variables": "x"}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ viewer { points } }", "operationName": 7}}',
        '{"type": "subscribe", "id": ["1"], "payload": {"query": "{ viewer { points } }"}}',
        '{"type": "subscribe", "id": 1, "payload": {"query": "{ viewer { points } }"}}',
        '{"type": "subscribe", "id": null, "payload": {"query": "{ viewer { points } }"}}',
        '{"type": "subscribe", "id": "", "payload": {"query": "{ viewer { points } }"}}',
        '{"type": "complete"}',
        '{"type": "complete", "id": []}',
        '{"type": "complete", "id": {}}',
        '{"type": "ping", "payload": 7}',
        '{"type": "pong", "payload": "x"}',
    ],
)
async def test_a_malformed_frame_closes_with_4400(api: Api, world: World, frame: str | bytes) -> None:
    async with connected(api.base_url, None) as socket:
        await socket.send_raw(frame)
        assert await socket.closed() == 4400


async def test_a_malformed_greeting_closes_with_4400(api: Api, world: World) -> None:
    malformed: list[Any] = [[], "x", 7]
    for payload in malformed:
        async with opened(api.base_url) as socket:
            await socket.send(type="connection_init", payload=payload)
            assert await socket.closed() == 4400


async def test_what_comes_at_the_wrong_time_closes_with_its_own_code(api: Api, world: World) -> None:
    person = await world.person()
    async with opened(api.base_url) as socket:
        await socket.send(**SUBSCRIBE)
        assert await socket.closed() == 4401
    async with connected(api.base_url, person) as socket:
        await socket.send(**SUBSCRIBE)
        await socket.send(**SUBSCRIBE)
        assert await socket.closed() == 4409
    async with connected(api.base_url, person) as socket:
        await socket.send(type="connection_init", payload={})
        assert await socket.closed() == 4429
    for protocol in ("graphql-ws", "mqtt"):
        async with opened(api.base_url, protocol) as socket:
            assert await socket.closed() == 4406


async def test_pings_are_answered_before_and_after_the_ack(api: Api, world: World) -> None:
    async with opened(api.base_url) as socket:
        await socket.send(type="ping")
        assert (await socket.hear())["type"] == "pong"
        await socket.send(type="connection_init", payload=None)
        assert await socket.hear() == {"type": "connection_ack"}
        await socket.send(type="ping", payload={"any": "thing"})
        assert (await socket.hear())["type"] == "pong"
        await socket.send(type="pong")
        await socket.send(type="complete", id="never begun")
        assert await socket.answer("{ __typename }") == {"__typename": "Query"}


async def test_pages_of_other_origins_are_refused(api: Api, world: World) -> None:
    for origin in (
        "https://evil.example",
        "null",
        api.base_url.replace("127.0.0.1", "127.0.0.1.evil.example"),
        "file://",
    ):
        with pytest.raises(InvalidStatus) as refused:
            async with opened(api.base_url, origin=origin):
                pass
        assert refused.value.response.status_code == 403
    async with opened(api.base_url, origin=api.base_url) as socket:
        await socket.send(type="connection_init")
        assert await socket.hear() == {"type": "connection_ack"}


async def test_a_query_behind_a_write_on_the_same_socket_is_not_stale(api: Api, world: World) -> None:
    person, content = await world.person(), await world.content(title="Before")
    read = (
        "query ($id: ID!) { viewer { points } content(id: $id) { title viewCount viewerProgress { positionSeconds } } }"
    )
    async with connected(api.base_url, person) as socket:
        before = await socket.answer(read, id=id_of(content))
        assert before["content"] == {"title": "Before", "viewCount": 0, "viewerProgress": None}
        play = await socket.answer(PLAY, input={"contentId": id_of(content)})
        assert play["startStream"]["firstView"]
        await world.rows("update contents set title = 'After' where id = $1", content.id)
        await report(api, person, content, 7)
        assert await socket.answer(read, id=id_of(content)) == {
            "viewer": {"points": 10},
            "content": {"title": "After", "viewCount": 1, "viewerProgress": {"positionSeconds": 7.0}},
        }
        refused = await socket.answer(PLAY, input={"contentId": "nonsense"})
        assert refused["startStream"]["code"] == "NOT_FOUND"


async def test_a_document_that_cannot_run_is_told_and_the_socket_lives_on(api: Api, world: World) -> None:
    person = await world.person()
    async with connected(api.base_url, person) as socket:
        await socket.subscribe("{ nothing")
        assert await socket.codes() == ["GRAPHQL_PARSE_FAILED"]
        await socket.subscribe("{ nothing }")
        assert await socket.codes() == ["GRAPHQL_VALIDATION_FAILED"]
        await socket.subscribe(WATCH, contentId=7.5)
        assert await socket.codes() == ["GRAPHQL_VALIDATION_FAILED"]
        assert await socket.answer("{ viewer { points } }") == {"viewer": {"points": 0}}


async def test_a_socket_has_at_most_fifty_operations_at_once(api: Api, world: World, marquee: Marquee) -> None:
    person = await world.person()
    name = f"progress:{person.user.id}"
    async with connected(api.base_url, person) as socket:
        for number in range(51):
            await socket.subscribe(WATCH, str(number))
        refused = await socket.hear()
        assert (refused["type"], refused["id"]) == ("error", "50")
        await until(lambda: len(marquee.signals._inboxes[name]) == 50)
    await until(lambda: name not in marquee.signals._inboxes)
