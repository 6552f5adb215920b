"""Sign-in by Kakao, spoken with a server on loopback that answers as its documentation says."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from starlette.responses import JSONResponse

from domain.errors import RefusalCode
from domain.identities import IdentityProvider, Profile, Provider
from integrations.kakao import Kakao
from tests.integrations.oauth_servers import ADMIN_KEY, KakaoServer, kakao_person
from tests.integrations.oauth_stranger import (
    CLIENT_ID,
    CLIENT_SECRET,
    FAULTS,
    MARK,
    challenge,
    code_for,
    listening,
    new_flow,
    profile_of,
    refusal,
    running,
    sign_in,
)
from tests.integrations.tmdb_server import Dripping, Silence

AUTHORIZE, TOKEN, ME, UNLINK = "/oauth/authorize", "/oauth/token", "/v2/user/me", "/v1/user/unlink"
ADA = 2**62 + 7
Lines = list[Any]


@pytest.fixture(scope="module")
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    """It waits for ever and follows redirects: what is limited here, Kakao limits."""
    async with httpx2.AsyncClient(timeout=None, follow_redirects=True) as client:
        yield client


@pytest.fixture(scope="module")
async def provider() -> AsyncIterator[KakaoServer]:
    async with running(KakaoServer()) as provider:
        yield provider


@pytest.fixture
def server(provider: KakaoServer) -> KakaoServer:
    provider.forget()
    provider.people["ada"] = kakao_person(ADA, "에이다")
    return provider


def made(server: KakaoServer, client: httpx2.AsyncClient, **changes: Any) -> Kakao:
    return Kakao(
        client=client,
        client_id=CLIENT_ID,
        client_secret=changes.get("client_secret", CLIENT_SECRET),
        scope=changes.get("scope", "profile_nickname,profile_image"),
        admin_key=changes.get("admin_key", ADMIN_KEY),
        auth_url=server.url,
        api_url=f"{server.url}/",
    )


@pytest.fixture
def kakao(server: KakaoServer, client: httpx2.AsyncClient) -> Kakao:
    return made(server, client)


@pytest.fixture(autouse=True)
def lines(server: KakaoServer, caplog: pytest.LogCaptureFixture) -> Iterator[Lines]:
    with listening(server, caplog) as lines:
        yield lines


async def test_somebody_signs_in_and_has_no_address(
    server: KakaoServer, kakao: Provider, client: httpx2.AsyncClient, lines: Lines
) -> None:
    flow = new_flow()
    code = await code_for(client, kakao, flow, "ada")
    profile = await kakao.profile(flow, code)
    picture = f"https://k.kakaocdn.net/dn/{ADA}/img_640x640.jpg"
    assert kakao.kind is IdentityProvider.KAKAO
    assert profile == Profile(server.url, str(ADA), None, False, "에이다", picture)
    authorized, redeemed, me = server.asked
    assert [asked.url.path for asked in server.asked] == [AUTHORIZE, TOKEN, ME]
    assert authorized.query == {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": flow.redirect_uri,
        "scope": "profile_nickname,profile_image",
        "state": flow.state,
        "code_challenge": challenge(flow.code_verifier),
        "code_challenge_method": "S256",
    }
    assert redeemed.form == {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": flow.redirect_uri,
        "code_verifier": flow.code_verifier,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
    }
    assert redeemed.headers["content-type"].startswith("application/x-www-form-urlencoded")
    assert (me.method, me.query) == ("GET", {"secure_resource": "true"})
    assert lines == []


@pytest.mark.parametrize(
    ("scope", "asked"),
    [
        ("profile_nickname,account_email,profile_image", "profile_nickname,profile_image"),
        ("account_email profile_nickname", "profile_nickname"),
        (" Account_EMAIL,, profile_nickname\n,emails ", "profile_nickname"),
        ("account_email", None),
        ("", None),
    ],
)
async def test_kakao_is_never_asked_for_an_address(
    server: KakaoServer, client: httpx2.AsyncClient, scope: str, asked: str | None
) -> None:
    kakao = made(server, client, scope=scope)
    assert (await profile_of(client, kakao, "ada")).email is None
    assert server.asked[0].query.get("scope") == asked


PEOPLE: dict[str, tuple[dict[str, Any], str | None]] = {
    "who consented to nothing": ({"id": 7, "connected_at": "2026-11-21T00:00:00Z"}, None),
    "without a profile": ({"id": 7, "kakao_account": {"profile_needs_agreement": True}}, None),
    "of an older app": ({"id": 7, "properties": {"nickname": "에이다"}, "kakao_account": {}}, "에이다"),
    "whose nickname says nothing": (kakao_person(7, " \n"), None),
}


@pytest.mark.parametrize("person", PEOPLE)
async def test_a_person_may_have_no_name(
    server: KakaoServer, kakao: Provider, client: httpx2.AsyncClient, person: str
) -> None:
    server.people["ada"], name = PEOPLE[person]
    profile = await profile_of(client, kakao, "ada")
    assert (profile.subject, profile.name, profile.email) == ("7", name, None)


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("http://k.kakaocdn.net/a.jpg?b=c", "https://k.kakaocdn.net/a.jpg?b=c"),
        ("https://k.kakaocdn.net/a.jpg", "https://k.kakaocdn.net/a.jpg"),
        ("http://kakaocdn.net/a.jpg", "https://kakaocdn.net/a.jpg"),
        ("https://pics.example/a.jpg", "https://pics.example/a.jpg"),
        ("http://pics.example/a.jpg", None),
        ("http://evilkakaocdn.net/a.jpg", None),
        ("http://kakaocdn.net.evil.example/a.jpg", None),
        ("http://k.kakaocdn.net:8080/a.jpg", None),
        ("http://k.kakaocdn.net@evil.example/a.jpg", None),
        ("//k.kakaocdn.net/a.jpg", None),
        ("", None),
        (None, None),
    ],
)
async def test_a_picture_is_shown_where_it_comes_by_https(
    server: KakaoServer, kakao: Provider, client: httpx2.AsyncClient, address: str | None, kept: str | None
) -> None:
    server.people["ada"] = kakao_person(ADA, "에이다", profile_image_url=address)
    assert (await profile_of(client, kakao, "ada")).picture_url == kept


async def test_a_code_works_once(kakao: Provider, client: httpx2.AsyncClient) -> None:
    flow = new_flow()
    code = await code_for(client, kakao, flow, "ada")
    assert await kakao.profile(flow, code)
    assert "does not take" in await refusal(kakao.profile(flow, code), RefusalCode.BAD_CREDENTIALS)


@pytest.mark.parametrize("secret", ["code_verifier", "redirect_uri"])
async def test_a_code_of_another_way_is_refused(kakao: Provider, client: httpx2.AsyncClient, secret: str) -> None:
    flow = new_flow()
    code = await code_for(client, kakao, flow, "ada")
    other = replace(flow, **{secret: f"{getattr(flow, secret)}x"})
    await refusal(kakao.profile(other, code), RefusalCode.BAD_CREDENTIALS)


async def test_an_app_need_not_have_a_secret(server: KakaoServer, client: httpx2.AsyncClient) -> None:
    kakao = made(server, client, client_secret=None)
    message = await refusal(profile_of(client, kakao, "ada"))
    assert message == "Kakao refuses this server (invalid_client).", "this one has"
    (asked,) = server.knocked(TOKEN)
    assert asked.form["client_id"] == CLIENT_ID
    assert "client_secret" not in asked.form


@pytest.mark.usefixtures("patience")
async def test_twenty_people_at_once_are_each_themselves(
    server: KakaoServer, kakao: Provider, client: httpx2.AsyncClient
) -> None:
    names = {f"person-{number}": number for number in range(100, 120)}
    server.people |= {name: kakao_person(number, name) for name, number in names.items()}
    for path in (TOKEN, ME):
        server.together[path] = asyncio.Barrier(20)
    profiles = await asyncio.gather(*(profile_of(client, kakao, name) for name in names))
    assert [(profile.name, profile.subject) for profile in profiles] == [
        (name, str(number)) for name, number in names.items()
    ]


async def test_whoever_denies_comes_back_without_a_code(kakao: Provider, client: httpx2.AsyncClient) -> None:
    flow = new_flow()
    back = await sign_in(client, await kakao.authorization_url(flow), None)
    assert (back.params["error"], back.params["state"]) == ("access_denied", flow.state)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("path", [TOKEN, ME, UNLINK])
async def test_a_fault_is_an_upstream_that_failed(
    server: KakaoServer, kakao: Provider, client: httpx2.AsyncClient, lines: Lines, path: str, fault: str
) -> None:
    server.failing_at[path].append(FAULTS[fault]())
    call = kakao.unlink(str(ADA)) if path == UNLINK else profile_of(client, kakao, "ada")
    assert (await refusal(call)).startswith("Kakao ")
    assert [line["event"] for line in lines] == ["stranger_failed"]
    assert await profile_of(client, kakao, "ada"), "and the next one is well again"


async def test_silence_ends_before_five_seconds(
    server: KakaoServer, kakao: Provider, client: httpx2.AsyncClient
) -> None:
    trips = [new_flow() for _ in range(4)]
    codes = [await code_for(client, kakao, flow, "ada") for flow in trips]
    for path in (TOKEN, ME, UNLINK):
        server.failing_at[path].extend([Silence(), Dripping()])
    began = time.monotonic()
    calls = [kakao.profile(flow, code) for flow, code in zip(trips, codes, strict=True)]
    messages = await asyncio.gather(*map(refusal, [*calls, kakao.unlink("1"), kakao.unlink("2")]))
    assert set(messages) == {"Kakao takes too long to answer."}
    assert 4.4 < time.monotonic() - began < 5


async def test_a_person_is_unlinked_and_unlinked_again(server: KakaoServer, kakao: Provider, lines: Lines) -> None:
    for _ in range(2):
        await kakao.unlink(str(ADA))
    assert server.unlinked == [str(ADA)]
    asked, _again = server.asked
    assert (asked.method, asked.url.path) == ("POST", UNLINK)
    assert asked.form == {"target_id_type": "user_id", "target_id": str(ADA)}
    assert asked.headers["authorization"] == f"KakaoAK {ADMIN_KEY}"
    assert lines == []


async def test_only_who_is_not_linked_is_no_fault(server: KakaoServer, kakao: Provider) -> None:
    for status, code in ((400, -2), (400, -103), (401, -101), (500, -101), (200, -101)):
        server.failing.append(JSONResponse({"msg": "x", "code": code}, status))
        await refusal(kakao.unlink(str(ADA)))
    server.failing.append(JSONResponse({"id": ADA + 1}))
    assert await refusal(kakao.unlink(str(ADA))) == "Kakao unlinked another person than it was asked to."


async def test_another_admin_key_than_kakao_gave_unlinks_nobody(
    server: KakaoServer, client: httpx2.AsyncClient, lines: Lines
) -> None:
    kakao = made(server, client, admin_key=f"{MARK}of-others")
    assert await refusal(kakao.unlink(str(ADA))) == "Kakao refuses the question (401)."
    assert server.unlinked == []
    assert len(lines) == 1


@pytest.mark.parametrize("nothing", [None, ""])
async def test_without_an_admin_key_nobody_is_asked(
    server: KakaoServer, client: httpx2.AsyncClient, nothing: str | None
) -> None:
    kakao = made(server, client, admin_key=nothing)
    assert "KAKAO_ADMIN_KEY" in await refusal(kakao.unlink(str(ADA)), RefusalCode.NOT_CONFIGURED)
    assert server.asked == []
