"""What is kept of documents, and what it costs to judge one that is not known: G6 of GUARD."""

import gc
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from graphql import specified_rules
from graphql.validation.rules import overlapping_fields_can_be_merged

import schema
from domain.errors import RateLimited
from resolvers.context import Context
from tests.api.conftest import Api, World
from tests.web.asking import DOORS, asked
from tests.web.test_graphql_over_http import post
from web.judging.known import Known, Library
from web.operations import MOST_CHARACTERS, MOST_TOKENS

MEGABYTE = 1_000_000
PAIRS = "{ genres { id name " + "...{ id } " * 240 + "} }"  # nearly 1000 tokens, and it is good


@contextmanager
def keeping_at_most(size: int) -> Iterator[None]:
    """Of what the block takes, so many bytes may stay."""
    gc.collect()
    tracemalloc.start()
    try:
        yield
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] < size
    finally:
        tracemalloc.stop()


def test_all_documents_together_take_bounded_room() -> None:
    built, library = schema.build()._schema, Library(MOST_TOKENS, most_held=5000)
    with keeping_at_most(8 * MEGABYTE):
        for number in range(100):
            known = library.read(f"query Q{number} {PAIRS}", None)
            assert known.mistakes(built, specified_rules, suggestions=False) == []
            known.cost(built, {})
            library.keep(known)
    assert library.find(f"query Q99 {PAIRS}", None)
    assert library.find(f"query Q0 {PAIRS}", None) is None


def test_what_was_not_asked_for_longest_goes_first() -> None:
    library = Library(MOST_TOKENS, most_held=9)
    texts = ("{ a }", "{ b }", "{ c }", "{ d }")
    for text in texts:  # each weighs as many tokens as it has
        library.keep(library.read(text, None))
        assert library.find("{ a }", None)
    assert [bool(library.find(text, None)) for text in texts] == [True, False, True, True]


def test_long_text_weighs_too_and_what_is_kept_twice_weighs_once() -> None:
    library = Library(MOST_TOKENS, most_held=1500)
    long = "{ a } #" + "x" * (MOST_CHARACTERS - 7)
    for _ in range(3):
        library.keep(library.read("{ a }", None))
        library.keep(library.read(long, None))
    assert library.find("{ a }", None)
    assert library.find(long, None)
    library.keep(library.read(long.replace("a", "b"), None))
    assert library.find(long, None) is None


async def test_what_is_refused_leaves_nothing_behind(api: Api, world: World) -> None:
    await post(api, {"query": "{ nothing }"})
    with keeping_at_most(4 * MEGABYTE):
        for number in range(25):
            for text in (f"{{ a{number}: __typename {'nothing ' * 990} }}", f"{{ a{number}: {'__typename ' * 990} }}"):
                assert "data" not in (await post(api, {"query": text})).json()


async def test_each_operation_of_a_document_is_known_by_itself(
    api: Api, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str | None] = []

    def counted(library: Library, text: str, name: str | None) -> Known:
        read.append(name)
        return Known(text, name, MOST_TOKENS)

    monkeypatch.setattr(Library, "read", counted)
    both = "query One { contents(first: 1) { nodes { id } } } query Three { contents(first: 3) { nodes { id } } }"
    for name, cost in (("One", 2), ("Three", 4), ("One", 2)):
        said = (await post(api, {"query": both, "operationName": name})).json()
        assert said["extensions"]["cost"]["requested"] == cost
    assert read == ["One", "Three"]


@pytest.fixture
def charged(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    costs: list[int] = []

    async def charge(self: Context, cost: int) -> None:
        costs.append(cost)

    monkeypatch.setattr(Context, "charge", charge)
    return costs


@pytest.mark.parametrize("door", DOORS)
async def test_a_large_document_pays_its_toll_until_it_is_known(
    api: Api, world: World, door: str, charged: list[int]
) -> None:
    own = f"query Large{DOORS.index(door)} "
    good, bad = own + PAIRS.replace("...{ id } ", "", 1), own + PAIRS.replace("id name", "id nothing")
    assert [(await asked(api, door, good)).errors for _ in range(2)] == [[], []]
    assert charged == [102, 1 + 20, 1 + 20]
    charged.clear()
    for _ in range(2):
        assert (await asked(api, door, bad)).data is None
    assert charged == [103, 1, 103, 1], "what is refused is not known the next time"


async def test_what_never_comes_to_be_judged_pays_too(api: Api, world: World, charged: list[int]) -> None:
    long = "#" + "x" * (MOST_CHARACTERS - 100)
    await post(api, {"query": "{ __typename", "operationName": "None"})
    await post(api, {"query": "{ __typename " + long})
    assert charged == [1, 1 + 99]
    charged.clear()
    for body in (
        {"query": "query One { __typename }", "operationName": "Other"},
        {"query": "subscription { watchProgress { cursor } }"},
        {"query": "query One { __typename } " + long, "operationName": "Other"},
    ):
        assert "data" not in (await post(api, body)).json()
    assert charged == [1, 1, 1 + 100]


@pytest.mark.parametrize("door", DOORS)
async def test_who_cannot_pay_the_toll_is_not_validated_for(
    api: Api, world: World, door: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def charge(self: Context, cost: int) -> None:
        raise RateLimited("That is enough for a minute.", 7)

    def mistakes(*_: object, **__: object) -> list[object]:
        raise AssertionError("validated")

    monkeypatch.setattr(Context, "charge", charge)
    monkeypatch.setattr(Known, "mistakes", mistakes)
    assert (await asked(api, door, f"query Dear {PAIRS}")).codes == ["RATE_LIMITED"]


def test_fields_are_compared_for_a_fifth_of_the_time_whoever_is_imported_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlapping_fields_can_be_merged, "MAX_COMPLEXITY_BUDGET", 500_000)
    Library(MOST_TOKENS)
    assert overlapping_fields_can_be_merged.MAX_COMPLEXITY_BUDGET == 100_000
