"""What an operation costs, who is told, and that nothing runs which costs too much: G5 and G8 of GUARD, F6."""

from typing import Any

import pytest

from domain.errors import RateLimited
from domain.metering import meter
from resolvers.context import Context
from tests.api.conftest import Api, World
from tests.api.test_playback import id_of
from tests.api.test_subscriptions import WATCH, connected, report
from tests.web.asking import DOORS, Said, asked, said_by

LIMIT = 10_000
# 1 for the page; for each of 99 contents 1, 1 for its page of reviews, and 1 for each of 99 reviews.
LARGEST = "{ contents(first: 99) { nodes { reviews(first: 99) { nodes { id } } } } }"
TOO_LARGE = LARGEST.replace("nodes { reviews", "totalCount nodes { reviews")
COSTS = {
    "{ __typename }": 0,
    "{ viewer { email firstName } }": 1,
    "{ viewer { points } }": 2,
    "{ genres { id } }": 1 + 20,
    "{ contents { totalCount } }": 2,
    "{ contents { nodes { id } } }": 1 + 20,
    "{ contents(first: 5) { nodes { id title } pageInfo { endCursor } } }": 1 + 5,
    "{ contents(first: 5) { nodes { id } edges { cursor node { id } } } }": 1 + 5 + 5,
    "{ contents(first: 50) { nodes { title genres { name } corporation { name } } } }": 1 + 50 * (1 + 4 + 1),
    "{ contents(first: 20) { nodes { reviews(first: 5) { nodes { author { id } } } } } }": 1 + 20 * (2 + 5 * 2),
    '{ node(id: "x") { id ... on Content { genres { id } } ... on Review { author { id } } } }': 1 + 4 + 1,
    '{ nodes(ids: ["a", "b", "c"]) { id } }': 1 + 3,
    '{ nodes(ids: "a") { id } }': 1 + 1,
    '{ search(query: "", limit: 3, facets: GENRE) { hits { content { id } } facets { values { count } } } }': 10
    + 3
    + 3 * (1 + 20),
    'mutation { likeContent(input: {contentId: "x"}) { __typename } }': 10,
    'mutation { login(input: {email: "x", password: "x"}) { __typename } }': 50,
    "{ contents(first: 5) { nodes { id @skip(if: true) genres @include(if: false) { id } } } }": 1 + 5 * 5,
    "{ contents(first: 2) { nodes { id } } contents(first: 2) { nodes { id } } }": 3 + 3,
    "{ ...A ...A } fragment A on Query { users(first: 2) { ...B } } fragment B on UserConnection { nodes { id } }": 6,
    # Pages that cannot be: the resolver refuses them, and they cost no more than the largest that can.
    "{ contents(first: 2147483647) { nodes { id } } }": 1 + 100,
    "{ contents(first: -5) { nodes { id } } }": 1,
}


@pytest.mark.parametrize("query", COSTS)
async def test_an_operation_costs_what_it_may_come_to(api: Api, world: World, query: str) -> None:
    assert (await asked(api, DOORS[0], query)).cost == {"requested": COSTS[query], "limit": LIMIT}


PAGE = "query ($n: Int%s) { contents(first: $n) { nodes { id } } }"
IDS = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
RECORD = """mutation ($input: RecordWatchProgressInput!, $at: DateTime!) {
  all: recordWatchProgress(input: $input) { ... on ProgressRecorded { progress { id } } }
  own: recordWatchProgress(input: {events: [{eventId: "7f1b3c1e-7a55-4b52-9d0e-0c6f3f5d7a11", contentId: "x",
    positionSeconds: 1, observedAt: $at}]}) { ... on ProgressRecorded { progress { id } } }
}"""
EVENT = {"eventId": "x", "contentId": "x", "positionSeconds": 1, "observedAt": "2026-01-01T00:00:00Z"}


@pytest.mark.parametrize("door", DOORS)
async def test_variables_say_how_long_a_list_will_be(api: Api, world: World, door: str) -> None:
    given: list[tuple[str, dict[str, Any], int]] = [
        (PAGE % "!", {"n": 7}, 1 + 7),
        (PAGE % "!", {"n": 7.0}, 1 + 7),
        (PAGE % "! = 9", {}, 1 + 9),
        (PAGE % "! = 9", {"n": 2}, 1 + 2),
        (PAGE % " = 9", {}, 1 + 9),
        (IDS, {"ids": ["a", "b"]}, 1 + 2),
        (IDS, {"ids": "a"}, 1 + 1),
        (IDS, {"ids": []}, 1),
    ]
    for query, variables, cost in given:
        assert (await asked(api, door, query, **variables)).cost == {"requested": cost, "limit": LIMIT}, variables


async def test_a_list_inside_an_input_is_counted(api: Api, world: World) -> None:
    said = await asked(api, DOORS[0], RECORD, input={"events": [EVENT] * 3}, at=EVENT["observedAt"])
    assert said.cost == {"requested": 10 + 3 + 10 + 1, "limit": LIMIT}


@pytest.mark.parametrize("door", DOORS)
async def test_variables_of_the_wrong_kind_are_left_to_validation(api: Api, world: World, door: str) -> None:
    wrong: list[Any] = [None, "7", True, [7], {"n": 7}, 2**31, 2**63, 1e300, -(2**63), 1.5]
    for value in wrong:
        assert (await asked(api, door, PAGE % "!", n=value)).codes == ["GRAPHQL_VALIDATION_FAILED"], value
    assert (await asked(api, door, PAGE % "!")).codes == ["GRAPHQL_VALIDATION_FAILED"]
    for ids in (None, [None], {"x": 1}, [[1]]):
        assert (await asked(api, door, IDS, ids=ids)).codes == ["GRAPHQL_VALIDATION_FAILED"], ids
    inputs: list[Any] = [None, 5, [], {"events": 5}, {"events": None}, {"events": {"events": []}}]
    for input in inputs:
        said = await asked(api, door, RECORD, input=input, at=EVENT["observedAt"])
        assert set(said.codes) == {"GRAPHQL_VALIDATION_FAILED"}, input


