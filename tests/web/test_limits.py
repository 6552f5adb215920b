"""How much one document may ask for, by whatever door it comes: G5, G6 and G8 of GUARD."""

import pytest
from graphql import get_introspection_query

from tests.api.conftest import Api, World
from tests.api.test_playback import id_of
from tests.web.asking import DOORS, asked


def deep(levels: int, *outermost: str) -> str:
    """A selection of so many levels."""
    steps = ["corporation", "contents(first: 1)", "nodes"] * levels
    path = [*(outermost or ['content(id: "x")']), *steps]
    return " { ".join(["", *path[: levels - 1], "__typename"]) + " }" * levels


def spread(query: str) -> str:
    """The same query, by a fragment with a name."""
    return f"{{ ... All }} fragment All on Query {query}"


AT_MOST = {
    "levels": (deep(12), deep(13), "A query may have at most 12 levels, and this one has 13."),
    "aliases": (
        "{ genres { " + " ".join(f"a{n}: id" for n in range(30)) + " } }",
        "{ genres { " + " ".join(f"a{n}: id" for n in range(31)) + " } }",
        "A query may have at most 30 aliases, and this one has 31.",
    ),
    "root fields": (
        "{" + " __typename" * 20 + " }",
        "{" + " __typename" * 21 + " }",
        "A query may have at most 20 root fields, and this one has 21.",
    ),
}
FIELDS = """{ genres { ...A ...A ...A ...A ...A ...A ...A ...A ...A %s } }
fragment A on Genre { ...B ...B ...B ...B ...B ...B ...B ...B ...B ...B }
fragment B on Genre { id name id name id name id name id name }"""
TOKENS = "{ genres { %s } }"
START = "startStream(input: {contentId: $id}) { ... on StreamStarted { pointsAwarded } }"


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("limit", AT_MOST)
async def test_exactly_the_limit_passes_and_one_more_does_not(api: Api, world: World, limit: str, door: str) -> None:
    passes, refused, message = AT_MOST[limit]
    for written in (str, spread, lambda query: f"{{ ... on Query {query} }}"):
        assert (await asked(api, door, written(passes))).errors == []
        said = await asked(api, door, written(refused))
        assert (said.data, said.codes, said.message) == (None, ["GRAPHQL_VALIDATION_FAILED"], message)
        assert said.cost is None


@pytest.mark.parametrize("door", DOORS)
async def test_a_document_has_at_most_a_thousand_tokens(api: Api, world: World, door: str) -> None:
    assert (await asked(api, door, TOKENS % ("id " * 995))).data == {"genres": []}
    assert (await asked(api, door, TOKENS % ("id " * 996))).codes == ["GRAPHQL_PARSE_FAILED"]


async def test_fragments_say_no_more_than_a_document_could_without_them(api: Api, world: World) -> None:
    assert (await asked(api, DOORS[0], FIELDS % ("id " * 99))).errors == []
    said = await asked(api, DOORS[0], FIELDS % ("id " * 100))
    assert said.message == "A query may have at most 1000 fields, with fragments written out, and this one has 1001."


@pytest.mark.parametrize("door", DOORS)
async def test_a_mutation_has_at_most_five_fields_and_none_runs_of_more(api: Api, world: World, door: str) -> None:
    content, person = await world.content(), await world.person()
    six = "mutation ($id: ID!) { " + " ".join(f"a{n}: {START}" for n in range(6)) + " }"
    said = await asked(api, door, six, person, id=id_of(content))
    assert said.message == "A mutation may have at most 5 root fields, and this one has 6."
    assert await world.rows("select count(*) from view_logs") == [(0,)]
    five = six.replace(f"a5: {START}", "")
    assert [paid["pointsAwarded"] for paid in (await asked(api, door, five, person, id=id_of(content))).data.values()]
    assert await world.rows("select count(*) from view_logs") == [(1,)]


@pytest.mark.parametrize("door", DOORS)
async def test_fragments_that_multiply_are_counted_and_not_walked(api: Api, world: World, door: str) -> None:
    doubling = "".join(
        f"fragment F{n} on User {{ a: corporation {{ ...G{n} }} }} "
        f"fragment G{n} on Corporation {{ members {{ nodes {{ ...F{n + 1} }} edges {{ node {{ ...F{n + 1} }} }} }} }} "
        for n in range(25)
    )
    query = f'{{ user(id: "x") {{ ...F0 }} }} {doubling} fragment F25 on User {{ a: id b: id }}'
    said = await asked(api, door, query)
    assert set(said.codes) == {"GRAPHQL_VALIDATION_FAILED"}
    told = " ".join(error["message"] for error in said.errors)
    assert f"at most 30 aliases, and this one has {2**25 - 1 + 2 * 2**25}" in told


@pytest.mark.parametrize("door", DOORS)
async def test_fragments_in_circles_are_refused(api: Api, world: World, door: str) -> None:
    for circle in (
        "fragment A on Query { ...A }",
        "fragment A on Query { ...B } fragment B on Query { ...C ...A } fragment C on Query { ...B ...A }",
        "fragment A on Query { viewer { user { corporation { members { nodes { ...B } } } } } } "
        "fragment B on User { corporation { members { nodes { ...B } } } }",
    ):
        said = await asked(api, door, f"{{ ...A }} {circle}")
        assert set(said.codes) == {"GRAPHQL_VALIDATION_FAILED"}
        assert "within itself" in said.errors[0]["message"]


async def test_every_operation_of_a_document_is_judged(api: Api, world: World) -> None:
    """A document is good or bad as a whole, as with everything that validation finds."""
    both = f"query Good {{ viewer {{ email }} }} query Bad {deep(13)}"
    response = await api.client.post(f"{api.base_url}/graphql", json={"query": both, "operationName": "Good"})
    assert response.json()["errors"][0]["message"] == AT_MOST["levels"][2]


async def test_a_subscription_is_judged_too(api: Api, world: World) -> None:
    person = await world.person()
    query = f"subscription {deep(13, 'watchProgress', 'progress', 'content')}"
    for door in DOORS[2:]:
        said = await asked(api, door, query, person)
        assert said.message == "A subscription may have at most 12 levels, and this one has 13."


async def test_the_schema_may_be_asked_for_deeply_but_not_for_ever(api: Api, world: World) -> None:
    full = get_introspection_query(specified_by_url=True, directive_is_repeatable=True, schema_description=True)
    for door in DOORS:
        said = await asked(api, door, full)
        assert (said.errors, said.cost) == ([], {"requested": 0, "limit": 10_000})
    chain = '{ __type(name: "User") { fields { type {' + " ofType {" * 17 + " name" + " }" * 21
    said = await asked(api, DOORS[0], chain)
    assert said.message == "A query may have at most 20 levels of the schema, and this one has 21."
    assert (await asked(api, DOORS[0], chain.replace(" ofType {", "", 1)[:-2])).errors == []
    again = "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }"
    assert (await asked(api, DOORS[0], again)).message == "Maximum introspection depth exceeded."


@pytest.mark.parametrize("door", DOORS)
async def test_variables_hold_at_most_ten_thousand_values(api: Api, world: World, door: str) -> None:
    """A megabyte of them would keep everybody waiting while they are coerced. A list is a value too."""
    lists = [[0] * 99] * 99
    assert (await asked(api, door, "{ __typename }", a=lists, b=[0] * 98)).errors == []
    said = await asked(api, door, "{ __typename }", a=lists, b=[0] * 99)
    assert (said.codes, said.message) == (
        ["GRAPHQL_VALIDATION_FAILED"],
        "Variables may hold at most 10000 values, all in all.",
    )
