"""Objects of interfaces and unions, and of what type they are."""

import asyncio
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
import strawberry
from graphql import GraphQLSchema, build_schema, parse

from tests.execution.ways import PLANNED, answered, ask

TEXT = """
    type Query { pets: [Pet] either: [CatOrDog] must: Pet! cat: Cat }
    interface Pet { name: String }
    type Cat implements Pet { name: String lives: Int }
    type Dog implements Pet { name: String barks: Boolean owner: Person }
    type Person { name: String pets: [Pet] }
    union CatOrDog = Cat | Dog
"""
CAT = {"is": "Cat", "name": "Tom", "lives": 9}
DOG = {"is": "Dog", "name": "Rex", "barks": True}


def schema_of(is_one: Any) -> GraphQLSchema:
    """`is_one` says whether an object is of a type of this name."""
    schema = build_schema(TEXT)
    for name in ("Cat", "Dog"):
        type_: Any = schema.type_map[name]
        type_.is_type_of = lambda value, info, name=name: is_one(value, name)
    return schema


def at_once(value: Any, name: str) -> bool:
    if value["is"] == "raises":
        raise ValueError("Nobody knows.")
    return bool(value["is"] == name)


async def later(value: Any, name: str) -> bool:
    await asyncio.sleep(0)
    return at_once(value, name)


BOTH = pytest.mark.parametrize("is_one", [at_once, later])


@BOTH
async def test_objects_of_several_types_stay_in_their_order(is_one: Any) -> None:
    text = "{ pets { __typename name ... on Cat { lives } ... on Dog { barks } } }"
    data, errors = await ask(schema_of(is_one), text, {"pets": [DOG, CAT, None, DOG]})
    cat, dog = {"__typename": "Cat", "name": "Tom", "lives": 9}, {"__typename": "Dog", "name": "Rex", "barks": True}
    assert (data, errors) == ({"pets": [dog, cat, None, dog]}, [])
    assert [*data["pets"][0]] == ["__typename", "name", "barks"]


@BOTH
async def test_what_is_of_no_type_fails_by_itself(is_one: Any) -> None:
    root = {"either": [CAT, {"is": "Fish"}, DOG, {"is": "raises"}]}
    data, errors = await ask(schema_of(is_one), "{ either { __typename } }", root)
    assert data == {"either": [{"__typename": "Cat"}, None, {"__typename": "Dog"}, None]}
    assert errors[0].startswith("either.1: Abstract type 'CatOrDog' must resolve to an Object type at runtime")
    assert errors[1:] == ["either.3: Nobody knows."]


@BOTH
async def test_an_object_of_another_type_is_none_of_this(is_one: Any) -> None:
    data, errors = await ask(schema_of(is_one), "{ cat { name } must { name } }", {"cat": DOG, "must": CAT})
    assert data == {"cat": None, "must": {"name": "Tom"}}
    (error,) = errors
    assert error.startswith("cat: Expected value of type 'Cat' but got:")
    assert await ask(schema_of(is_one), "{ cat { name } }", {"cat": {"is": "raises"}}) == (
        {"cat": None},
        ["cat: Nobody knows."],
    )


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("Query", "must: Runtime Object type 'Query' is not a possible type for 'Pet'."),
        ("Fish", "must: Abstract type 'Pet' was resolved to a type 'Fish' that does not exist inside the schema."),
        ("Pet", "must: Abstract type 'Pet' was resolved to a non-object type 'Pet'."),
    ],
)
async def test_a_type_that_is_none_of_the_possible_ones_is_refused(name: str, error: str) -> None:
    schema = build_schema(TEXT)
    pet: Any = schema.type_map["Pet"]
    pet.resolve_type = lambda value, info, type_: name
    assert await ask(schema, "{ must { name } }", {"must": CAT}) == (None, [error])


async def test_who_says_a_type_may_be_asked_later_and_fail() -> None:
    schema = build_schema(TEXT)

    async def named(value: Any, info: Any, type_: Any) -> str:
        await asyncio.sleep(0)
        if value["is"] == "raises":
            raise ValueError(f"Nobody knows {'.'.join(map(str, info.path.as_list()))}.")
        return str(value["is"])

    pet: Any = schema.type_map["Pet"]
    pet.resolve_type = named
    data, errors = await ask(schema, "{ pets { name } }", {"pets": [CAT, {"is": "raises"}, DOG]})
    assert (data, errors) == ({"pets": [{"name": "Tom"}, None, {"name": "Rex"}]}, ["pets.1: Nobody knows pets."])


