"""The admin's token, with which accounts are made: how often it is fetched, and what becomes of one that is refused."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2
import pytest
from structlog.testing import capture_logs

from domain.accounts import Accounts, NewAccount
from domain.errors import Refusal, RefusalCode
from tests.keycloak.conftest import PASSWORD, RunningKeycloak, adapter

Lines = list[Any]


class Counting(httpx2.AsyncClient):
    """How often a token was asked for, in any realm."""

    tokens = 0

    async def request(self, method: Any, url: Any, **given: Any) -> httpx2.Response:
        self.tokens += str(url).endswith("/token")
        return await super().request(method, url, **given)


@pytest.fixture
async def client() -> AsyncIterator[Counting]:
    async with Counting() as client:
        yield client


@pytest.fixture
def accounts(keycloak: RunningKeycloak, client: Counting) -> Accounts:
    return adapter(keycloak, client)


@pytest.fixture
def lines() -> Iterator[Lines]:
    with capture_logs() as lines:
        yield lines


async def end_the_admins_sessions(keycloak: RunningKeycloak) -> None:
    async with httpx2.AsyncClient(base_url=f"{keycloak.url}/admin/realms/master", timeout=20) as client:
        client.headers["Authorization"] = f"Bearer {await keycloak.admin_token()}"
        (who,) = (await client.get("users", params={"username": keycloak.admin_username, "exact": "true"})).json()
        (await client.post(f"users/{who['id']}/logout")).raise_for_status()


async def test_many_who_ask_at_once_share_one_token(accounts: Accounts, client: Counting) -> None:
    await asyncio.gather(*(accounts.delete(f"nobody{n}") for n in range(20)))
    await asyncio.gather(*(accounts.end_sessions(f"nobody{n}") for n in range(20)))
    assert client.tokens == 1


async def test_a_token_that_is_no_longer_taken_is_replaced_once_for_all(
    accounts: Accounts, client: Counting, keycloak: RunningKeycloak, email: str, lines: Lines
) -> None:
    await accounts.delete("nobody")
    await end_the_admins_sessions(keycloak)
    new = NewAccount(email, PASSWORD, None, None)
    subject, *_ = await asyncio.gather(accounts.create(new), *(accounts.delete(f"nobody{n}") for n in range(19)))
    assert subject
    assert client.tokens == 2
    assert lines == [], "nobody need know"


async def test_who_asks_and_leaves_spoils_nothing_for_the_others(accounts: Accounts, client: Counting) -> None:
    first, *others = [asyncio.create_task(accounts.delete(f"nobody{n}")) for n in range(5)]
    while not client.tokens:
        await asyncio.sleep(0)
    first.cancel()
    await asyncio.gather(*others)
    assert first.cancelled()
    assert client.tokens == 2


WRONG = {"admin_password": "no admin's password", "admin_username": "no admin"}


@pytest.mark.parametrize("setting", WRONG)
async def test_an_admin_who_is_none_there_is_told_to_client_and_log(
    keycloak: RunningKeycloak, client: Counting, email: str, lines: Lines, setting: str
) -> None:
    accounts = adapter(keycloak, client, **{setting: WRONG[setting]})
    with pytest.raises(Refusal, match="does not accept this server's admin") as caught:
        await accounts.create(NewAccount(email, PASSWORD, None, None))
    assert caught.value.refused.code is RefusalCode.UPSTREAM_FAILED
    (line,) = lines
    assert (line["log_level"], line["stranger"]) == ("warning", "Keycloak")
    assert not any(secret in repr(line) for secret in (PASSWORD, *WRONG.values(), keycloak.admin_password))


@pytest.mark.parametrize("wrong", [{"client_secret": "no secret"}, {"client_secret": None}, {"client_id": "nobody"}])
async def test_a_client_that_is_none_there_is_no_wrong_password(
    keycloak: RunningKeycloak, client: Counting, lines: Lines, wrong: dict[str, Any]
) -> None:
    with pytest.raises(Refusal, match="does not accept this server's client") as caught:
        await adapter(keycloak, client, **wrong).sign_in("somebody@example.com", PASSWORD)
    assert caught.value.refused.code is RefusalCode.UPSTREAM_FAILED
    assert lines[-1]["error"] in {"invalid_client", "unauthorized_client"}
    assert "no secret" not in repr(lines)


async def test_a_realm_that_is_not_there_is_an_upstream_that_failed(
    keycloak: RunningKeycloak, client: Counting, email: str
) -> None:
    elsewhere = adapter(keycloak, client, realm="no/such realm")
    for call in (elsewhere.create(NewAccount(email, PASSWORD, None, None)), elsewhere.sign_in(email, PASSWORD)):
        with pytest.raises(Refusal) as caught:
            await call
        assert caught.value.refused.code is RefusalCode.UPSTREAM_FAILED
