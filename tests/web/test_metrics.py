"""Numbers for Prometheus: they are there, they are true, and there are not too many of them. D9."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa
from asyncpg import DivisionByZeroError
from prometheus_client.parser import text_string_to_metric_families

from composition import Marquee
from domain.errors import Refusal, Unavailable
from domain.metering import Meter, meter
from domain.users import Role
from integrations.strangers import Stranger
from jobs.background import background
from jobs.clock import Job, keep
from persistence.statements import plain
from tests.api.conftest import Api, World
from tests.api.issuer import application, settings_like
from tests.api.test_playback import started
from tests.api.test_subscriptions import WATCH, connected, report, until
from tests.web.test_graphql_over_http import post
from web.metrics import MOST_OF_ONE, MOST_OPERATIONS

TOKEN = "a-token-for-metrics"
LIST = "query List { contents { nodes { title genres { name } } } }"
NOBODY = 'mutation Late { deleteContent(input: {id: "Q29udGVudDox"}) { __typename } }'
Pair = tuple[Marquee, Api]


@pytest.fixture
async def pair(marquee: Marquee, world: World) -> AsyncIterator[Pair]:
    """A Marquee whose numbers begin with this test."""
    async with application(settings_like(marquee)) as made:
        yield made


def number(marquee: Marquee, name: str, **labels: str) -> float:
    assert marquee.observing.metrics
    return marquee.observing.metrics.registry.get_sample_value(f"marquee_{name}", labels) or 0.0


async def scraped(api: Api, **headers: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every sample of ours that /metrics tells, by name and labels."""
    response = await api.client.get(f"{api.base_url}/metrics", headers=headers)
    assert response.status_code == 200, response.text
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


async def test_an_operation_is_counted_by_name_kind_and_outcome(pair: Pair, world: World) -> None:
    marquee, api = pair
    await world.content(genres=("Drama",))
    assert len((await api.data(LIST))["contents"]["nodes"]) == 1
    assert (await api.ask(LIST.replace("genres", "nothing"))).codes == ["GRAPHQL_VALIDATION_FAILED"]
    await api.ask(NOBODY)
    assert number(marquee, "operations_total", operation="List", kind="query", outcome="OK") == 1
    labels = {"operation": "List", "kind": "query", "outcome": "GRAPHQL_VALIDATION_FAILED"}
    assert number(marquee, "operations_total", **labels) == 1
    assert number(marquee, "operations_total", operation="other", kind="mutation", outcome="UNAUTHENTICATED") == 1
    assert number(marquee, "operation_seconds_count", kind="query") == 2
    assert number(marquee, "operation_busy_seconds_total", operation="List") > 0
    assert number(marquee, "errors_total", code="UNAUTHENTICATED") == 1


async def test_statements_are_counted_for_each_operation_and_timed(pair: Pair, world: World) -> None:
    marquee, api = pair
    await world.content(genres=("Drama",))
    before = number(marquee, "statement_seconds_count")
    answer = await api.ask(LIST)
    assert answer.statements == 2
    assert number(marquee, "operation_statements_sum") == 2
    assert number(marquee, "statement_seconds_count") - before == 2
    assert number(marquee, "statement_seconds_sum") > 0
    await api.ask("{ contents { totalCount } }", None)
    assert number(marquee, "operations_total", operation="anonymous", kind="query", outcome="OK") == 1


async def test_a_refusal_and_a_failed_statement_are_counted(pair: Pair, world: World) -> None:
    marquee, api = pair
    admin = await world.person(Role.ADMIN, await world.corporation())
    await api.data(NOBODY, admin)
    assert number(marquee, "refusals_total", code="NOT_FOUND") == 1
    own = Meter("mine", marquee.observing.observers)
    token = meter.set(own)
    try:
        async with marquee.database.reading() as connection:
            with pytest.raises(DivisionByZeroError):
                await plain(sa.text("select 1 / 0")).run(connection)
    finally:
        meter.reset(token)
    assert number(marquee, "statement_errors_total", sqlstate="22") == 1
    assert own.statements == 1


