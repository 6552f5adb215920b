"""Meta's interface, spoken with a server on loopback that answers as its documentation says."""

import asyncio
import hashlib
import hmac
import traceback
from collections.abc import AsyncIterator, Awaitable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from domain.errors import Refusal, RefusalCode
from domain.instagram import InstagramAccount
from domain.instagram_tokens import DeadToken, MetaToken
from integrations.instagram import MetaGraph
from tests.integrations.meta_server import APP_ID, APP_SECRET, MetaServer, error, meta_server, page
from tests.integrations.tmdb_server import Dripping, Gone, Silence
from tests.secrecy import Lines, all_logs

BACK = "https://marquee.test/oauth/instagram/callback"


@pytest.fixture(scope="module")
async def running() -> AsyncIterator[MetaServer]:
    async with meta_server() as meta:
        yield meta


@pytest.fixture
def server(running: MetaServer) -> MetaServer:
    running.forget()
    return running


@pytest.fixture
def meta(server: MetaServer, client: httpx2.AsyncClient) -> MetaGraph:
    return graph(server, client)


def graph(server: MetaServer, client: httpx2.AsyncClient, **changes: Any) -> MetaGraph:
    given = {"app_id": APP_ID, "app_secret": APP_SECRET, "graph": server.graph, "facebook": server.facebook}
    return MetaGraph(client=client, scopes="pages_show_list, instagram_basic", **{**given, **changes})


@pytest.fixture(autouse=True)
def lines(server: MetaServer) -> Iterator[Lines]:
    """The log. Whatever a test does, neither it nor any library's says a secret."""
    with all_logs() as (lines, text):
        yield lines
    assert "HTTP Request" in text.getvalue() or not server.asked, "the libraries were heard"
    assert [secret for secret in server.secrets if secret in f"{lines}{text.getvalue()}"] == []


async def refusal(server: MetaServer, call: Awaitable[Any], code: RefusalCode = RefusalCode.UPSTREAM_FAILED) -> str:
    """What the refusal says. No secret is in its traceback."""
    with pytest.raises(Refusal) as caught:
        await call
    told = "".join(traceback.format_exception(caught.value))
    assert [secret for secret in server.secrets if secret in told] == []
    assert caught.value.refused.code is code
    return caught.value.refused.message


def consent(server: MetaServer, meta: MetaGraph) -> str:
    """Meta's code for somebody who allows all."""
    (code,) = parse_qs(urlsplit(server.consent(meta.authorization_url(BACK, "a state"))).query)["code"]
    return code


async def test_the_dialog_is_asked_for_a_code_with_scopes_and_state(server: MetaServer, meta: MetaGraph) -> None:
    url = urlsplit(meta.authorization_url(BACK, "a+state&more"))
    assert f"{url.scheme}://{url.netloc}{url.path}" == "https://www.facebook.test/v24.0/dialog/oauth"
    assert parse_qs(url.query) == {
        "client_id": [APP_ID],
        "redirect_uri": [BACK],
        "response_type": ["code"],
        "scope": ["pages_show_list,instagram_basic"],
        "state": ["a+state&more"],
    }


async def test_a_code_becomes_a_long_lived_token(server: MetaServer, meta: MetaGraph) -> None:
    token = await meta.token(consent(server, meta), BACK)
    assert token == MetaToken(list(server.tokens)[-1], timedelta(seconds=5183944))
    assert token.text not in repr(token)
    code, exchange = (dict(asked.query_params) for asked in server.asked)
    assert code.keys() == {"client_id", "client_secret", "redirect_uri", "code"}
    assert exchange == {
        "grant_type": "fb_exchange_token",
        "client_id": APP_ID,
        "client_secret": APP_SECRET,
        "fb_exchange_token": next(iter(server.tokens)),
    }
    assert token.text.startswith("EAAlong")


@pytest.mark.parametrize(("told", "days"), [(None, 60), (0, 60), (-5, 60), (86400, 1), (10**15, 60)])
async def test_a_token_that_does_not_say_its_time_has_sixty_days(
    server: MetaServer, meta: MetaGraph, told: int | None, days: int
) -> None:
    server.expires_in = told
    assert (await meta.renewed(server.give_token())).lifetime == timedelta(days=days)


@pytest.mark.parametrize("subcode", [36007, 36009, None])
async def test_a_code_that_meta_does_not_take_is_told_to_the_person(
    server: MetaServer, meta: MetaGraph, lines: Lines, subcode: int | None
) -> None:
    server.failing.append(error(100, subcode))
    await refusal(server, meta.token("AQcode", BACK), RefusalCode.BAD_CREDENTIALS)
    assert lines == []


