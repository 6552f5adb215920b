"""Who has just written is known as a writer, whatever they wrote by: a replica may not have it yet. A20 of FEATURES."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx2
import pytest

from composition import Marquee
from domain.errors import Unavailable
from settings import IssuerSetting
from tests.api.conftest import PASSWORD, Api, World, forgetful
from tests.api.issuer import NAME, Issuer, settings_like

RENAME = 'mutation { updateProfile(input: {firstName: "Ada"}) { __typename } }'
LOGIN = """mutation ($email: String!, $password: String!) {
  login(input: {email: $email, password: $password}) { __typename }
}"""


@dataclass
class Heard:
    """Remembers for ever."""

    writers: list[int] = field(default_factory=list)

    async def wrote(self, user_id: int) -> None:
        self.writers.append(user_id)

    async def has_written(self, user_id: int) -> bool:
        return user_id in self.writers


@pytest.fixture
async def heard() -> Heard:
    return Heard()


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with Issuer().serving() as issuer:
        yield issuer


@pytest.fixture
async def listened(marquee: Marquee, world: World, heard: Heard, issuer: Issuer) -> AsyncIterator[Api]:
    trusted = [IssuerSetting(issuer=NAME, jwks_url=issuer.jwks_url)]
    other = Marquee(settings_like(marquee, trusted_issuers=trusted), marquee.database.dsn)
    other.sharing.freshness = heard
    transport = httpx2.ASGITransport(app=other.application())
    async with other.running(listening=False), httpx2.AsyncClient(transport=transport, timeout=20) as client:
        yield Api("http://marquee.test", forgetful(client))


async def test_reading_is_no_writing(listened: Api, world: World, heard: Heard) -> None:
    await listened.data("{ viewer { email } }", await world.person())
    await listened.data("{ genres { name } }")
    assert heard.writers == []


async def test_a_mutation_is_one(listened: Api, world: World, heard: Heard) -> None:
    person = await world.person()
    await listened.data(RENAME, person)
    assert heard.writers == [person.user.id]


async def test_one_that_fails_may_have_written_all_the_same(
    listened: Api, world: World, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise Unavailable("lost behind the commit")

    person = await world.person()
    monkeypatch.setattr("domain.profiles.Profiles.update", fail)
    assert (await listened.ask(RENAME, person)).codes == ["UNAVAILABLE"]
    assert heard.writers == [person.user.id]


async def test_who_signs_in_is_one(listened: Api, world: World, heard: Heard) -> None:
    person = await world.person(email="ada@example.com")
    await listened.data(LOGIN, email="ada@example.com", password=PASSWORD)
    assert heard.writers == [person.user.id]


async def test_who_comes_with_the_token_of_another_issuer_is_one_at_first(
    listened: Api, world: World, heard: Heard, issuer: Issuer
) -> None:
    person = await world.person(email="ada@example.com")
    token = issuer.token()
    for _ in range(2):
        await listened.data("{ viewer { email } }", token)
    assert heard.writers == [person.user.id]
