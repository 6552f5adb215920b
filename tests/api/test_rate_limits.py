"""How much may be asked in a minute, and how that is told: D8 of FEATURES."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from composition import Marquee
from composition.sharing import limits_of
from domain.allowance import Limited
from settings import Settings
from tests.api.conftest import Answer, Api, World
from tests.api.issuer import application, settings_like
from tests.api.test_subscriptions import connected, opened
from tests.serving import serving

VIEWER = "{ viewer { email } }"  # costs one, and the request another
MANY = "{ contents(first: 40) { nodes { id } } }"
RENAME = 'mutation { updateProfile(input: {firstName: "Later"}) { __typename } }'
PLAIN = "/.well-known/jwks.json"


@asynccontextmanager
async def limited(world: World, **changes: Any) -> AsyncIterator[Api]:
    """The same server with limits, behind a proxy that it believes."""
    async with application(settings_like(world.marquee, trusted_proxies=["127.0.0.1/32"], **changes)) as (_, api):
        yield api


async def asked(api: Api, body: Any = None, token: str = "", address: str = "192.0.2.1", **headers: str) -> Answer:
    """What is answered to one address, of /graphql or, without a body, of a plain door."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    headers |= {"x-forwarded-for": address, **({"authorization": f"Bearer {token}"} if token else {})}
    if body is None:
        response = await api.client.get(f"{api.base_url}{PLAIN}", headers=headers)
    else:
        response = await api.client.post(f"{api.base_url}/graphql", json=body, headers=headers)
    is_json = "json" in response.headers["content-type"]
    return Answer(response, response.json() if is_json else {})


async def test_of_two_hundred_requests_at_once_exactly_the_allowed_number_is_answered(world: World) -> None:
    async with limited(world, rate_limit_per_address=70) as api:
        answers = await asyncio.gather(*(asked(api) for _ in range(200)))
        assert sorted(answer.response.status_code for answer in answers) == [200] * 70 + [429] * 130
        assert (await asked(api, address="192.0.2.2")).response.status_code == 200, "others are not held up"


async def test_a_refused_request_is_told_in_our_one_form_and_when_to_come_again(world: World) -> None:
    async with limited(world, rate_limit_per_address=1) as api:
        assert (await asked(api)).response.status_code == 200
        answer = await asked(api, origin="https://elsewhere.example")
        assert answer.response.status_code == 429
        seconds = int(answer.response.headers["retry-after"])
        assert 60 < seconds <= 120, "there is a whole minute in which it was spent already"
        assert (answer.body["code"], answer.body["status"], answer.body["path"]) == ("RATE_LIMITED", 429, PLAIN)
        assert answer.body["details"] == [f"Try again in {seconds} seconds."]
        readable = answer.response.headers["access-control-expose-headers"]
        assert {"RateLimit", "RateLimit-Policy", "Retry-After"} <= set(readable.split(", "))


@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json", "text/event-stream"])
async def test_graphql_says_it_in_the_form_of_graphql(world: World, accept: str) -> None:
    async with limited(world, rate_limit_per_address=2) as api:
        assert (await asked(api, {"query": VIEWER}, accept=accept)).response.status_code == 200
        answer = await asked(api, {"query": VIEWER}, accept=accept)
        assert answer.response.status_code == 429
        assert answer.codes == ["RATE_LIMITED"]
        assert answer.body["errors"][0]["extensions"]["status"] == 429
        assert int(answer.response.headers["retry-after"]) > 0
        expected = accept if "graphql" in accept else "application/json"
        assert answer.response.headers["content-type"].startswith(expected)


@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json"])
async def test_an_operation_that_costs_more_than_is_left_is_not_run(world: World, accept: str) -> None:
    person = await world.person()
    async with limited(world, rate_limit_per_person=60) as api:
        first = await asked(api, {"query": MANY}, person.token)
        assert 30 < first.body["extensions"]["cost"]["requested"] <= 60
        answer = await asked(api, {"query": MANY}, person.token, accept=accept)
        assert (answer.response.status_code, answer.codes) == (429, ["RATE_LIMITED"])
        assert int(answer.response.headers["retry-after"]) > 0
        assert (await asked(api, {"query": VIEWER}, person.token)).codes == [], "which costs less than is left"


async def test_a_refused_mutation_changes_nothing(world: World) -> None:
    person = await world.person(first_name="Before")
    async with limited(world, rate_limit_per_person=1) as api:
        assert (await asked(api, {"query": VIEWER}, person.token)).response.status_code == 200
        refused = await asked(api, {"query": RENAME}, person.token)
        assert refused.codes == ["RATE_LIMITED"]
    assert await world.rows("select first_name from users") == [("Before",)]


async def test_a_stream_of_events_says_it_with_its_first_event(world: World) -> None:
    person = await world.person()
    async with limited(world, rate_limit_per_person=1) as api:
        await asked(api, {"query": VIEWER}, person.token)
        answer = await asked(api, {"query": VIEWER}, person.token, accept="text/event-stream")
        assert '"code":"RATE_LIMITED"' in answer.response.text