async def test_names_are_bounded_and_nonsense_takes_no_place(pair: Pair, world: World) -> None:
    marquee, api = pair
    people = [await world.person() for _ in range(MOST_OPERATIONS // MOST_OF_ONE + 1)]
    for n in range(MOST_OPERATIONS):
        await api.ask(f"query Bad{n} {{ nothing }}", people[0])
    for place, person in enumerate(people):
        for n in range(MOST_OF_ONE):
            await api.data(f"query Good{place}x{n} {{ __typename }}", person)
    taken = {f"Good{place}x{n}" for place in range(len(people) - 1) for n in range(MOST_OF_ONE)}
    assert await told_apart(api) == taken | {"other"}
    assert len(taken) == MOST_OPERATIONS
    assert number(marquee, "operations_total", operation="other", kind="query", outcome="OK") == MOST_OF_ONE


async def test_nobody_takes_all_places_for_names(pair: Pair, world: World) -> None:
    _, api = pair
    ada, eve = await world.person(), await world.person()
    for who, name in ((None, "Nobodys"), (ada, "Adas")):
        for n in range(MOST_OF_ONE + 5):
            await api.data(f"query {name}{n} {{ __typename }}", who)
    await api.data("query Eves { __typename }", eve)
    taken = {f"{name}{n}" for name in ("Nobodys", "Adas") for n in range(MOST_OF_ONE)}
    assert await told_apart(api) == taken | {"Eves", "other"}


async def told_apart(api: Api) -> set[str]:
    samples = await scraped(api)
    return {dict(labels)["operation"] for name, labels in samples if name == "marquee_operations_total"}


async def test_requests_are_told_by_door_and_no_label_is_what_a_client_wrote(pair: Pair, world: World) -> None:
    marquee, api = pair
    person = await world.person()
    for path in ("/find-me", "/stream/find-me", "/media/find-me", "/find/me?a=find-me"):
        await api.client.get(api.base_url + path)
    await api.client.request("FINDME", f"{api.base_url}/find-me")
    await api.ask("{ viewer { email } }", person)
    await post(api, {"query": "{ find-me "})
    assert number(marquee, "requests_total", door="stream", method="GET", status="404") == 1
    assert number(marquee, "requests_total", door="other", method="other", status="404") == 1
    assert number(marquee, "request_seconds_count", door="graphql") == 2
    assert number(marquee, "sent_bytes_total", door="graphql") > 50
    response = await api.client.get(f"{api.base_url}/metrics")
    for written in ("find-me", "FINDME", person.user.email or "", person.token):
        assert written not in response.text


async def test_sockets_their_operations_and_events_are_counted(api: Api, world: World, marquee: Marquee) -> None:
    person, content = await world.person(), await world.content()
    await started(api, person, content)
    sent = number(marquee, "events_total")
    async with connected(api.base_url, person) as listening:
        await listening.subscribe(WATCH)
        await until(lambda: number(marquee, "open", what="socket operation") == 1)
        assert number(marquee, "open", what="socket") == 1
        await report(api, person, content, 7)
        assert await listening.position() == 7
        assert number(marquee, "events_total") - sent == 1
    await until(lambda: number(marquee, "open", what="socket") == 0)
    await until(lambda: number(marquee, "open", what="socket operation") == 0)


async def test_streams_of_events_are_counted_while_they_are_open(api: Api, world: World, marquee: Marquee) -> None:
    person = await world.person()
    headers = {"authorization": f"Bearer {person.token}", "accept": "text/event-stream"}
    body = {"query": "subscription { watchProgress { cursor } }"}
    async with api.client.stream("POST", f"{api.base_url}/graphql", json=body, headers=headers):
        assert number(marquee, "open", what="event stream") == 1
    await until(lambda: number(marquee, "open", what="event stream") == 0)


async def test_the_outbox_the_pool_and_the_parts_are_told(pair: Pair, world: World) -> None:
    _, api = pair
    await world.rows("insert into outbox (topic, subject, created_at) values ('push', 'x', now() - interval '1 hour')")
    samples = await scraped(api)
    topic = (("topic", "push"),)
    assert samples["marquee_outbox_waiting", topic] == 1
    assert 3600 <= samples["marquee_outbox_oldest_seconds", topic] < 3700
    assert samples["marquee_outbox_waiting", (("topic", "objects"),)] == 0
    assert samples["marquee_part_up", (("part", "database"),)] == 1
    assert samples["marquee_leases_held", ()] == 0
    assert samples["marquee_pool_connections", (("state", "idle"),)] >= 1
    assert samples["process_resident_memory_bytes", ()] > 10_000_000
    assert samples["process_open_fds", ()] > 5


async def test_a_scrape_goes_on_without_the_database(pair: Pair, world: World) -> None:
    marquee, api = pair
    await marquee.database.close()
    samples = await scraped(api)
    assert samples["marquee_part_up", (("part", "database"),)] == 0
    assert samples["marquee_part_up", (("part", "objects"),)] == 1
    assert [name for name, _ in samples if "outbox" in name] == []


async def test_the_database_is_asked_once_for_many_scrapes(
    pair: Pair, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    marquee, api = pair
    asked: list[int] = []
    check = marquee.database.check

    async def counted(*_: Any) -> None:
        asked.append(1)
        await check()

    monkeypatch.setattr(type(marquee.database), "check", counted)
    await asyncio.gather(*(scraped(api) for _ in range(10)))
    assert len(asked) <= 2, "once for itself, and once for search, which lives in it"


async def test_production_tells_nothing_without_a_token_and_nobody_who_has_none(marquee: Marquee, world: World) -> None:
    production = settings_like(marquee, environment="production")
    async with application(production) as (silent, api):
        assert (await api.client.get(f"{api.base_url}/metrics")).status_code == 404
        assert silent.observing.observers == ()
    async with application(production.model_copy(update={"metrics_token": TOKEN})) as (_, api):
        for said in ("", "Bearer", "Bearer wrong", TOKEN, f"bearer  {TOKEN}", f"Bearer {TOKEN}x"):
            response = await api.client.get(f"{api.base_url}/metrics", headers={"authorization": said})
            assert (response.status_code, response.json()["code"]) == (401, "UNAUTHENTICATED"), said
        assert await scraped(api, authorization=f"Bearer {TOKEN}")


async def test_open_metrics_are_told_to_who_asks_for_them(pair: Pair) -> None:
    _, api = pair
    accept = {"accept": "application/openmetrics-text; version=1.0.0"}
    response = await api.client.get(f"{api.base_url}/metrics", headers=accept)
    assert response.headers["content-type"].startswith("application/openmetrics-text")
    assert response.text.endswith("# EOF\n")


async def test_jobs_are_told_with_when_they_last_went_well(pair: Pair) -> None:
    marquee, _ = pair
    outcomes = iter([None, RuntimeError("broken"), Unavailable("put off")])
    over = asyncio.Event()

    async def once() -> None:
        outcome = next(outcomes, over)
        if outcome is over:
            over.set()
            await asyncio.sleep(60)
        if isinstance(outcome, Exception):
            raise outcome

    async with background(keep([Job("a job", 0, once)], marquee.observing.observers)):
        await asyncio.wait_for(over.wait(), 5)
    assert number(marquee, "jobs_total", job="a job", outcome="OK") == 1
    assert number(marquee, "jobs_total", job="a job", outcome="failed") == 2
    assert number(marquee, "job_seconds_count", job="a job") == 3
    assert number(marquee, "job_last_success_timestamp_seconds", job="a job") > 0


async def test_strangers_are_told_with_whether_they_answered(pair: Pair) -> None:
    marquee, _ = pair
    token = meter.set(Meter("mine", marquee.observing.observers))
    try:
        async with httpx2.AsyncClient() as client:
            gone = Stranger("Nobody", client, tries=1)
            for _ in range(12):
                with pytest.raises(Refusal):
                    async with gone.asking() as limit:
                        await gone.ask(limit, "GET", "http://127.0.0.1:9/")
    finally:
        meter.reset(token)
    assert number(marquee, "stranger_requests_total", stranger="Nobody", outcome="failed") == 10
    assert number(marquee, "stranger_requests_total", stranger="Nobody", outcome="left alone") == 2
