"""Sign-in by Google: OpenID Connect spoken with a provider on loopback, and with an issuer that lies."""

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
from integrations.google import Google
from tests.integrations.oauth_servers import GoogleServer
from tests.integrations.oauth_stranger import (
    CLIENT_ID,
    CLIENT_SECRET,
    FAULTS,
    Asked,
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

DISCOVERY, TOKEN, KEYS = "/.well-known/openid-configuration", "/oauth2/token", "/jwks"
ADA = {"email": "Ada@Example.com", "email_verified": True, "name": "Ada Lovelace", "picture": "https://pics.example/a"}
Lines = list[Any]
pytestmark = pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning")  # the mock is behind authlib


@pytest.fixture(scope="module")
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    """It waits for ever and follows redirects: what is limited here, Google limits."""
    async with httpx2.AsyncClient(timeout=None, follow_redirects=True) as client:
        yield client


@pytest.fixture(scope="module")
async def provider() -> AsyncIterator[GoogleServer]:
    async with running(GoogleServer()) as provider:
        yield provider


@pytest.fixture
def server(provider: GoogleServer) -> GoogleServer:
    provider.forget()
    provider.people["ada"] = ADA
    return provider


@pytest.fixture
def google(server: GoogleServer, client: httpx2.AsyncClient) -> Google:
    return Google(client=client, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, issuer=server.url)


@pytest.fixture(autouse=True)
def lines(server: GoogleServer, caplog: pytest.LogCaptureFixture) -> Iterator[Lines]:
    with listening(server, caplog) as lines:
        yield lines


def of(path: str, server: GoogleServer) -> Asked:
    (asked,) = server.knocked(path)
    return asked


async def test_somebody_signs_in(
    server: GoogleServer, google: Provider, client: httpx2.AsyncClient, lines: Lines
) -> None:
    flow = new_flow()
    code = await code_for(client, google, flow, "ada")
    profile = await google.profile(flow, code)
    assert google.kind is IdentityProvider.GOOGLE
    assert profile == Profile(server.url, "ada", "Ada@Example.com", True, "Ada Lovelace", "https://pics.example/a")
    assert [asked.url.path for asked in server.asked] == [DISCOVERY, "/oauth2/authorize", TOKEN, KEYS]
    assert of("/oauth2/authorize", server).query == {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": flow.redirect_uri,
        "scope": "openid email profile",
        "state": flow.state,
        "nonce": flow.nonce,
        "code_challenge": challenge(flow.code_verifier),
        "code_challenge_method": "S256",
    }
    assert of(TOKEN, server).form == {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": flow.redirect_uri,
        "code_verifier": flow.code_verifier,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
    }
    assert lines == []


async def test_a_person_may_have_neither_name_nor_address_nor_picture(
    server: GoogleServer, google: Provider, client: httpx2.AsyncClient
) -> None:
    server.people["nobody"] = {}
    assert await profile_of(client, google, "nobody") == Profile(server.url, "nobody", None, False, None, None)


@pytest.mark.parametrize("verified", [False, "true", 1, None])
async def test_an_address_is_verified_where_google_says_exactly_so(
    server: GoogleServer, google: Provider, client: httpx2.AsyncClient, verified: object
) -> None:
    server.people["ada"] = {**ADA, "email_verified": verified}
    profile = await profile_of(client, google, "ada")
    assert (profile.email, profile.email_verified) == ("Ada@Example.com", False)


ODD: dict[str, list[tuple[object, str | None]]] = {
    "name": [(" Ada\n L. \x00", "Ada L."), ("x" * 300, "x" * 100), ("\u200b \x07", None), (5, None), (["Ada"], None)],
    "picture": [
        ("http://pics.example/a", None),
        ("https://pics.example/" + "a" * 2000, None),
        ("https://user@pics.example/a", None),
        ("https:///a", None),
        ("https://[::1", None),
        ("https://pics.example/a b", None),
        ("javascript:alert(1)", None),
        (5, None),
    ],
    "email": [
        ("ada", None),
        ("ada@", None),
        ("a@b@c", None),
        ("a b@c", None),
        ("a" * 250 + "@b.example", None),
        (5, None),
    ],
}


@pytest.mark.parametrize(("claim", "value", "kept"), [(claim, *pair) for claim, pairs in ODD.items() for pair in pairs])
async def test_what_cannot_be_shown_or_stored_is_left_out(
    server: GoogleServer, google: Provider, client: httpx2.AsyncClient, claim: str, value: object, kept: str | None
) -> None:
    server.people["ada"] = {**ADA, claim: value}
    profile = await profile_of(client, google, "ada")
    assert {"name": profile.name, "picture": profile.picture_url, "email": profile.email}[claim] == kept
    assert profile.email_verified is (profile.email is not None)


async def test_a_code_works_once(google: Provider, client: httpx2.AsyncClient) -> None:
    flow = new_flow()
    code = await code_for(client, google, flow, "ada")
    assert await google.profile(flow, code)
    assert "does not take" in await refusal(google.profile(flow, code), RefusalCode.BAD_CREDENTIALS)


@pytest.mark.parametrize("secret", ["code_verifier", "nonce", "redirect_uri"])
async def test_a_code_of_another_way_is_refused(google: Provider, client: httpx2.AsyncClient, secret: str) -> None:
    flow = new_flow()
    code = await code_for(client, google, flow, "ada")
    other = replace(flow, **{secret: f"{getattr(flow, secret)}x"})
    await refusal(google.profile(other, code), RefusalCode.BAD_CREDENTIALS)


@pytest.mark.parametrize("code", ["", "\n", "secret-\x00", "secret-\udc80", "secret-é", "secret-" * 1000])
async def test_what_can_be_no_code_is_not_sent(server: GoogleServer, google: Provider, code: str) -> None:
    await refusal(google.profile(new_flow(), code), RefusalCode.BAD_CREDENTIALS)
    assert not server.knocked(TOKEN)


async def test_another_secret_than_google_gave_is_no_fault_of_the_person(
    server: GoogleServer, client: httpx2.AsyncClient, lines: Lines
) -> None:
    for wrong in ("secret-of-others", None):
        google = Google(client=client, client_id=CLIENT_ID, client_secret=wrong, issuer=server.url)
        assert await refusal(profile_of(client, google, "ada")) == "Google refuses this server (invalid_client)."
    assert [line["log_level"] for line in lines] == ["warning"] * 2


@pytest.mark.usefixtures("patience")
async def test_twenty_people_at_once_are_each_themselves(
    server: GoogleServer, google: Provider, client: httpx2.AsyncClient
) -> None:
    names = [f"person-{number}" for number in range(20)]
    server.people |= {name: {"email": f"{name}@example.com", "email_verified": True, "name": name} for name in names}
    server.together[TOKEN] = asyncio.Barrier(20)
    profiles = await asyncio.gather(*(profile_of(client, google, name) for name in names))
    assert profiles == [Profile(server.url, name, f"{name}@example.com", True, name, None) for name in names]
    assert (len(server.knocked(DISCOVERY)), len(server.knocked(TOKEN)), len(server.knocked(KEYS))) == (1, 20, 1)


async def test_whoever_denies_comes_back_without_a_code(google: Provider, client: httpx2.AsyncClient) -> None:
    flow = new_flow()
    back = await sign_in(client, await google.authorization_url(flow), None)
    assert (back.params["error"], back.params["state"]) == ("access_denied", flow.state)
    assert str(back).startswith(f"{flow.redirect_uri}?")


async def test_a_failed_discovery_is_tried_again_and_a_good_one_is_kept(server: GoogleServer, google: Provider) -> None:
    server.failing.append(FAULTS["503"]())
    refused = [refusal(google.authorization_url(new_flow())) for _ in range(20)]
    assert set(await asyncio.gather(*refused)) == {"Google refuses the question (503)."}
    assert len(server.asked) == 1, "one question for all who ask at once"
    for _ in range(3):
        assert await google.authorization_url(new_flow())
    assert len(server.asked) == 2


async def test_a_discovery_goes_on_when_who_began_it_leaves(server: GoogleServer, google: Provider) -> None:
    server.together[DISCOVERY] = asyncio.Barrier(2)
    first = asyncio.create_task(google.authorization_url(new_flow()))
    second = asyncio.create_task(google.authorization_url(new_flow()))
    await asyncio.wait([first], timeout=0.05)
    first.cancel()
    await asyncio.wait([first])
    await server.together[DISCOVERY].wait()
    assert await second
    assert len(server.asked) == 1


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("path", [DISCOVERY, TOKEN, KEYS])
async def test_a_fault_is_an_upstream_that_failed(
    server: GoogleServer, google: Provider, client: httpx2.AsyncClient, lines: Lines, path: str, fault: str
) -> None:
    server.failing_at[path].append(FAULTS[fault]())
    assert (await refusal(profile_of(client, google, "ada"))).startswith("Google ")
    assert lines[-1]["event"] == "stranger_failed"
    if path != KEYS:  # of keys that could not be had, KeySet waits a second before it asks again
        assert await profile_of(client, google, "ada"), "and the next one is well again"


async def test_keys_that_are_none_are_an_upstream_that_failed(
    server: GoogleServer, google: Provider, client: httpx2.AsyncClient
) -> None:
    server.failing_at[KEYS].append(JSONResponse({"keys": "rubbish"}))
    assert await refusal(profile_of(client, google, "ada")) == "Google does not tell its keys."


async def test_nobody_at_the_address_is_an_upstream_that_failed(client: httpx2.AsyncClient) -> None:
    google = Google(client=client, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, issuer="http://127.0.0.1:1")
    assert await refusal(google.authorization_url(new_flow())) == "Google cannot be reached (ConnectError)."


async def test_silence_ends_before_five_seconds(
    server: GoogleServer, google: Provider, client: httpx2.AsyncClient
) -> None:
    others = [Google(client=client, client_id=CLIENT_ID, client_secret=None, issuer=server.url) for _ in range(2)]
    trips = [new_flow() for _ in range(3)]
    codes = [await code_for(client, google, flow, "ada") for flow in trips]
    server.failing_at[TOKEN].extend([Silence(), Dripping()])
    server.failing_at[KEYS].append(Dripping())
    server.failing_at[DISCOVERY].extend([Silence(), Dripping()])
    calls = [google.profile(flow, code) for flow, code in zip(trips, codes, strict=True)]
    began = time.monotonic()
    messages = await asyncio.gather(*map(refusal, [*calls, *(other.authorization_url(new_flow()) for other in others)]))
    assert time.monotonic() - began < 5
    assert set(messages) == {"Google takes too long to answer.", "Google does not tell its keys."}
