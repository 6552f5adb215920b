"""How documents are judged: each fragment once, each document once, and nothing is forgotten in the schema: G6."""

from collections.abc import Iterator
from typing import Any

import graphql
import pytest
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    print_ast,
)

import schema
from tests.api.conftest import Api, World
from tests.web.asking import asked
from web.judging.documents import operation_named
from web.judging.known import Known
from web.judging.prices import Price, price
from web.judging.sizes import declared_of

BUILT = schema.build()._schema
OBJECTS = [
    kind
    for name, kind in BUILT.type_map.items()
    if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) and not name.startswith("__")
]
FIELDS = [(f"{kind.name}.{name}", field) for kind in OBJECTS for name, field in kind.fields.items()]


def chain(links: int) -> str:
    """Each fragment spreads the next one twice, under a page whose size is a variable."""
    fragments = " ".join(
        f"fragment F{n} on Corporation {{ contents(first: $n) {{ ...P{n} ...P{n} }} }} "
        f"fragment P{n} on ContentConnection {{ nodes {{ corporation {{ ...F{n + 1} }} }} }}"
        for n in range(links)
    )
    root = 'query ($n: Int!) { corporation(id: "x") { ...F0 } }'
    return f"{root} {fragments} fragment F{links} on Corporation {{ id }}"


def price_of(text: str) -> Price:
    document = graphql.parse(text)
    operation = operation_named(document, None)
    assert operation
    return price(BUILT, document, operation)


def test_a_fragment_is_summed_up_once_however_often_it_is_spread() -> None:
    for links in (5, 10, 20):
        assert len(price_of(chain(links)).sums) <= 5 * links + 5


def test_what_a_fragment_comes_to_is_not_copied_to_where_it_is_spread() -> None:
    doubling = " ".join(f"fragment F{n} on Corporation {{ ...F{n + 1} ...F{n + 1} }}" for n in range(16))
    page = "fragment F16 on Corporation { contents(first: $n) { nodes { id } } }"
    price = price_of(f'query ($n: Int!) {{ corporation(id: "x") {{ ...F0 }} }} {doubling} {page}')
    assert price.of({"n": 3}) == 1 + 2**16 * (1 + 3)
    assert sum(len(amount.terms) for amount in price.sums) <= 100


def test_what_is_too_much_to_count_is_counted_as_the_most() -> None:
    assert price_of(chain(20)).of({"n": 100}) == 2**53 - 1
    assert price_of(chain(1)).of({"n": 3}) == 1 + 1 + 2 * 3 * (1 + 1)


async def test_a_document_is_read_and_validated_once(api: Api, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    def validate(*arguments: Any, **rest: Any) -> list[Any]:
        seen.append(arguments)
        return graphql.validate(*arguments, **rest)

    monkeypatch.setattr("web.judging.known.validate", validate)
    query = "query Twice($n: Int!) { contents(first: $n) { nodes { id } } }"
    for n in (1, 2, 3):
        assert (await asked(api, "application/json", query, n=n)).cost == {"requested": 1 + n, "limit": 10_000}
    assert len(seen) == 1
    # And what is refused for its size is not validated at all.
    await asked(api, "application/json", "{ genres { nothing } " + "__typename " * 20 + "}")
    assert len(seen) == 1


def test_fields_that_stand_twice_are_validated_once() -> None:
    known = Known("{ viewer { email email a: email a: email user { id id } user { id } } }", None, 1000)
    assert known.mistakes(BUILT, (), suggestions=False) == []
    assert " ".join(print_ast(known.document).split()) == "{ viewer { email a: email user { id } user { id } } }"


def test_every_field_says_what_it_costs() -> None:
    """What schema/present.py has not presented would cost nothing. An id costs nothing."""
    assert [name for name, field in FIELDS if "cost" not in declared_of(field) and not name.endswith(".id")] == []


def test_every_size_that_is_declared_is_an_argument_of_its_field() -> None:
    for name, field in FIELDS:
        size = declared_of(field).get("size")
        arguments: Any = field.args
        for part in size.split(".") if isinstance(size, str) else ():
            assert part in arguments, name
            arguments = getattr(get_named_type(arguments[part].type), "fields", {})


def test_every_list_says_how_long_it_mostly_is() -> None:
    """Or it is part of a page, whose size a client says."""
    pages = {get_named_type(field.type).name for _, field in FIELDS if sized(field)}
    unknown = [
        f"{kind.name}.{name}"
        for kind in OBJECTS
        for name, field in kind.fields.items()
        if is_list_type(get_nullable_type(field.type)) and not is_leaf_type(get_named_type(field.type))
        if not sized(field) and not set(around(kind.name)) & pages
    ]
    assert unknown == []


def sized(field: GraphQLField) -> bool:
    return "size" in declared_of(field) or bool({"first", "limit"} & field.args.keys())


def around(name: str) -> Iterator[str]:
    """The type, and the unions it is a member of."""
    yield name
    for union in BUILT.type_map.values():
        if name in [member.name for member in getattr(union, "types", ())]:
            yield union.name
