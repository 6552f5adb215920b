"""Instagram by the API and its door, with Meta on loopback: C12 to C15 of FEATURES."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from composition import Marquee
from tests.api.conftest import Api, Person, World
from tests.api.issuer import application, settings_like
from tests.api.personas.test_personas import created, deleted
from tests.integrations.meta_server import APP_SECRET, MetaServer, meta_server, page
from tests.secrecy import all_logs

FRONTEND = "https://app.marquee.test"
REFUSED = "... on Refusal { code message }"
PERSONA = "id instagramAuthorizedUntil instagram { instagramUserId username facebookPageId linkedAt }"
START = f"""mutation ($id: ID!) {{ startInstagramAuthorization(input: {{personaId: $id}}) {{
  ... on AuthorizationStarted {{ url }} {REFUSED} }} }}"""
ACCOUNTS = f"""query ($id: ID!) {{ instagramAccounts(personaId: $id) {{ ... on InstagramAccountList {{
  accounts {{ instagramUserId username facebookPageId facebookPageName }} }} {REFUSED} }} }}"""
LINK = f"""mutation ($id: ID!, $account: String!, $page: String!) {{
  linkInstagramAccount(input: {{personaId: $id, instagramUserId: $account, facebookPageId: $page}}) {{
    ... on Persona {{ {PERSONA} }} {REFUSED} }} }}"""
UNLINK = f"""mutation ($id: ID!) {{ unlinkInstagramAccount(input: {{personaId: $id}}) {{
  ... on Persona {{ {PERSONA} }} {REFUSED} }} }}"""
MINE = f"{{ viewer {{ personas {{ {PERSONA} }} }} }}"


@dataclass
class Front:
    """A front end, its server, and Meta."""

    marquee: Marquee
    api: Api
    meta: MetaServer

    async def said(self, operation: str, who: Person, id: str, **rest: Any) -> Any:
        ((answer),) = (await self.api.data(operation, who, id=id, **rest)).values()
        return answer

    async def persona(self, who: Person) -> str:
        return str((await created(self.api, who))["id"])

    async def come_back(self, url: str, **headers: str) -> httpx2.Response:
        """From Meta, where somebody allowed all; as a browser, that goes nowhere by itself."""
        return await self.api.client.get(self.meta.consent(url), headers=headers, follow_redirects=False)

    async def connected(self, who: Person) -> str:
        """A persona that is signed in at Meta."""
        persona = await self.persona(who)
        response = await self.come_back((await self.said(START, who, persona))["url"])
        assert response.headers["location"] == f"{FRONTEND}/mypage?ig=connected"
        return persona


@pytest.fixture
async def front(marquee: Marquee, world: World) -> AsyncIterator[Front]:
    async with meta_server() as meta:
        meta.pages.append(page())
        settings = settings_like(marquee, frontend_url=FRONTEND, **meta.settings())
        async with application(settings) as (other, api):
            yield Front(other, api, meta)


async def test_a_persona_signs_in_at_meta_and_is_linked_and_unlinked(front: Front, world: World) -> None:
    person = await world.person()
    persona = await front.persona(person)
    assert (await front.said(ACCOUNTS, person, persona))["code"] == "PERSONA_OAUTH_REQUIRED"
    started = await front.said(START, person, persona)
    asked = {name: value for name, (value,) in parse_qs(urlsplit(started["url"]).query).items()}
    assert asked["redirect_uri"] == "http://marquee.test/oauth/instagram/callback"
    assert asked["response_type"] == "code"
    response = await front.come_back(started["url"])
    assert (response.status_code, response.headers["location"]) == (303, f"{FRONTEND}/mypage?ig=connected")
    assert response.headers["cache-control"] == "no-store"
    (account, *_) = (await front.said(ACCOUNTS, person, persona))["accounts"]
    linked = await front.said(LINK, person, persona, account=account["instagramUserId"], page=account["facebookPageId"])
    assert linked["instagram"]["username"] == account["username"]
    assert linked["instagramAuthorizedUntil"] is not None
    assert (await front.api.data(MINE, person))["viewer"]["personas"] == [linked]
    unlinked = await front.said(UNLINK, person, persona)
    assert (unlinked["instagram"], unlinked["instagramAuthorizedUntil"]) == (None, None)
    assert await front.said(UNLINK, person, persona) == unlinked, "there is nothing more to unlink"
    assert (await front.said(ACCOUNTS, person, persona))["code"] == "PERSONA_OAUTH_REQUIRED"


async def test_a_state_is_good_once_however_many_come_back(front: Front, world: World) -> None:
    person = await world.person()
    url = (await front.said(START, person, await front.persona(person)))["url"]
    back = front.meta.consent(url)
    answers = await asyncio.gather(*(front.api.client.get(back, follow_redirects=False) for _ in range(8)))
    homes = sorted(parse_qs(urlsplit(answer.headers["location"]).query)["ig"][0] for answer in answers)
    assert homes == ["connected", *["failed"] * 7]
    assert len(await world.rows("select 1 from instagram_tokens")) == 1


@pytest.mark.parametrize(
    ("deed", "error"),
    [
        ("delete the persona", "persona_required"),
        ("sign out", "session_expired"),
        ("wait", "session_expired"),
        ("say no", "bad_credentials"),
        ("forge", "session_expired"),
    ],
)
async def test_whoever_comes_back_in_vain_is_told_why(front: Front, world: World, deed: str, error: str) -> None:
    person = await world.person()
    persona = await front.persona(person)
    url = (await front.said(START, person, persona))["url"]
    back = front.meta.consent(url)
    match deed:
        case "delete the persona":
            await deleted(front.api, person, persona)
        case "sign out":
            await front.api.data("mutation { logout }", person)
        case "wait":
            await world.rows("update one_time_codes set expires_at = now() - interval '1 second'")
        case "say no":
            back = f"{back.partition('code=')[0]}error=access_denied&state={parse_qs(urlsplit(back).query)['state'][0]}"
        case "forge":
            back = back.replace("state=", "state=x")
    location = (await front.api.client.get(back, follow_redirects=False)).headers["location"]
    assert location.startswith(f"{FRONTEND}/mypage?ig=failed&error={error}&error_description=")
    assert await world.rows("select 1 from instagram_tokens") == []


async def test_whoever_has_the_session_of_another_does_not_sign_their_persona_in(front: Front, world: World) -> None:
    attacker, victim = await world.person(), await world.person()
    url = (await front.said(START, attacker, await front.persona(attacker)))["url"]
    login = (
        """mutation { login(input: {email: "%s", password: "a password for tests", useCookie: true}) { __typename } }"""
    )
    body = {"query": login % victim.user.email}
    signed_in = await front.api.client.post(f"{front.api.base_url}/graphql", json=body)
    cookie = signed_in.headers["set-cookie"].partition(";")[0]
    response = await front.come_back(url, cookie=cookie)
    assert "error=session_expired" in response.headers["location"]
    assert await world.rows("select 1 from instagram_tokens") == []


async def test_another_persons_persona_is_nobodys(front: Front, world: World) -> None:
    person, other = await world.person(), await world.person()
    persona = await front.connected(person)
    for id in (persona, "nonsense"):
        assert (await front.said(START, other, id))["code"] == "PERSONA_REQUIRED"
        assert (await front.said(ACCOUNTS, other, id))["code"] == "NOT_FOUND"
        assert (await front.said(UNLINK, other, id))["code"] == "NOT_FOUND"
        assert (await front.said(LINK, other, id, account="1", page="2"))["code"] == "NOT_FOUND"
    assert (await front.said(LINK, person, persona, account="1", page="2"))["code"] == "NOT_FOUND"
    assert await world.rows("select 1 from instagram_links") == []
    for operation in (START, ACCOUNTS, UNLINK):
        assert (await front.api.ask(operation, None, id=persona)).codes == ["UNAUTHENTICATED"]


async def test_without_an_app_at_meta_it_is_told_so(api: Api, world: World) -> None:
    person = await world.person()
    persona = (await created(api, person))["id"]
    for operation in (START, ACCOUNTS):
        ((answer),) = (await api.data(operation, person, id=persona)).values()
        assert answer["code"] == "NOT_CONFIGURED"


async def test_nothing_secret_is_told_to_anybody(front: Front, world: World) -> None:
    person = await world.person()
    with all_logs() as (lines, text):
        persona = await front.connected(person)
        answers = [str(await front.said(ACCOUNTS, person, persona))]
        answers.append(str(await front.api.data(MINE, person)))
    told = "".join([*answers, str(lines)])
    assert not [secret for secret in front.meta.secrets if secret in told]
    # The code stands there all the same: this test's own browser writes down where it goes.
    assert not [secret for secret in (APP_SECRET, *front.meta.tokens) if secret in text.getvalue()]
    assert len(front.meta.tokens) == 2


async def test_a_token_is_renewed_before_its_end_by_one_of_many(front: Front, world: World) -> None:
    person = await world.person()
    await front.connected(person)
    until = "select round(extract(epoch from expires_at - now()) / 86400)::int from instagram_tokens"
    await world.rows(
        "update instagram_tokens set expires_at = now() + interval '5 days', renewed_at = now() - interval '40 days'"
    )
    renewed_before = len(front.meta.asked)
    (job,) = (job for job in front.marquee.jobs() if job.name == "renew Instagram tokens")
    await asyncio.gather(*(job.run() for _ in range(4)))
    assert await world.rows(until) == [(60,)]
    assert len(front.meta.asked) == renewed_before + 1
