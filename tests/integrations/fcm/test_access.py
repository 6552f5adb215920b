"""What FCM lets a server in with: one access token for many pushes, and none sent without one."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import httpx2
import pytest
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from domain.push import PushService
from integrations.fcm import Fcm, ServiceAccount
from tests.integrations.fcm.conftest import DEVICE, NOWHERE, PUSH, SENT, unavailable
from tests.integrations.fcm_server import EMAIL, Cut, FcmServer, no_grant

Make = Callable[[], Response]


async def test_twenty_pushes_at_once_need_one_assertion(server: FcmServer, fcm: PushService) -> None:
    pushes = [replace(PUSH, token=f"{DEVICE}{number}") for number in range(20)]
    assert await asyncio.gather(*map(fcm.send, pushes)) == [SENT] * 20
    assert {message["token"] for message in server.messages} == {push.token for push in pushes}
    assert len(server.messages) == 20
    (claims,) = server.assertions
    assert (claims["iss"], claims["aud"]) == (EMAIL, f"{server.url}/token")


async def test_who_leaves_while_an_access_token_is_fetched_takes_it_from_nobody(
    server: FcmServer, fcm: PushService
) -> None:
    first, second = (asyncio.create_task(fcm.send(PUSH)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert await second == SENT
    assert first.cancelled()
    assert len(server.assertions) == len(server.messages) == 1


async def test_an_access_token_is_renewed_a_minute_before_its_end(server: FcmServer, fcm: PushService) -> None:
    server.lifetime = 60
    assert [await fcm.send(PUSH), await fcm.send(PUSH)] == [SENT, SENT]
    server.lifetime = 3599
    assert [await fcm.send(PUSH), await fcm.send(PUSH)] == [SENT, SENT]
    assert len(server.assertions) == 3
    assert len(server.messages) == 4


async def test_an_access_token_that_is_not_taken_is_renewed_once_for_all(server: FcmServer, fcm: PushService) -> None:
    assert await fcm.send(PUSH) == SENT
    server.revoke()
    assert await asyncio.gather(*(fcm.send(PUSH) for _ in range(20))) == [SENT] * 20
    assert len(server.assertions) == 2
    assert len(server.messages) == 21


async def test_a_key_that_is_not_taken_twice_is_not_tried_a_third_time(server: FcmServer, fcm: PushService) -> None:
    server.lifetime = 0  # no access token is ever good
    server.failing_tokens.extend(
        JSONResponse({"access_token": word, "expires_in": 3599, "token_type": "Bearer"}) for word in "abc"
    )
    assert await unavailable(server, fcm) == "FCM does not take this server's access token."
    assert [asked.headers["authorization"] for asked in server.asked] == ["Bearer a", "Bearer b"]
    assert server.messages == []


def token(**changes: Any) -> Make:
    return partial(JSONResponse, {"access_token": "secret", "expires_in": 3599, "token_type": "Bearer", **changes})


NO_TOKEN: dict[str, tuple[Make, str]] = {
    "invalid_grant": (no_grant, "refuses the question (400)"),
    "elsewhere": (partial(RedirectResponse, "/elsewhere"), "refuses the question (307)"),
    "429": (partial(JSONResponse, {"error": "rate_limited"}, 429), "is asked too often; try again later"),
    "500": (partial(HTMLResponse, "<h1>500</h1>", 500), "is out of order just now (500)"),
    "cut": (Cut, "cannot be reached (RemoteProtocolError)"),
    "too much": (partial(Response, b"x" * 2_000_001), "answers too much"),
    "HTML": (partial(HTMLResponse, "<h1>Welcome</h1>"), "gave an answer that cannot be read"),
    "no header carries it": (token(access_token="a\n"), "gave an answer that cannot be read"),
    "of another type": (token(token_type="mac"), "gave an answer that cannot be read"),
    "over already": (token(expires_in=0), "gave an answer that cannot be read"),
    "for ever": (token(expires_in=10**400), "gave an answer that cannot be read"),
}


@pytest.mark.parametrize("case", NO_TOKEN)
async def test_without_an_access_token_nothing_is_sent(server: FcmServer, fcm: PushService, case: str) -> None:
    make, why = NO_TOKEN[case]
    server.failing_tokens.append(make())
    assert await unavailable(server, fcm) == f"Google's token endpoint {why}."
    assert server.asked == []
    assert await fcm.send(PUSH) == SENT


async def test_nobody_at_the_token_endpoint_is_unavailable(server: FcmServer, client: httpx2.AsyncClient) -> None:
    account = ServiceAccount.read(FcmServer(NOWHERE).setting)
    fcm = Fcm(client=client, service_account=account, url=server.url)
    assert await unavailable(server, fcm) == "Google's token endpoint cannot be reached (ConnectError)."


async def test_twenty_who_wait_for_an_access_token_hear_of_one_refusal(server: FcmServer, fcm: PushService) -> None:
    server.failing_tokens.append(no_grant())
    told = await asyncio.gather(*(unavailable(server, fcm) for _ in range(20)))
    assert set(told) == {"Google's token endpoint refuses the question (400)."}
    assert len(server.assertions) == 1