async def test_a_code_works_once(server: MetaServer, meta: MetaGraph) -> None:
    code = consent(server, meta)
    assert await meta.token(code, BACK)
    await refusal(server, meta.token(code, BACK), RefusalCode.BAD_CREDENTIALS)


@pytest.mark.parametrize("code", ["", "with a space", "ümlaut", "a\nb", "a" * 4097])
async def test_what_can_be_no_code_is_not_asked_about(server: MetaServer, meta: MetaGraph, code: str) -> None:
    await refusal(server, meta.token(code, BACK), RefusalCode.BAD_CREDENTIALS)
    assert server.asked == []


@pytest.mark.parametrize("changes", [{"app_id": "1"}, {"app_secret": "wrong"}])
async def test_an_app_that_meta_refuses_is_our_fault_and_told_to_the_log(
    server: MetaServer, client: httpx2.AsyncClient, lines: Lines, changes: dict[str, str]
) -> None:
    code = consent(server, graph(server, client))
    await refusal(server, graph(server, client, **changes).token(code, BACK))
    assert (lines[-1]["event"], lines[-1]["log_level"]) == ("stranger_failed", "warning")
    assert lines[-1]["code"] in {1, 101}


@pytest.mark.parametrize(("code", "subcode"), [(191, None), (100, 36008)])
async def test_another_address_to_come_back_to_is_our_fault(
    server: MetaServer, meta: MetaGraph, lines: Lines, code: int, subcode: int | None
) -> None:
    server.failing.append(error(code, subcode))
    await refusal(server, meta.token(consent(server, meta), BACK))
    assert (lines[-1]["code"], lines[-1]["subcode"]) == (code, subcode)
    await refusal(server, meta.token(consent(server, meta), f"{BACK}/elsewhere"))


async def test_a_code_is_sent_once_however_meta_fails(server: MetaServer, meta: MetaGraph) -> None:
    code = consent(server, meta)
    server.failing.extend([error(2, status=503), None])
    assert await refusal(server, meta.token(code, BACK)) == "Meta is out of order just now (503)."
    assert len(server.asked) == 1
    server.failing.clear()
    server.failing.extend([None, error(2, status=500)])
    assert await meta.token(code, BACK), "its exchange for a long-lived one may be asked for again"


async def test_pages_with_an_account_are_told_through_all_of_metas_pages(server: MetaServer, meta: MetaGraph) -> None:
    token = server.give_token()
    server.pages += [page(number, f"cat{number}" if number % 2 else None) for number in range(1, 251)]
    found = await meta.accounts(token)
    assert found[0] == InstagramAccount("17841400000000001", "cat1", "101500000000001", "Page 1")
    assert [account.username for account in found] == [f"cat{number}" for number in range(1, 251, 2)]
    assert {asked.url.path for asked in server.asked} == {"/v24.0/me/accounts"}
    proof = hmac.digest(APP_SECRET.encode(), token.encode(), hashlib.sha256).hex()
    assert {asked.query_params["appsecret_proof"] for asked in server.asked} == {proof}
    assert {asked.query_params["limit"] for asked in server.asked} == {"100"}
    assert len(server.asked) == 3


async def test_meta_is_not_followed_for_ever_nor_to_where_it_points(server: MetaServer, meta: MetaGraph) -> None:
    paging = {"cursors": {"after": "again"}, "next": "http://127.0.0.1:1/?access_token=stolen"}
    server.failing.extend(JSONResponse({"data": [page()], "paging": paging}) for _ in range(20))
    assert len(await meta.accounts(server.give_token())) == 1
    assert len(server.asked) == 10
    server.asked.clear()
    server.failing.clear()
    server.failing.append(RedirectResponse("http://127.0.0.1:1/"))
    await refusal(server, meta.accounts(server.give_token()))


async def test_pages_of_a_business_are_asked_for_by_id(server: MetaServer, meta: MetaGraph) -> None:
    token = server.give_token()
    server.hidden += [page(number, f"cat{number}") for number in range(1, 61)]
    assert [account.username for account in await meta.accounts(token)] == [f"cat{n}" for n in range(1, 61)]
    paths = [asked.url.path.removeprefix("/v24.0") for asked in server.asked]
    assert paths == ["/me/accounts", "/debug_token", "/", "/"]
    assert dict(server.asked[1].query_params) == {"input_token": token, "access_token": f"{APP_ID}|{APP_SECRET}"}


async def test_nobody_without_pages_is_an_empty_list(server: MetaServer, meta: MetaGraph) -> None:
    assert await meta.accounts(server.give_token()) == []


