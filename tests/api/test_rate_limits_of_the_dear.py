"""What is dear has limits of its own, at whatever door it is asked for: D8 of FEATURES."""

import asyncio
from typing import Any

import pytest

from composition import Marquee
from domain.errors import RateLimited
from domain.users import Gender
from tests.api.conftest import CLIENT, PASSWORD, Api, World
from tests.api.issuer import application, settings_like
from tests.api.notifications.conftest import REGISTER
from tests.api.test_rate_limits import asked, limited

LOGIN = """mutation ($email: String!, $password: String!) {
  done: login(input: {email: $email, password: $password}) { __typename ... on Refusal { code } } }"""
SIGN_UP = """mutation ($email: String!, $password: String!) {
  done: register(input: {email: $email, password: $password, firstName: "A", lastName: "B"}) { __typename } }"""
EXCHANGE = 'mutation { done: exchangeLoginCode(input: {code: "none"}) { __typename ... on Refusal { code } } }'
FOR_TESTS = "mutation ($email: String!) { done: issueTestToken(input: {email: $email}) { __typename } }"
WAYS_IN = [LOGIN, SIGN_UP, EXCHANGE, FOR_TESTS]


async def signing_in(api: Api, query: str, email: str, address: str = "192.0.2.1") -> list[str]:
    """The codes of what went wrong."""
    password = {} if "$password" not in query else {"password": PASSWORD}
    names = {} if "$email" not in query else {"email": email}
    answer = await asked(api, {"query": query, "variables": {**names, **password}}, address=address)
    if answer.codes:
        assert int(answer.response.headers["retry-after"]) > 0
    return answer.codes


async def test_all_ways_in_from_one_address_are_counted_together(world: World) -> None:
    await world.person(email="ada@example.com")
    async with limited(world, sign_in_rate_per_address=4) as api:
        ways = [
            (LOGIN, "ada@example.com"),
            (SIGN_UP, "new@example.com"),
            (EXCHANGE, ""),
            (FOR_TESTS, "ada@example.com"),
        ]
        assert [await signing_in(api, *way) for way in ways] == [[], [], [], []]
        again = [(LOGIN, "ada@example.com"), (SIGN_UP, "newer@example.com"), *ways[2:]]
        assert [await signing_in(api, *way) for way in again] == [["RATE_LIMITED"]] * 4
        login = await api.client.get(f"{api.base_url}/auth/google/login", headers={"x-forwarded-for": "192.0.2.1"})
        assert (login.status_code, login.json()["code"]) == (429, "RATE_LIMITED")
        assert int(login.headers["retry-after"]) > 0
        assert await signing_in(api, LOGIN, "ada@example.com", "192.0.2.2") == [], "elsewhere, nobody is kept out"
        assert (await asked(api, {"query": "{ viewer { email } }"})).codes == [], "nor from anything else"
    assert await world.rows("select count(*) from users where email = 'newer@example.com'") == [(0,)]


async def test_of_many_at_once_exactly_the_allowed_number_gets_in(world: World) -> None:
    await world.person(email="ada@example.com")
    async with limited(world, sign_in_rate_per_address=7) as api:
        codes = await asyncio.gather(*(signing_in(api, FOR_TESTS, "ada@example.com") for _ in range(40)))
    assert sorted(codes) == [[]] * 7 + [["RATE_LIMITED"]] * 33
    assert len(await world.rows("select id from sessions")) == 1 + 7, "the refused ones left none"


async def test_aliases_are_counted_one_by_one(world: World) -> None:
    async with limited(world, sign_in_rate_per_address=3) as api:
        fields = " ".join(
            f'a{n}: exchangeLoginCode(input: {{code: "none"}}) {{ ... on Refusal {{ code }} }}' for n in range(4)
        )
        answer = await asked(api, {"query": f"mutation {{ {fields} }}"})
        assert answer.codes == ["RATE_LIMITED"]


async def test_a_provider_sends_nobody_back_more_often_and_they_may_try_again(world: World) -> None:
    changes: dict[str, Any] = {"sign_in_rate_per_address": 1, "frontend_url": "https://front.example"}
    async with limited(world, **changes) as api:
        await signing_in(api, EXCHANGE, "")
        back = f"{api.base_url}/auth/google/callback?state=s&code=c"
        response = await api.client.get(back, headers={"x-forwarded-for": "192.0.2.1"})
        assert response.status_code == 303
        assert response.headers["location"].startswith("https://front.example/auth/callback?error=rate_limited")


async def test_a_person_registers_so_many_devices_a_minute(world: World) -> None:
    person, other = await world.person(), await world.person()
    async with limited(world, rate_limit_per_person=30_000) as api:
        answers = await asyncio.gather(*(api.ask(REGISTER, person, token=f"token{n}") for n in range(33)))
        assert sorted(answer.codes for answer in answers) == [[]] * 30 + [["RATE_LIMITED"]] * 3
        assert (await api.ask(REGISTER, other, token="another")).codes == []
    assert len(await world.rows("select id from devices")) == 31


async def test_a_person_has_so_many_images_generated_a_minute(world: World, marquee: Marquee) -> None:
    person = await world.person()
    async with application(settings_like(marquee, rate_limit_per_person=30_000)) as (limited_marquee, _):
        images, viewer = limited_marquee.services.generated_images, world.viewer(person)
        for _ in range(10):
            assert (await images.generate(viewer, "Mina", Gender.FEMALE, None, [], None)).fallback
        with pytest.raises(RateLimited):
            await images.generate(viewer, "Mina", Gender.FEMALE, None, [], None)
        assert person.user.email
        await limited_marquee.services.sign_in.for_tests(person.user.email, CLIENT)  # which is another matter
