"""Who is the same person, and who is not: A5 of FEATURES, A2 of GUARD."""

import asyncio

from tests.api.conftest import PASSWORD, World
from tests.api.test_oauth import Street, street

__all__ = ["street"]
ADD = "mutation ($email: String!) { updateProfile(input: {email: $email}) { __typename } }"
VIEWER = "{ viewer { email user { id } identities { provider } } }"


async def test_a_verified_address_links_providers_and_a_password_to_one_person(street: Street, world: World) -> None:
    ada = await world.person(email="ada@example.com")
    for provider in ("google", "github"):
        street.person(provider, "ada")
        assert (await street.signed_in(provider, "ada"))["viewer"]["user"]["id"] == ada.id
    viewer = (await street.api.data("{ viewer { identities { provider } } }", ada))["viewer"]
    assert [identity["provider"] for identity in viewer["identities"]] == ["GOOGLE", "GITHUB"]
    login = 'mutation ($p: String!) { login(input: {email: "ada@example.com", password: $p}) { __typename } }'
    assert (await street.api.data(login, p=PASSWORD)) == {"login": {"__typename": "SignedIn"}}


async def test_where_it_is_wished_the_first_link_ends_a_password_that_may_be_anothers(
    street: Street, world: World
) -> None:
    identities = street.marquee.ways_in.identities
    eve = await world.person(email="ada@example.com")  # who registered with Ada's address
    street.person("google", "ada")
    street.person("github", "ada")
    identities._takes_over = True
    google = await street.signed_in("google", "ada")
    assert (await street.api.ask("{ viewer { email } }", eve)).codes == ["UNAUTHENTICATED"]
    assert await world.rows("select password_hash from users") == [(None,)]
    assert (await street.signed_in("github", "ada"))["viewer"]["user"] == google["viewer"]["user"]
    token = google["tokens"]["accessToken"]
    assert (await street.api.data("{ viewer { email } }", token))["viewer"], "the second one ends nothing"


async def test_an_address_that_is_not_verified_links_nobody(street: Street, world: World) -> None:
    await world.person(email="ada@example.com")
    street.person("google", "ada", email_verified=False)
    assert (await street.arrive("google", "ada"))["error"] == "conflict"
    assert await world.rows("select count(*) from identities") == [(0,)]
    assert await world.rows("select count(*) from users") == [(1,)]


async def test_another_subject_with_a_linked_address_is_refused(street: Street, world: World) -> None:
    street.person("google", "ada")
    street.person("google", "eve", email="ada@example.com")
    assert (await street.signed_in("google", "ada"))["viewer"]
    arrived = await street.arrive("google", "eve")
    assert arrived["error"] == "conflict"
    assert set(arrived) == {"error", "error_description"}
    assert await world.rows("select subject from identities") == [("ada",)]


async def test_who_proves_an_address_first_takes_over_from_whoever_only_claimed_it(
    street: Street, world: World
) -> None:
    street.marquee.ways_in.identities._takes_over = True
    street.person("kakao", "eve")
    street.person("google", "ada")
    eve = (await street.signed_in("kakao", "eve"))["tokens"]["accessToken"]
    assert await street.api.data(ADD, eve, email="ada@example.com") == {"updateProfile": {"__typename": "Viewer"}}
    ada = await street.signed_in("google", "ada")
    assert [identity["provider"] for identity in ada["viewer"]["identities"]] == ["GOOGLE"]
    assert (await street.api.ask(VIEWER, eve)).codes == ["UNAUTHENTICATED"]
    again = await street.signed_in("kakao", "eve")
    assert again["viewer"]["user"]["id"] != ada["viewer"]["user"]["id"]


async def test_first_sights_of_one_address_by_two_providers_at_once_are_one_person(
    street: Street, world: World
) -> None:
    for number in range(6):
        who = f"ada{number}"
        for provider in ("google", "github"):
            street.person(provider, who)
        arrived = await asyncio.gather(*(street.arrive(provider, who) for provider in ("google", "github")))
        assert all("code" in one for one in arrived), arrived
    assert await world.rows("select count(*) from users") == [(6,)]


async def test_somebody_known_is_not_asked_for_a_verified_address_again(street: Street) -> None:
    street.person("google", "ada")
    first = await street.signed_in("google", "ada")
    street.servers["google"].people["ada"]["email_verified"] = False
    assert (await street.signed_in("google", "ada"))["viewer"] == first["viewer"]


async def test_an_address_that_only_looks_like_anothers_links_nobody(street: Street, world: World) -> None:
    await world.person(email="mike@example.com")
    street.person("google", "eve", email="mi\u212ae@example.com")  # the sign of Kelvin
    assert (await street.arrive("google", "eve"))["error"] == "conflict"
    assert await world.rows("select count(*) from identities") == [(0,)]