def assert_too_costly(said: Said, cost: int) -> None:
    assert (said.data, said.codes) == (None, ["OPERATION_TOO_COSTLY"])
    assert said.message.startswith(f"This operation costs {cost}, and at most {LIMIT} is taken.")
    assert said.errors[0]["extensions"]["status"] == 400


@pytest.mark.parametrize("door", DOORS)
async def test_exactly_the_limit_is_taken_and_one_more_is_not(api: Api, world: World, door: str) -> None:
    content = await world.content()
    said = await asked(api, door, LARGEST)
    assert said.data == {"contents": {"nodes": [{"reviews": {"nodes": []}}]}}
    assert said.cost == {"requested": LIMIT, "limit": LIMIT}
    said = await asked(api, door, TOO_LARGE)
    assert_too_costly(said, LIMIT + 1)
    assert said.status in {None, 400 if "graphql-response" in door else 200}
    if door != "websocket":  # whose errors have no room for it
        assert said.cost == {"requested": LIMIT + 1, "limit": LIMIT}
    by_variable = LARGEST.replace("{", "query ($n: Int!) {", 1).replace("first: 99", "first: $n")
    assert (await asked(api, door, by_variable, n=99)).errors == []
    assert_too_costly(await asked(api, door, by_variable, n=100), 1 + 100 * 102)
    assert content


@pytest.mark.parametrize("door", DOORS)
async def test_a_mutation_that_asks_for_too_much_changes_nothing(api: Api, world: World, door: str) -> None:
    content, person = await world.content(), await world.person()
    more = "... on Content { corporation { contents(first: 100) { nodes { reviews(first: 100) { nodes { id } } } } } }"
    like = f"mutation ($id: ID!) {{ likeContent(input: {{contentId: $id}}) {{ {more} }} }}"
    assert_too_costly(await asked(api, door, like, person, id=id_of(content)), 10 + 1 + 1 + 100 * 102)
    assert await world.rows("select sum(like_count)::int from contents") == [(0,)]


async def test_costs_beyond_all_numbers_are_still_numbers(api: Api, world: World) -> None:
    chain = "contents(first: 100) { nodes { corporation { " * 3 + "name" + " } } }" * 3
    said = await asked(api, DOORS[0], f'{{ corporation(id: "x") {{ {chain} }} }}')
    assert_too_costly(said, 1 + 1 + 100 * (2 + 1 + 100 * (2 + 1 + 100 * 2)))
    doubled = " ".join(
        f"fragment F{n} on Corporation {{ contents(first: 100) {{ nodes {{ corporation {{ ...F{n + 1} }} }} }} }}"
        for n in range(3)
    )
    query = (
        f'{{ corporation(id: "x") {{ ...F0 }} }} {doubled} fragment F3 on Corporation {{ members {{ totalCount }} }}'
    )
    assert (await asked(api, DOORS[0], query)).codes == ["OPERATION_TOO_COSTLY"]


async def test_a_subscription_tells_its_cost_with_the_first_event(api: Api, world: World) -> None:
    person, content = await world.person(), await world.content()
    await report(api, person, content, 1)
    async with connected(api.base_url, person) as socket:
        await socket.subscribe(WATCH)
        assert said_by(await socket.hear()).cost == {"requested": 10 + 1, "limit": LIMIT}
        await report(api, person, content, 2)
        assert said_by(await socket.hear()).cost is None


@pytest.mark.parametrize("door", DOORS)
async def test_what_runs_is_charged_its_cost_and_what_is_refused_a_little(
    api: Api, world: World, door: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    charged: list[tuple[int, int]] = []

    async def charge(self: Context, cost: int) -> None:
        current = meter.get()
        charged.append((cost, current.cost if current else -1))

    monkeypatch.setattr(Context, "charge", charge)
    for query in ("{ contents(first: 7) { nodes { id } } }", TOO_LARGE, "{ nothing }", "{" + " __typename" * 21 + "}"):
        await asked(api, door, query)
    assert charged == [(8, 8), (1, LIMIT + 1), (1, 0), (1, 0)]


@pytest.mark.parametrize("door", DOORS)
async def test_who_has_no_allowance_left_is_told_and_nothing_runs(
    api: Api, world: World, door: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def charge(self: Context, cost: int) -> None:
        raise RateLimited("That is enough for a minute.", 7)

    content, person = await world.content(), await world.person()
    monkeypatch.setattr(Context, "charge", charge)
    like = "mutation ($id: ID!) { likeContent(input: {contentId: $id}) { __typename } }"
    for query in (like, like.replace("__typename", "nothing"), "subscription { watchProgress { cursor } }"):
        if "subscription" in query and door in DOORS[:2]:
            continue
        said = await asked(api, door, query, person, **({"id": id_of(content)} if "$id" in query else {}))
        assert (said.data, said.codes, said.message) == (None, ["RATE_LIMITED"], "That is enough for a minute.")
        assert said.errors[0]["extensions"]["status"] == 429
    if door != "text/event-stream":  # which reads the document before it answers with a stream
        assert (await asked(api, door, "{")).codes == ["RATE_LIMITED"]
    assert await world.rows("select sum(like_count)::int from contents") == [(0,)]
