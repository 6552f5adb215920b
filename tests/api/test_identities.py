"""Who somebody is elsewhere, and how that ends: C2 of FEATURES, A2 of GUARD."""

import asyncio

from domain.identities import IdentityProvider
from tests.api.conftest import Api, Person, World
from tests.api.issuer import NAME, Issuer, trusting

IDENTITIES = "{ viewer { identities { provider linkedAt } } }"
UNLINK = """mutation ($provider: IdentityProvider!) {
    unlinkIdentity(input: {provider: $provider}) {
        ... on Viewer { identities { provider } } ... on Refusal { code }
    }
}"""


async def link(world: World, person: Person, *providers: IdentityProvider) -> None:
    store = world.marquee.ways_in.identity_store
    async with world.marquee.database.writing() as transaction:
        for provider in providers:
            assert await store.pin(transaction, person.user.id, provider, f"https://{provider.value}", "1")


async def unlink(api: Api, person: Person, provider: IdentityProvider) -> object:
    return (await api.data(UNLINK, person, provider=provider.value))["unlinkIdentity"]


async def test_identities_are_listed_first_linked_first(api: Api, world: World) -> None:
    person = await world.person()
    assert (await api.data(IDENTITIES, person))["viewer"]["identities"] == []
    await link(world, person, IdentityProvider.GITHUB)
    await link(world, person, IdentityProvider.GOOGLE)
    listed = (await api.data(IDENTITIES, person))["viewer"]["identities"]
    assert [identity["provider"] for identity in listed] == ["GITHUB", "GOOGLE"]


async def test_what_is_unlinked_is_gone(api: Api, world: World) -> None:
    person, other = await world.person(), await world.person()
    await link(world, person, IdentityProvider.GITHUB, IdentityProvider.GOOGLE)
    assert await unlink(api, person, IdentityProvider.GITHUB) == {"identities": [{"provider": "GOOGLE"}]}
    assert await unlink(api, person, IdentityProvider.GITHUB) == {"code": "NOT_FOUND"}
    assert await unlink(api, other, IdentityProvider.GOOGLE) == {"code": "NOT_FOUND"}
    assert await unlink(api, person, IdentityProvider.GOOGLE) == {"identities": []}, "there is a password"


async def test_the_last_way_in_stays(api: Api, world: World) -> None:
    person = await world.person()
    await world.rows("update users set password_hash = null")
    await link(world, person, IdentityProvider.GITHUB, IdentityProvider.GOOGLE)
    assert await unlink(api, person, IdentityProvider.GITHUB) == {"identities": [{"provider": "GOOGLE"}]}
    assert await unlink(api, person, IdentityProvider.GOOGLE) == {"code": "CONFLICT"}
    assert await world.rows("select provider::text from identities") == [("GOOGLE",)]


async def test_two_last_ways_in_unlinked_at_once_leave_one(api: Api, world: World) -> None:
    both = (IdentityProvider.GITHUB, IdentityProvider.GOOGLE)
    for _ in range(5):
        person = await world.person()
        await world.rows("update users set password_hash = null")
        await world.rows("delete from identities")
        await link(world, person, *both)
        await asyncio.gather(*(unlink(api, person, provider) for provider in both))
        assert await world.rows("select count(*) from identities") == [(1,)]


async def test_unlinking_ends_what_the_issuers_tokens_opened(world: World) -> None:
    ada = await world.person(email="ada@example.com")
    issuer = Issuer()
    async with trusting(world.marquee, issuer) as (_, api):
        token = issuer.token()
        assert (await api.data(IDENTITIES, token))["viewer"]["identities"][0]["provider"] == "OTHER"
        assert await unlink(api, ada, IdentityProvider.OTHER) == {"identities": []}
        answer = await api.ask(IDENTITIES, token)
        assert (answer.response.status_code, answer.codes) == (401, ["UNAUTHENTICATED"])
        assert await world.rows("select count(*) from identities where issuer = $1", NAME) == [(0,)]
        assert (await api.data(IDENTITIES, ada))["viewer"], "our own sessions go on"
