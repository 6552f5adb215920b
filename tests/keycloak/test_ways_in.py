"""The whole server with a real Keycloak beside it: A1 to A5 of FEATURES, A1, A2, A5 and A7 of GUARD."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import httpx2
import pytest

from composition import Marquee
from domain import ids
from tests.api.conftest import Api, World, forgetful
from tests.api.issuer import application, settings_like
from tests.api.test_subscriptions import WATCH, connected
from tests.keycloak.conftest import PASSWORD, RunningKeycloak, is_locked
from tests.keycloak.test_accounts import changed
from tests.serving import serving

ANSWER = """{
    ... on SignedIn { tokens { accessToken } viewer { email user { id } } } ... on Refusal { code problems { field } }
}"""
REGISTER = f"mutation ($input: RegisterInput!) {{ register(input: $input) {ANSWER} }}"
LOGIN = f"mutation ($input: LoginInput!) {{ login(input: $input) {ANSWER} }}"
CHANGE = f"mutation ($input: ChangePasswordInput!) {{ changePassword(input: $input) {ANSWER} }}"
VIEWER = "{ viewer { email identities { provider } } }"
PLAY = "mutation ($id: ID!) { startStream(input: {contentId: $id}) { ... on StreamStarted { url } } }"
NEW = "another password"


def settings_with(world: World, keycloak: RunningKeycloak, **changes: Any) -> Any:
    names = ("url", "realm", "client_id", "client_secret", "admin_username", "admin_password")
    known = {f"keycloak_{name}": getattr(keycloak, name) for name in names}
    return settings_like(world.marquee, **known, **changes)


@asynccontextmanager
async def served(settings: Any) -> AsyncIterator[Api]:
    """Over real HTTP and WebSockets."""
    marquee = Marquee(settings, settings.dsn() or "")
    marquee.http.timeout = httpx2.Timeout(12)  # as patient as those who ask Keycloak
    running = serving(marquee.application())
    async with running as address, httpx2.AsyncClient(timeout=20) as client:
        yield Api(address, forgetful(client))


@pytest.fixture
async def house(world: World, keycloak: RunningKeycloak) -> AsyncIterator[Api]:
    """Our server, whose accounts are at Keycloak."""
    async with served(settings_with(world, keycloak)) as api:
        yield api


async def ask(api: Api, query: str, who: str | None = None, **given: Any) -> Any:
    """What the one field of a mutation answers."""
    return next(iter((await api.data(query, who, input=given)).values()))


async def register(api: Api, email: str, password: str = PASSWORD, **more: Any) -> Any:
    return await ask(api, REGISTER, email=email, password=password, **more)


async def there(admin: httpx2.AsyncClient, email: str) -> list[dict[str, Any]]:
    answer: list[dict[str, Any]] = (await admin.get("users", params={"email": email, "exact": "true"})).json()
    return answer


async def test_an_account_is_made_there_and_here(
    house: Api, world: World, keycloak: RunningKeycloak, admin: httpx2.AsyncClient, email: str
) -> None:
    made = await register(house, email, firstName="Ada", lastName="Lovelace", regionCode="GB")
    assert made["viewer"]["email"] == email
    (account,) = await there(admin, email)
    assert (account["firstName"], account["lastName"], account["enabled"]) == ("Ada", "Lovelace", True)
    identity = "select issuer, subject, provider::text from identities"
    assert await world.rows(identity) == [(keycloak.issuer, account["id"], "KEYCLOAK")]
    assert await world.rows("select region_code, password_hash from users") == [("GB", None)]
    for token in (made["tokens"]["accessToken"], (await ask(house, LOGIN, email=email, password=PASSWORD))["tokens"]):
        bearer = token if isinstance(token, str) else token["accessToken"]
        viewer = (await house.data(VIEWER, bearer))["viewer"]
        assert viewer == {"email": email, "identities": [{"provider": "KEYCLOAK"}]}


async def test_an_account_that_cannot_be_written_here_is_undone_there(
    house: Api, world: World, admin: httpx2.AsyncClient, email: str
) -> None:
    await world.person(email=email)
    assert (await register(house, email))["code"] == "ALREADY_EXISTS"
    assert await there(admin, email) == []


async def test_while_the_database_is_away_no_account_stays_there(
    world: World, keycloak: RunningKeycloak, admin: httpx2.AsyncClient, email: str
) -> None:
    async with application(settings_with(world, keycloak)) as (marquee, api):
        await world.rows("alter table sessions rename to sessions_away")
        try:
            answer = await api.ask(REGISTER, input={"email": email, "password": PASSWORD})
        finally:
            await world.rows("alter table sessions_away rename to sessions")
        assert answer.codes == ["INTERNAL"]
        assert await there(admin, email) == []
        await marquee.database.close()
        assert (await api.ask(REGISTER, input={"email": email, "password": PASSWORD})).codes == ["UNAVAILABLE"]
        await marquee.database.open()
    assert await world.rows("select count(*) from users") == [(0,)]


async def test_of_many_who_race_for_one_address_one_has_an_account(
    house: Api, world: World, admin: httpx2.AsyncClient, email: str
) -> None:
    passwords = [f"password number {number}" for number in range(8)]
    answers = await asyncio.gather(*(register(house, email, password) for password in passwords))
    assert sum("tokens" in answer for answer in answers) == 1
    assert {answer.get("code") for answer in answers} == {None, "ALREADY_EXISTS"}
    assert len(await there(admin, email)) == 1
    assert await world.rows("select count(*) from users") == [(1,)]


async def test_who_was_cut_off_in_the_middle_may_register_again(
    house: Api, world: World, keycloak: RunningKeycloak, email: str
) -> None:
    await register(house, email)
    await world.rows("delete from users")
    assert (await register(house, email, NEW))["code"] == "ALREADY_EXISTS", "that is somebody else's account"
    assert await world.rows("select count(*) from users") == [(0,)]
    assert "tokens" in await register(house, email)


async def test_guessing_a_password_by_registering_is_counted_as_guessing(
    house: Api, world: World, admin: httpx2.AsyncClient, email: str
) -> None:
    await register(house, email)
    await world.rows("delete from users")
    guesses = [await register(house, email, f"a guess, number {number}") for number in range(10)]
    assert {guess["code"] for guess in guesses} == {"ALREADY_EXISTS"}
    assert await is_locked(admin, email, partial(register, house, email, "another guess"))
    assert (await register(house, email))["code"] == "ALREADY_EXISTS", "not even the right one, for now"
    assert (await house.ask(LOGIN, input={"email": email, "password": PASSWORD})).codes == ["RATE_LIMITED"]


async def test_another_persons_account_that_is_only_called_so_is_not_taken_over(
    house: Api, world: World, admin: httpx2.AsyncClient, email: str
) -> None:
    await register(house, f"x-{email}")
    (account,) = await there(admin, f"x-{email}")
    async with changed(admin, "", editUsernameAllowed=True):
        (await admin.put(f"users/{account['id']}", json={**account, "username": email})).raise_for_status()
    await world.rows("delete from users")
    assert (await register(house, email))["code"] == "ALREADY_EXISTS"
    assert await world.rows("select count(*) from users") == [(0,)]


async def test_who_is_deleted_here_is_deleted_there(house: Api, admin: httpx2.AsyncClient, email: str) -> None:
    made = await register(house, email)
    delete = "mutation ($id: ID!) { deleteUser(input: {id: $id}) { __typename } }"
    person = made["viewer"]["user"]["id"]
    assert await house.data(delete, made["tokens"]["accessToken"], id=person) == {
        "deleteUser": {"__typename": "Deleted"}
    }
    assert await there(admin, email) == []
    assert "tokens" in await register(house, email, NEW)


async def test_what_keycloak_does_not_take_is_told_by_field(
    house: Api, world: World, admin: httpx2.AsyncClient, email: str
) -> None:
    async with changed(admin, "", passwordPolicy="digits(3)"):
        refused = await register(house, email)
    assert refused == {"code": "VALIDATION_FAILED", "problems": [{"field": ["input", "password"]}]}
    assert await world.rows("select count(*) from users") == [(0,)]


async def test_a_wrong_password_and_nobody_look_alike(house: Api, email: str) -> None:
    await register(house, email)
    for address, password in ((email, "wrong"), ("nobody@example.com", PASSWORD)):
        refused = await ask(house, LOGIN, email=address, password=password)
        assert refused == {"code": "BAD_CREDENTIALS", "problems": []}


async def test_somebody_whom_only_keycloak_knows_is_told_so(
    house: Api, world: World, admin: httpx2.AsyncClient, email: str
) -> None:
    await register(house, email)
    await world.rows("delete from users")
    for _ in range(12):  # a right password is not counted, whatever else is in the way
        answer = await house.ask(LOGIN, input={"email": email, "password": PASSWORD})
        assert answer.codes == ["USER_NOT_FOUND"]
    assert answer.body["errors"][0]["message"] == "User not found in database"


async def test_whoever_has_a_password_here_keeps_it_here(house: Api, world: World, email: str) -> None:
    from_before = await world.person(email=email)
    signed_in = await ask(house, LOGIN, email=email, password="a password for tests")
    assert signed_in["viewer"]["user"]["id"] == from_before.id


async def test_tokens_straight_from_keycloak_open_every_door(
    house: Api, world: World, keycloak: RunningKeycloak, email: str
) -> None:
    await register(house, email)
    content = await world.content()
    token = (await keycloak.tokens(email, PASSWORD))["access_token"]
    assert (await house.data(VIEWER, token))["viewer"]["email"] == email
    headers = {"authorization": f"Bearer {token}", "accept": "text/event-stream"}
    events = await house.client.post(f"{house.base_url}/graphql", json={"query": VIEWER}, headers=headers)
    assert email in events.text
    url = (await house.data(PLAY, token, id=ids.encode("Content", content.id)))["startStream"]["url"]
    assert (await house.client.get(url)).status_code == 200
    async with connected(house.base_url, token) as socket:
        await socket.subscribe(WATCH)
        assert await house.data("mutation { logout }", token) == {"logout": True}
        assert await socket.closed() == 4403
    assert (await house.client.get(url)).status_code == 404
    assert (await house.ask(VIEWER, token)).codes == ["UNAUTHENTICATED"]


async def test_other_tokens_of_keycloak_open_none(house: Api, keycloak: RunningKeycloak, email: str) -> None:
    await register(house, email)
    tokens = await keycloak.tokens(email, PASSWORD)
    for kind in ("id_token", "refresh_token"):
        answer = await house.ask(VIEWER, tokens[kind])
        assert (answer.response.status_code, answer.codes) == (401, ["UNAUTHENTICATED"]), kind
    assert (await house.ask(VIEWER, await keycloak.admin_token())).codes == ["UNAUTHENTICATED"], "another realm"


async def test_an_address_that_is_not_verified_there_is_nobodys(
    house: Api, world: World, keycloak: RunningKeycloak, admin: httpx2.AsyncClient, email: str
) -> None:
    await register(house, email)
    (account,) = await there(admin, email)
    await admin.put(f"users/{account['id']}", json={**account, "emailVerified": False})
    token = (await keycloak.tokens(email, PASSWORD))["access_token"]
    assert (await house.ask(VIEWER, token)).codes == ["UNAUTHENTICATED"]
    assert (await ask(house, LOGIN, email=email, password=PASSWORD))["code"] == "BAD_CREDENTIALS"


async def test_production_takes_no_passwords_for_keycloak_unless_it_is_told_to(
    world: World, keycloak: RunningKeycloak, email: str
) -> None:
    settings = settings_with(world, keycloak, environment="production")
    async with application(settings) as (_, api):
        made = await register(api, email)
        await world.person(email="from-before@example.com")
        for address in (email, "from-before@example.com", "nobody@example.com"):
            assert (await ask(api, LOGIN, email=address, password=PASSWORD))["code"] == "NOT_CONFIGURED"
        mine = made["tokens"]["accessToken"]
        changed = await ask(api, CHANGE, mine, currentPassword=PASSWORD, newPassword=NEW)
        assert changed["code"] == "NOT_CONFIGURED"
        token = (await keycloak.tokens(email, PASSWORD))["access_token"]
        assert (await api.data(VIEWER, token))["viewer"]["email"] == email
    async with application(settings.model_copy(update={"keycloak_password_grant": True})) as (_, api):
        assert "tokens" in await ask(api, LOGIN, email=email, password=PASSWORD)


async def test_while_keycloak_is_away_what_does_not_need_it_goes_on(
    world: World, keycloak: RunningKeycloak, email: str
) -> None:
    settings = settings_with(world, keycloak).model_copy(update={"keycloak_url": "http://127.0.0.1:9"})
    person = await world.person(email=email)
    async with application(settings) as (_, api):
        assert (await register(api, "new@example.com"))["code"] == "UPSTREAM_FAILED"
        assert await world.rows("select count(*) from users") == [(1,)]
        for _ in range(12):  # an outage is nobody's wrong password
            assert (await ask(api, LOGIN, email="nobody@example.com", password="x"))["code"] == "UPSTREAM_FAILED"
        assert (await api.data(VIEWER, person))["viewer"]["email"] == email
        assert "tokens" in await ask(api, LOGIN, email=email, password=PASSWORD)