async def test_fragments_on_interfaces_are_for_all_that_have_them() -> None:
    text = """
        { either { ...Named ... on Pet { __typename } ... on Dog { owner { name pets { ...Named } } } } }
        fragment Named on Pet { name ... on Cat { lives } }
    """
    owned = DOG | {"owner": {"name": "Ann", "pets": [CAT, DOG]}}
    data, errors = await ask(schema_of(at_once), text, {"either": [CAT, owned]})
    pets = [{"name": "Tom", "lives": 9}, {"name": "Rex"}]
    dog = {"name": "Rex", "__typename": "Dog", "owner": {"name": "Ann", "pets": pets}}
    assert (data, errors) == ({"either": [{"name": "Tom", "lives": 9, "__typename": "Cat"}, dog]}, [])


async def test_one_name_may_stand_for_two_fields_of_two_types() -> None:
    text = "{ pets { ... on Cat { it: lives } ... on Dog { it: __typename } } either { ... on Cat { name } } }"
    schema = build_schema(TEXT.replace("lives: Int", "lives: String!"))
    for name in ("Cat", "Dog"):
        type_: Any = schema.type_map[name]
        type_.is_type_of = lambda value, info, name=name: at_once(value, name)
    data, errors = await ask(schema, text, {"pets": [CAT, DOG], "either": [DOG, CAT]})
    assert (data, errors) == ({"pets": [{"it": "9"}, {"it": "Dog"}], "either": [{}, {"name": "Tom"}]}, [])


async def test_a_field_that_is_asked_for_in_several_places_is_one() -> None:
    calls: list[str] = []

    def cat(info: Any) -> Any:
        calls.append("asked")
        return CAT | {"name": ValueError("No.")}

    text = "{ cat { lives } ... { cat { name } } ...Again } fragment Again on Query { cat { lives again: lives name } }"
    data, errors = await ask(schema_of(at_once), text, {"cat": cat})
    assert (data, errors) == ({"cat": {"lives": 9, "name": None, "again": 9}}, ["cat.name: No."])
    assert calls == ["asked"] * 2  # once each way


async def test_a_class_that_a_type_presents_is_looked_at_once() -> None:
    """And not each of its objects."""

    @dataclass
    class Fish:
        name: str

    class Salmon(Fish):
        pass

    @strawberry.interface
    class Named:
        name: str

    @strawberry.type
    class ShownFish(Named):
        pass

    ShownFish.presents = Fish  # type: ignore[attr-defined]

    @strawberry.type
    class Query:
        named: list[Named | None]
        fish: list[ShownFish | None]

    schema: Any = strawberry.Schema(Query, types=[ShownFish])._schema
    looked_at: list[Any] = []

    def is_fish(value: Any, _: Any) -> bool:
        looked_at.append(value)
        return isinstance(value, Fish)

    schema.type_map["ShownFish"].is_type_of = is_fish
    root = SimpleNamespace(named=[Fish("a"), Fish("b"), Salmon("c"), Fish("d")], fish=[Salmon("e"), Fish("f"), None])
    text = "{ named { name __typename } fish { name } }"
    executor: Any = PLANNED.build(schema, parse(text), root, None, {})
    result = await answered(executor, planned=True)
    assert result.data == {
        "named": [{"name": name, "__typename": "ShownFish"} for name in "abcd"],
        "fish": [{"name": "e"}, {"name": "f"}, None],
    }
    assert looked_at == [root.named[0], root.named[2]]
    assert await ask(schema, "{ fish { name } }", SimpleNamespace(fish=[Fish("a"), 7])) == (
        {"fish": [{"name": "a"}, None]},
        ["fish.1: Expected value of type 'ShownFish' but got: 7."],
    )


async def test_failures_among_several_types_are_told_where_they_stand() -> None:
    root = {"pets": [CAT, DOG | {"name": ValueError("No.")}, CAT, DOG, DOG | {"barks": "loudly"}]}
    data, errors = await ask(schema_of(at_once), "{ pets { name ... on Dog { barks } } }", root)
    dog = {"name": "Rex", "barks": True}
    assert data == {"pets": [{"name": "Tom"}, dog | {"name": None}, {"name": "Tom"}, dog, dog | {"barks": None}]}
    assert errors[0] == "pets.1.name: No."
    assert errors[1].startswith("pets.4.barks: Boolean cannot represent")


@pytest.mark.parametrize(
    "text", ["{ pets { name } }", "{ pets { ... on Cat { name } } either { ... on Dog { name } } }"]
)
async def test_objects_of_several_types_are_waited_for_at_the_same_time(text: str) -> None:
    def root() -> Any:
        waiting: list[str] = []
        both_wait = asyncio.Event()

        def name(info: Any) -> Any:
            return wait(".".join(map(str, info.path.as_list())))

        async def wait(place: str) -> str:
            waiting.append(place)
            if len(waiting) == 2:
                both_wait.set()
            async with asyncio.timeout(5):
                await both_wait.wait()
            return place

        both = [CAT | {"name": name}, DOG | {"name": name}]
        return {"pets": both, "either": both}

    _, errors = await ask(schema_of(at_once), text, root)
    assert not errors