async def test_people_behind_one_address_share_it_and_each_has_an_own_limit(world: World) -> None:
    ada, eve = await world.person(), await world.person()
    async with limited(world, rate_limit_per_address=10, rate_limit_per_person=3) as api:
        codes = [(await asked(api, {"query": VIEWER}, ada.token)).codes for _ in range(4)]
        assert codes == [[], [], [], ["RATE_LIMITED"]], "three operations, and her own minute is used up"
        elsewhere = await asked(api, {"query": VIEWER}, ada.token, "192.0.2.2")
        assert elsewhere.codes == ["RATE_LIMITED"], "she takes it along"
        assert (await asked(api, {"query": VIEWER}, eve.token)).codes == [], "seven of the address's ten, and now nine"
        assert (await asked(api, {"query": VIEWER}, eve.token)).codes == ["RATE_LIMITED"]
        assert (await asked(api, {"query": VIEWER}, eve.token, "192.0.2.3")).codes == []


async def test_every_answer_tells_what_is_left(world: World) -> None:
    person = await world.person()
    async with limited(world, rate_limit_per_address=100, rate_limit_per_person=50) as api:
        nobody = (await asked(api)).response.headers
        assert nobody["ratelimit-policy"] == '"address";q=100;w=60'
        assert re.fullmatch(r'"address";r=99;t=(60|59)', nobody["ratelimit"])
        person_s = (await asked(api, {"query": VIEWER}, person.token)).response.headers
        assert person_s["ratelimit-policy"] == '"address";q=100;w=60, "person";q=50;w=60'
        assert re.fullmatch(r'"address";r=97;t=\d+, "person";r=49;t=\d+', person_s["ratelimit"])


async def test_who_watches_over_us_is_not_counted(world: World) -> None:
    async with limited(world, rate_limit_per_address=1) as api:
        for _ in range(5):
            for path in ("/health", "/ready"):
                response = await api.client.get(f"{api.base_url}{path}")
                assert response.status_code == 200
                assert "ratelimit" not in response.headers


async def test_a_client_does_not_choose_its_address(world: World) -> None:
    changes: dict[str, Any] = {"rate_limit_per_address": 2, "trusted_proxies": ["10.0.0.0/8"]}
    async with application(settings_like(world.marquee, **changes)) as (_, api):
        statuses = [(await asked(api, address=f"192.0.2.{n}")).response.status_code for n in range(3)]
        assert statuses == [200, 200, 429], "127.0.0.1 is no proxy of ours"


async def test_of_several_hops_the_last_that_is_no_proxy_counts(world: World) -> None:
    changes: dict[str, Any] = {"rate_limit_per_address": 2, "trusted_proxies": ["127.0.0.1/32", "10.0.0.0/8"]}
    async with application(settings_like(world.marquee, **changes)) as (_, api):
        hops = [f"{n}.{n}.{n}.{n}, 192.0.2.1, 10.0.0.{n}" for n in range(1, 4)]
        assert [(await asked(api, address=hop)).response.status_code for hop in hops] == [200, 200, 429]
        assert (await asked(api, address="192.0.2.1, 192.0.2.9, 10.1.1.1")).response.status_code == 200


async def test_a_network_of_ipv6_is_one_address(world: World) -> None:
    async with limited(world, rate_limit_per_address=2) as api:
        statuses = [(await asked(api, address=f"2001:db8:1:2::{n}")).response.status_code for n in range(1, 4)]
        assert statuses == [200, 200, 429]
        assert (await asked(api, address="2001:db8:1:3::1")).response.status_code == 200


async def test_where_nothing_is_limited_nothing_is_told(api: Api) -> None:
    response = await api.client.get(f"{api.base_url}{PLAIN}")
    assert not {"ratelimit", "ratelimit-policy"} & set(response.headers)


def test_production_has_limits_that_settings_may_change() -> None:
    production: dict[str, Any] = {
        "environment": "production",
        "database_url": "postgresql://x/y",
        "session_secret": "s" * 32,
    }
    assert limits_of(Settings(_env_file=None, environment="development")) == {}
    found = limits_of(Settings(_env_file=None, **production, rate_limit_per_person=7))
    assert {what.value: most for what, most in found.items()} == {
        "address": 60_000,
        "person": 7,
        "sign-in": 60,
        "generated-images": 10,
        "device-registrations": 30,
    }
    assert limits_of(Settings(_env_file=None, sign_in_rate_per_address=5)) == {Limited.SIGN_IN: 5}


async def test_over_a_socket_it_is_told_in_an_error_and_the_socket_stays(world: World) -> None:
    person = await world.person()
    marquee = Marquee(settings_like(world.marquee, rate_limit_per_person=2), world.marquee.database.dsn)
    async with serving(marquee.application()) as address, connected(address, person) as socket:
        heard = [await answered(socket, str(number)) for number in range(3)]
        assert [message["type"] for message in heard[:2]] == ["next", "next"]
        (error,) = heard[2]["payload"]
        assert (heard[2]["type"], error["extensions"]["code"]) == ("error", "RATE_LIMITED")
        await socket.send(type="ping")
        assert await socket.hear() == {"type": "pong"}


async def test_a_socket_too_many_is_refused_before_it_is_one(world: World) -> None:
    marquee = Marquee(settings_like(world.marquee, rate_limit_per_address=1), world.marquee.database.dsn)
    async with serving(marquee.application()) as address:
        async with opened(address):
            pass
        with pytest.raises(InvalidStatus) as refused:
            async with opened(address):
                pass
    response = refused.value.response
    assert (response.status_code, int(response.headers["retry-after"]) > 0) == (429, True)
    assert b'"RATE_LIMITED"' in (response.body or b"")


async def answered(socket: Any, number: str) -> Any:
    """The one message that answers a query; what completes it is heard too."""
    await socket.send(type="subscribe", id=number, payload={"query": VIEWER})
    message = await socket.hear()
    if message["type"] == "next":
        assert (await socket.hear())["type"] == "complete"
    return message
