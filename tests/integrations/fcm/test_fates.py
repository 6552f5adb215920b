"""What became of a push that FCM did not take, or did not answer: none is sent twice, and none is given up in error."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from typing import Any

import httpx2
import pytest
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from domain.errors import Unavailable
from domain.push import Fate, Pushed, PushService
from tests.api.test_subscriptions import until
from tests.integrations.fcm.conftest import DEVICE, NOWHERE, PUSH, SENT, service, unavailable
from tests.integrations.fcm_server import Cut, FcmServer, error, failure, no_token
from tests.integrations.tmdb_server import Dripping, Gone, Silence

Make = Callable[[], Response]


def refusal_of(*fields: str) -> Make:
    return partial(failure, "INVALID_ARGUMENT", *fields)


DEAD: dict[str, Make] = {
    "unregistered": partial(failure, "UNREGISTERED"),
    "an invalid token": refusal_of("message.token"),
    "an invalid token among others": refusal_of("message.data[0].value", "message.token"),
    "no token, and no field named": no_token,
}


@pytest.mark.parametrize("case", DEAD)
async def test_a_dead_token_is_told_as_dead(server: FcmServer, fcm: PushService, case: str) -> None:
    server.failing_for[DEVICE].append(DEAD[case]())
    assert (await fcm.send(PUSH)).fate is Fate.DEAD
    assert len(server.asked) == 1


REFUSED: dict[str, tuple[Make, str]] = {
    "another field": (refusal_of("message.data[0].value"), "FCM refuses it (400, message.data[0].value)."),
    "many fields": (refusal_of("a", "b", "c", "d"), "FCM refuses it (400, a, b, c)."),
    "a field that quotes": (refusal_of(f"message.{DEVICE}", "x" * 61, "<b>"), "FCM refuses it (400)."),
    "nothing is told": (partial(error, 400, "INVALID_ARGUMENT", "Invalid."), "FCM refuses it (400)."),
    "HTML": (partial(HTMLResponse, "<h1>Bad Request</h1>", 400), "FCM refuses it (400)."),
    "too large": (partial(HTMLResponse, "<h1>Too Large</h1>", 413), "FCM refuses it (413)."),
    "other types": (partial(JSONResponse, {"error": {"details": [{"errorCode": 5}]}}, 400), "FCM refuses it (400)."),
    "a list": (partial(JSONResponse, [1], 400), "FCM refuses it (400)."),
    "too deep": (partial(Response, b"[" * 100_000, 400), "FCM refuses it (400)."),
    "of another sender": (
        partial(failure, "SENDER_ID_MISMATCH"),
        "FCM knows this device in another project than this server's.",
    ),
    "by a third party": (
        partial(failure, "THIRD_PARTY_AUTH_ERROR"),
        "APNs or Web Push does not take the key that FCM has for it.",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_a_push_that_will_never_be_taken_is_refused(server: FcmServer, fcm: PushService, case: str) -> None:
    make, reason = REFUSED[case]
    server.failing_for[DEVICE].append(make())
    assert await fcm.send(PUSH) == Pushed(Fate.REFUSED, reason)
    assert len(server.asked) == len(server.assertions) == 1


LATER: dict[str, tuple[Make, float | None, str]] = {
    "quota, for a while": (
        partial(failure, "QUOTA_EXCEEDED", retry_after="37"),
        37,
        "FCM is asked too often; try again in 37 s.",
    ),
    "quota": (partial(failure, "QUOTA_EXCEEDED"), None, "FCM is asked too often; try again later."),
    "internal": (partial(failure, "INTERNAL"), None, "FCM is out of order just now (500)."),
    "unavailable, for a while": (
        partial(failure, "UNAVAILABLE", retry_after="120"),
        120,
        "FCM is out of order just now (503).",
    ),
    "unavailable, who knows until when": (
        partial(failure, "UNAVAILABLE", retry_after="soon"),
        None,
        "FCM is out of order just now (503).",
    ),
    "a gateway": (partial(HTMLResponse, "<h1>502</h1>", 502), None, "FCM is out of order just now (502)."),
}


@pytest.mark.parametrize("case", LATER)
async def test_a_push_that_may_be_taken_later_says_when(server: FcmServer, fcm: PushService, case: str) -> None:
    make, wait, reason = LATER[case]
    server.failing_for[DEVICE].append(make())
    assert await fcm.send(PUSH) == Pushed(Fate.LATER, reason, wait)
    assert await fcm.send(PUSH) == SENT
    assert len(server.messages) == 1


async def test_when_may_be_told_as_a_date(server: FcmServer, fcm: PushService) -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    server.failing_for[DEVICE].append(failure("UNAVAILABLE", retry_after=soon))
    pushed = await fcm.send(PUSH)
    assert pushed.fate is Fate.LATER
    assert pushed.wait_seconds is not None
    assert 3000 < pushed.wait_seconds <= 3600


async def test_where_no_connection_is_made_nothing_can_be_sent(server: FcmServer, client: httpx2.AsyncClient) -> None:
    with pytest.raises(Unavailable, match=r"FCM cannot be reached \(ConnectError\)\."):
        await service(server, client, NOWHERE).send(PUSH)


async def test_where_no_connection_is_free_nothing_can_be_sent(server: FcmServer) -> None:
    async with httpx2.AsyncClient(timeout=None, limits=httpx2.Limits(max_connections=1)) as narrow:
        impatient = service(server, narrow, seconds=1.0)
        assert await impatient.send(PUSH) == SENT
        server.failing.append(Silence())
        patient = asyncio.create_task(service(server, narrow).send(PUSH))
        await until(lambda: len(server.asked) == 2)
        with pytest.raises(Unavailable, match="FCM takes too long to answer"):
            await impatient.send(PUSH)
        patient.cancel()
    assert len(server.asked) == 2


async def test_where_no_tunnel_is_dug_nothing_can_be_sent(server: FcmServer) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).split()[0])
        writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    asked: list[bytes] = []
    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as proxy:
        address = f"http://127.0.0.1:{proxy.sockets[0].getsockname()[1]}"
        tunnels = {"https://": httpx2.AsyncHTTPTransport(proxy=address)}
        async with httpx2.AsyncClient(mounts=tunnels) as client:
            with pytest.raises(Unavailable, match=r"FCM cannot be reached \(ProxyError\)\."):
                await service(server, client, "https://fcm.example").send(PUSH)
    assert asked == [b"CONNECT"]


LOST: dict[str, Make] = {
    "cut": Cut,
    "cut in the middle": Gone,
    "too much": partial(Response, b"x" * 2_000_001),
    "not gzip": partial(Response, b"rubbish", headers={"content-encoding": "gzip"}),
    "HTML": partial(HTMLResponse, "<h1>Welcome</h1>"),
    "nothing": Response,
    "no content": partial(Response, status_code=204),
    "null": partial(JSONResponse, None),
    "an empty object": partial(JSONResponse, {}),
    "an empty name": partial(JSONResponse, {"name": ""}),
    "a name that is a number": partial(JSONResponse, {"name": 5}),
    "too deep": partial(Response, b'{"name":' * 50_000),
    "no UTF-8": partial(Response, b'{"name": "\xff"}'),
}


@pytest.mark.parametrize("case", LOST)
async def test_a_push_whose_answer_was_lost_is_not_sent_again(server: FcmServer, fcm: PushService, case: str) -> None:
    server.lost.append(LOST[case]())
    assert (await fcm.send(PUSH)).fate is Fate.UNKNOWN
    assert len(server.asked) == len(server.sent_to(DEVICE)) == 1


@pytest.mark.parametrize("kind", [Silence, Dripping])
async def test_an_answer_is_not_waited_for_for_ever(
    server: FcmServer, client: httpx2.AsyncClient, kind: type[Response]
) -> None:
    fcm = service(server, client, seconds=1.0)
    server.lost.append(kind())
    assert await fcm.send(PUSH) == Pushed(Fate.UNKNOWN, "FCM takes too long to answer.")
    assert len(server.asked) == len(server.messages) == 1


async def test_whether_a_push_was_read_before_the_cut_cannot_be_known(server: FcmServer, fcm: PushService) -> None:
    server.failing.append(Cut())
    assert (await fcm.send(PUSH)).fate is Fate.UNKNOWN
    assert len(server.asked) == 1
    assert server.messages == []


async def test_who_never_answers_is_left_alone(server: FcmServer, fcm: PushService) -> None:
    server.failing.extend([Cut() for _ in range(10)])
    for _ in range(10):
        assert (await fcm.send(PUSH)).fate is Fate.UNKNOWN
    message = "FCM has not answered for a while and is left alone; try again in a moment."
    assert await unavailable(server, fcm) == message
    assert len(server.asked) == 10


OUT: dict[str, tuple[Make, str]] = {
    "no permission": (partial(error, 403, "PERMISSION_DENIED", "The caller does not have permission"), "(403)"),
    "forbidden, by whomever": (partial(HTMLResponse, "<h1>Forbidden</h1>", 403), "(403)"),
    "unregistered, by a 403": (
        partial(JSONResponse, {"error": {"details": [{"errorCode": "UNREGISTERED"}]}}, 403),
        "(403)",
    ),
    "no such address": (partial(HTMLResponse, "<h1>Not Found</h1>", 404), "(404)"),
    "no such project": (partial(error, 404, "NOT_FOUND", "Requested entity was not found."), "(404)"),
    "elsewhere": (partial(RedirectResponse, "/elsewhere"), "(307)"),
}


@pytest.mark.parametrize("case", OUT)
async def test_what_is_about_every_push_is_told_as_unavailable(
    server: FcmServer, fcm: PushService, lines: list[Any], case: str
) -> None:
    make, status = OUT[case]
    server.failing.append(make())
    assert await unavailable(server, fcm) == f"FCM takes no push from this server {status}."
    assert lines[-1]["log_level"] == "warning"
    assert len(server.asked) == 1
