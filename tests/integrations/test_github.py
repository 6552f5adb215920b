"""Sign-in by GitHub, spoken with a server on loopback that answers as its documentation says."""

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
from integrations.github import GitHub
from tests.integrations.oauth_servers import GitHubServer, github_person
from tests.integrations.oauth_stranger import (
    CLIENT_ID,
    CLIENT_SECRET,
    FAULTS,
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

AUTHORIZE, TOKEN, USER, EMAILS = "/login/oauth/authorize", "/login/oauth/access_token", "/user", "/user/emails"
PICTURE = "https://avatars.githubusercontent.com/u/7?v=4"
Lines = list[Any]


@pytest.fixture(scope="module")
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    """It waits for ever and follows redirects: what is limited here, GitHub limits."""
    async with httpx2.AsyncClient(timeout=None, follow_redirects=True) as client:
        yield client


@pytest.fixture(scope="module")
async def provider() -> AsyncIterator[GitHubServer]:
    async with running(GitHubServer()) as provider:
        yield provider


@pytest.fixture
def server(provider: GitHubServer) -> GitHubServer:
    provider.forget()
    provider.people["ada"] = github_person(7, "ada")
    return provider


@pytest.fixture
def github(server: GitHubServer, client: httpx2.AsyncClient) -> GitHub:
    return GitHub(
        client=client, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, url=server.url, api_url=f"{server.url}/"
    )


@pytest.fixture(autouse=True)
def lines(server: GitHubServer, caplog: pytest.LogCaptureFixture) -> Iterator[Lines]:
    with listening(server, caplog) as lines:
        yield lines


async def test_somebody_signs_in(
    server: GitHubServer, github: Provider, client: httpx2.AsyncClient, lines: Lines
) -> None:
    flow = new_flow()
    code = await code_for(client, github, flow, "ada")
    profile = await github.profile(flow, code)
    assert github.kind is IdentityProvider.GITHUB
    assert profile == Profile(server.url, "7", "ada@example.com", True, "Ada of GitHub", PICTURE)
    authorized, redeemed, user, emails = server.asked
    assert [asked.url.path for asked in server.asked] == [AUTHORIZE, TOKEN, USER, EMAILS]
    assert authorized.query == {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": flow.redirect_uri,
        "scope": "read:user user:email",
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
    for asked in (user, emails):
        assert asked.method == "GET"
        assert asked.headers.getlist("accept") == ["application/vnd.github+json"]
        assert asked.headers["user-agent"] == "Marquee"
    assert redeemed.headers["user-agent"] == "Marquee"
    assert lines == []


async def test_a_person_without_a_name_goes_by_the_login(
    server: GitHubServer, github: Provider, client: httpx2.AsyncClient
) -> None:
    for nothing in (None, "", " \n", "\u200b"):
        server.people["ada"] = github_person(7, "ada", name=nothing, avatar_url=nothing)
        profile = await profile_of(client, github, "ada")
        assert (profile.name, profile.picture_url, profile.subject) == ("ada", None, "7")


def email(address: str, *, primary: bool, verified: bool) -> dict[str, Any]:
    return {"email": address, "primary": primary, "verified": verified, "visibility": None}


OTHER = email("other@example.com", primary=False, verified=True)
PRIMARY: dict[str, tuple[list[dict[str, Any]], str | None, bool]] = {
    "verified": ([OTHER, email("Ada@Example.com", primary=True, verified=True)], "Ada@Example.com", True),
    "unverified": ([OTHER, email("ada@example.com", primary=True, verified=False)], "ada@example.com", False),
    "not there": ([OTHER], None, False),
    "no address": ([email("rubbish", primary=True, verified=True)], None, False),
    "of nobody": ([], None, False),
}


@pytest.mark.parametrize("primary", PRIMARY)
async def test_the_address_is_the_primary_one_verified_or_not(
    server: GitHubServer, github: Provider, client: httpx2.AsyncClient, primary: str
) -> None:
    emails, address, verified = PRIMARY[primary]
    server.people["ada"] = github_person(7, "ada", emails=emails)
    profile = await profile_of(client, github, "ada")
    assert (profile.email, profile.email_verified) == (address, verified)


async def test_who_grants_no_address_has_none(
    server: GitHubServer, github: Provider, client: httpx2.AsyncClient
) -> None:
    server.people["ada"] = github_person(7, "ada", granted="read:user")
    assert (await profile_of(client, github, "ada")).email is None
    message = "Resource not accessible by integration"
    server.failing_at[EMAILS].append(JSONResponse({"message": message, "status": "403"}, 403))
    assert (await profile_of(client, github, "ada")).email is None


@pytest.mark.parametrize("header", [{"retry-after": "60"}, {"x-ratelimit-remaining": "0"}], ids=str)
async def test_too_many_questions_are_not_a_person_without_an_address(
    server: GitHubServer, github: Provider, client: httpx2.AsyncClient, header: dict[str, str]
) -> None:
    server.failing_at[EMAILS].append(JSONResponse({"message": "API rate limit exceeded"}, 403, header))
    assert await refusal(profile_of(client, github, "ada")) == "GitHub refuses the question (403)."


async def test_a_code_works_once(github: Provider, client: httpx2.AsyncClient, lines: Lines) -> None:
    flow = new_flow()
    code = await code_for(client, github, flow, "ada")
    assert await github.profile(flow, code)
    assert "does not take" in await refusal(github.profile(flow, code), RefusalCode.BAD_CREDENTIALS)
    assert lines == []


async def test_a_code_of_another_way_is_refused(github: Provider, client: httpx2.AsyncClient) -> None:
    flow = new_flow()
    code = await code_for(client, github, flow, "ada")
    other = replace(flow, code_verifier=new_flow().code_verifier)
    await refusal(github.profile(other, code), RefusalCode.BAD_CREDENTIALS)


@pytest.mark.parametrize("status", [200, 400, 401])
async def test_an_error_that_quotes_what_it_was_sent_is_not_told(
    server: GitHubServer, github: Provider, lines: Lines, status: int
) -> None:
    for error in (CLIENT_SECRET, "invalid_client"):
        answer = {"error": error, "error_description": f"for {CLIENT_SECRET}", "error_uri": CLIENT_SECRET}
        server.failing.append(JSONResponse(answer, status))
    await refusal(github.profile(new_flow(), "secret-code"), RefusalCode.BAD_CREDENTIALS)
    await refusal(github.profile(new_flow(), "secret-code"))
    assert [line["reason"] for line in lines] == ["refuses this server (invalid_client)"]


async def test_what_this_server_does_wrong_is_no_fault_of_the_person(
    server: GitHubServer, github: Provider, client: httpx2.AsyncClient
) -> None:
    stranger = GitHub(
        client=client, client_id=CLIENT_ID, client_secret="secret-of-others", url=server.url, api_url=server.url
    )
    message = await refusal(profile_of(client, stranger, "ada"))
    assert message == "GitHub refuses this server (incorrect_client_credentials)."
    flow = new_flow()
    code = await code_for(client, github, flow, "ada")
    message = await refusal(github.profile(replace(flow, redirect_uri="https://marquee.example/"), code))
    assert message == "GitHub refuses this server (redirect_uri_mismatch)."


@pytest.mark.usefixtures("patience")
async def test_twenty_people_at_once_are_each_themselves(
    server: GitHubServer, github: Provider, client: httpx2.AsyncClient
) -> None:
    names = {f"person-{number}": number for number in range(100, 120)}
    server.people |= {name: github_person(number, name) for name, number in names.items()}
    for path in (TOKEN, USER, EMAILS):
        server.together[path] = asyncio.Barrier(20)
    profiles = await asyncio.gather(*(profile_of(client, github, name) for name in names))
    assert [(profile.subject, profile.email) for profile in profiles] == [
        (str(number), f"{name}@example.com") for name, number in names.items()
    ]


async def test_no_cookie_of_one_person_comes_back_with_another(
    server: GitHubServer, github: Provider, client: httpx2.AsyncClient
) -> None:
    flow = new_flow()
    code = await code_for(client, github, flow, "ada")
    answer = {"access_token": server.new_token(server.codes[code]), "token_type": "bearer", "scope": "read:user"}
    server.failing_at[TOKEN].append(JSONResponse(answer, headers={"set-cookie": "_gh_sess=of-ada; Path=/"}))
    await github.profile(flow, code)
    await profile_of(client, github, "ada")
    assert not [asked for asked in server.asked if asked.url.path != AUTHORIZE and "cookie" in asked.headers]


async def test_a_login_that_the_question_names_signs_in_at_once(
    server: GitHubServer, github: Provider, client: httpx2.AsyncClient
) -> None:
    flow = new_flow()
    address = await github.authorization_url(flow)
    page = await client.get(address)
    assert "<option>ada" in page.text
    response = await client.get(f"{address}&login=ada", follow_redirects=False)
    profile = await github.profile(flow, httpx2.URL(response.headers["location"]).params["code"])
    assert profile.subject == "7"
    back = await sign_in(client, address, None)
    assert (back.params["error"], back.params["state"]) == ("access_denied", flow.state)


PLACES = [(path, fault) for path in (TOKEN, USER, EMAILS) for fault in FAULTS]
PLACES.remove((EMAILS, "404 without JSON"))  # GitHub's way to say that the address is not to be seen


@pytest.mark.parametrize(("path", "fault"), PLACES)
async def test_a_fault_is_an_upstream_that_failed(
    server: GitHubServer, github: Provider, client: httpx2.AsyncClient, lines: Lines, path: str, fault: str
) -> None:
    server.failing_at[path].append(FAULTS[fault]())
    assert (await refusal(profile_of(client, github, "ada"))).startswith("GitHub ")
    assert [line["event"] for line in lines] == ["stranger_failed"]
    assert await profile_of(client, github, "ada"), "and the next one is well again"


async def test_a_token_that_github_does_not_know_is_an_upstream_that_failed(
    server: GitHubServer, github: Provider, client: httpx2.AsyncClient
) -> None:
    answer = {"access_token": "secret-of-nobody", "token_type": "bearer", "scope": ""}
    server.failing_at[TOKEN].append(JSONResponse(answer))
    assert await refusal(profile_of(client, github, "ada")) == "GitHub refuses the question (401)."


async def test_nobody_at_the_address_is_an_upstream_that_failed(client: httpx2.AsyncClient) -> None:
    github = GitHub(client=client, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, url="http://127.0.0.1:1")
    assert await refusal(github.profile(new_flow(), "x")) == "GitHub cannot be reached (ConnectError)."


async def test_silence_ends_before_five_seconds(
    server: GitHubServer, github: Provider, client: httpx2.AsyncClient
) -> None:
    trips = [new_flow() for _ in range(6)]
    codes = [await code_for(client, github, flow, "ada") for flow in trips]
    for path in (TOKEN, USER, EMAILS):
        server.failing_at[path].extend([Silence(), Dripping()])
    began = time.monotonic()
    calls = [refusal(github.profile(flow, code)) for flow, code in zip(trips, codes, strict=True)]
    assert set(await asyncio.gather(*calls)) == {"GitHub takes too long to answer."}
    assert 4.4 < time.monotonic() - began < 5
    assert len(server.knocked(EMAILS)) == 2


async def test_unlinking_asks_nobody(server: GitHubServer, github: Provider) -> None:
    await github.unlink("7")
    assert server.asked == []