async def test_without_an_app_a_given_token_is_asked_with_alone(server: MetaServer, client: httpx2.AsyncClient) -> None:
    meta = graph(server, client, app_id=None, app_secret=None)
    assert await meta.accounts(server.give_token()) == []
    (asked,) = server.asked
    assert "appsecret_proof" not in asked.query_params
    for call in (meta.token("AQcode", BACK), meta.renewed("EAAtoken")):
        assert "META_APP_ID" in await refusal(server, call, RefusalCode.NOT_CONFIGURED)
    with pytest.raises(Refusal):
        meta.authorization_url(BACK, "state")


@pytest.mark.parametrize(("code", "subcode"), [(190, 463), (190, 460), (190, None), (102, None)])
async def test_a_dead_token_is_told_as_dead(
    server: MetaServer, meta: MetaGraph, code: int, subcode: int | None
) -> None:
    token = server.give_token()
    server.tokens[token] = error(code, subcode)
    for call in (meta.accounts(token), meta.renewed(token)):
        with pytest.raises(DeadToken) as caught:
            await call
        assert token not in "".join(traceback.format_exception(caught.value))


async def test_an_app_that_is_refused_does_not_make_a_token_dead(
    server: MetaServer, client: httpx2.AsyncClient
) -> None:
    """Their answer to what is asked in our own name says nothing of the person's token."""
    server.failing.extend([None, error(190)])
    await refusal(server, graph(server, client).accounts(server.give_token()))


@pytest.mark.parametrize("code", [10, 200, 299])
async def test_what_was_not_allowed_is_told_as_that(server: MetaServer, meta: MetaGraph, code: int) -> None:
    token = server.give_token()
    server.tokens[token] = error(code, status=403)
    message = await refusal(server, meta.accounts(token), RefusalCode.PERSONA_OAUTH_REQUIRED)
    assert "allow" in message


SAID = {4: "is asked too often", 17: "is asked too often", 32: "is asked too often", 613: "is asked too often"}


@pytest.mark.parametrize("code", [*SAID, 1, 2, 3, 100, 300, 368, 803])
async def test_all_else_is_an_upstream_that_failed(
    server: MetaServer, meta: MetaGraph, lines: Lines, code: int
) -> None:
    server.failing.append(error(code, status=403))
    message = await refusal(server, meta.accounts(server.give_token()))
    assert SAID.get(code, "") in message
    assert lines[-1]["code"] == code


async def test_what_is_temporary_is_asked_again(server: MetaServer, meta: MetaGraph) -> None:
    server.failing.extend([error(2, status=500), error(2, status=503), None])
    server.pages.append(page())
    assert len(await meta.accounts(server.give_token())) == 1


NONSENSE: dict[str, Response] = {
    "HTML": HTMLResponse("<h1>Sorry, something went wrong.</h1>"),
    "HTML with 400": HTMLResponse("<h1>Sorry, something went wrong.</h1>", 400),
    "half an answer": Response('{"data": [{"id": "1", "na'),
    "an error without a code": JSONResponse({"error": {"message": "no"}}, 400),
    "a code in words": JSONResponse({"error": {"code": "190"}}, 400),
    "no data": JSONResponse({}),
    "a number for an id": JSONResponse({"data": [page(id=7)]}),
    "an id that is a path": JSONResponse({"data": [page(id="../me")]}),
    "too much": Response(b" " * 2_000_001),
    "broken off": Gone(),
}


@pytest.mark.parametrize("case", NONSENSE)
async def test_nonsense_is_an_upstream_that_failed(server: MetaServer, meta: MetaGraph, case: str) -> None:
    server.failing.extend([NONSENSE[case]] * 3)
    await refusal(server, meta.accounts(server.give_token()))
    server.failing.clear()
    server.failing.extend([NONSENSE[case]] * 3)
    await refusal(server, meta.renewed(server.give_token()))


async def test_who_is_silent_or_drips_is_not_waited_for(server: MetaServer, meta: MetaGraph) -> None:
    server.failing.extend([Silence(), Dripping()] * 3)
    calls = [meta.accounts(server.give_token()), meta.token(consent(server, meta), BACK)]
    async with asyncio.timeout(6):
        await asyncio.gather(*(refusal(server, call) for call in calls))


async def test_nobody_at_the_address_is_an_upstream_that_failed(
    server: MetaServer, client: httpx2.AsyncClient, lines: Lines
) -> None:
    meta = graph(server, client, graph="http://127.0.0.1:1/v24.0")
    assert await refusal(server, meta.accounts(server.give_token())) == "Meta cannot be reached (ConnectError)."
    assert [line["event"] for line in lines] == ["stamina.retry_scheduled"] * 2 + ["stranger_failed"]
