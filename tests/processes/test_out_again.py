"""Out again, at once and on every process: D3 of FEATURES, A4, A7 and W3 of GUARD."""

import asyncio
import contextlib
from datetime import UTC, datetime
from typing import Any

import pytest

from composition import Marquee
from domain import ids
from domain.sessions import Client
from domain.users import Viewer
from tests.api.conftest import CLIP, PASSWORD, Api, Person, World
from tests.api.test_subscriptions import WATCH, connected, opened, report, sse

pytestmark = pytest.mark.xdist_group("heavy")

NAME = "marquee_session"
VIEWER = "{ viewer { email } }"
PLAY = "mutation ($id: ID!) { startStream(input: {contentId: $id}) { ... on StreamStarted { url } } }"
REFRESH = """mutation ($t: String!) {
    refreshSession(input: {refreshToken: $t}) {
        ... on SignedIn { tokens { accessToken refreshToken } } ... on Refusal { code }
    }
}"""
ENDINGS = {
    "logout": "mutation { logout }",
    "one session revoked": "mutation ($session: ID!) { revokeSession(input: {id: $session}) { __typename } }",
    "all sessions revoked": "mutation { revokeAllSessions }",
    "a new password": """mutation ($password: String!) {
        changePassword(input: {currentPassword: $password, newPassword: "another password"}) { __typename }
    }""",
    "the person deleted": "mutation ($id: ID!) { deleteUser(input: {id: $id}) { __typename } }",
}
WITHIN_SECONDS = 2.0


async def cookie_of(world: World, person: Person) -> str:
    async with world.marquee.database.writing() as transaction:
        wants = Client("a browser", "127.0.0.1", wants_cookie=True)
        signed_in = await world.marquee.services.sessions.begin(transaction, person.user, wants)
    assert signed_in.cookie
    return signed_in.cookie.value


async def viewer_by_cookie(api: Api, cookie: str) -> Any:
    headers = {"cookie": f"{NAME}={cookie}"}
    response = await api.client.post(f"{api.base_url}/graphql", json={"query": VIEWER}, headers=headers)
    return response.json()["data"]["viewer"]


async def until_ended(events: Any) -> None:
    """Returns when a stream of events has ended, by an error or a word."""
    async for event in events:
        if event is None or "errors" in event:
            return


@pytest.fixture
async def ada(world: World, seeding: Marquee) -> Person:
    person = await world.person(email="ada@example.com")
    await world.rows("update users set password_hash = $1", await seeding.passwords.hash(PASSWORD))
    return person


@pytest.mark.parametrize("mutation", ENDINGS.values(), ids=ENDINGS.keys())
async def test_what_ends_a_session_ends_all_of_it_on_the_other_process(
    apis: list[Api],
    world: World,
    ada: Person,
    mutation: str,
) -> None:
    here, there = apis
    await world.marquee.objects.put("clip.webm", CLIP)
    content, cookie = await world.content(), await cookie_of(world, ada)
    await report(here, ada, content, 1)
    ((session, _), _) = await world.rows("select id, user_agent from sessions order by id")
    url = (await there.data(PLAY, ada, id=ids.encode("Content", content.id)))["startStream"]["url"]
    assert (await there.client.get(url)).status_code == 200
    given = {"id": ada.id, "session": ids.encode("Session", session), "password": PASSWORD}
    events = sse(there, ada, WATCH)
    async with connected(there.base_url, ada) as listening, connected(there.base_url, ada) as idle:
        await listening.subscribe(WATCH)
        assert await listening.position() == 1
        async with contextlib.aclosing(events):  # type: ignore[type-var]
            await anext(events)
            await here.data(mutation, ada, **{name: given[name] for name in given if f"${name}:" in mutation})
            async with asyncio.timeout(WITHIN_SECONDS):
                assert [await socket.closed() for socket in (listening, idle)] == [4403, 4403]
                await until_ended(events)
    assert (await there.ask(VIEWER, ada)).codes == ["UNAUTHENTICATED"]
    assert (await there.data(REFRESH, t=ada.refresh_token))["refreshSession"] == {"code": "SESSION_EXPIRED"}
    assert (await there.client.get(url)).status_code == 404
    only_this = mutation in (ENDINGS["logout"], ENDINGS["one session revoked"])
    assert (await viewer_by_cookie(there, cookie) is not None) is only_this


async def test_a_cookies_socket_ends_when_it_signs_out_elsewhere(
    apis: list[Api],
    world: World,
    ada: Person,
) -> None:
    here, there = apis
    cookie = await cookie_of(world, ada)
    csrf = world.marquee.services.authentication.csrf_token(Viewer(ada.user, 2, datetime.now(UTC)))
    async with opened(there.base_url, origin=there.base_url, cookie=f"{NAME}={cookie}") as socket:
        await socket.send(type="connection_init")
        assert await socket.hear() == {"type": "connection_ack"}
        out = {"cookie": f"{NAME}={cookie}", "x-csrf-token": csrf}
        response = await here.client.post(
            f"{here.base_url}/graphql", json={"query": "mutation { logout }"}, headers=out
        )
        assert response.json()["data"] == {"logout": True}
        assert await socket.closed(within=WITHIN_SECONDS) == 4403
    assert await viewer_by_cookie(there, cookie) is None
    assert (await there.data(VIEWER, ada))["viewer"], "the other session goes on"


async def test_thirty_two_refreshes_over_two_processes_leave_one_chain(
    apis: list[Api],
    ada: Person,
) -> None:
    answers = await asyncio.gather(*(apis[number % 2].data(REFRESH, t=ada.refresh_token) for number in range(32)))
    assert len({answer["refreshSession"]["tokens"]["refreshToken"] for answer in answers}) == 1


async def test_attempts_over_two_processes_are_counted_together(
    apis: list[Api],
    ada: Person,
) -> None:
    login = """mutation { login(input: {email: "ada@example.com", password: "wrong"}) { ... on Refusal { code } } }"""
    answers = await asyncio.gather(*(apis[number % 2].ask(login) for number in range(24)))
    assert sorted(tuple(answer.codes) for answer in answers) == [()] * 10 + [("RATE_LIMITED",)] * 14
