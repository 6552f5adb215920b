"""Scalars and enums: what is taken as it is, what is made of it, and what is refused."""

import enum
from typing import Any

import pytest
from graphql import GraphQLEnumType, GraphQLScalarType, GraphQLSchema, Undefined, build_schema

from tests.execution.ways import ask


def schema_of(type_: str, more: str = "") -> GraphQLSchema:
    return build_schema(f"type Query {{ values: [{type_}] }} {more}")


NOT_A_WHOLE = "Int cannot represent non-integer value"


@pytest.mark.parametrize(
    ("type_", "values", "told", "refused"),
    [
        ("Int", [1, None, -(2**31), 2**31 - 1], [1, None, -(2**31), 2**31 - 1], {}),
        ("Int", [1, 2**31, -(2**31) - 1, 3.0, True], [1, None, None, 3, 1], {1: "Int cannot", 2: "Int cannot"}),
        ("Int", [1, 2**31], [1, None], {1: "Int cannot"}),
        ("Int", [1, -(2**31) - 1], [1, None], {1: "Int cannot"}),
        ("Int", [2.5, float("nan"), "x"], [None, None, None], dict.fromkeys(range(3), NOT_A_WHOLE)),
        ("Float", [1.5, None, 2, True], [1.5, None, 2.0, 1], {}),
        ("Float", [float("nan"), 1.5, float("inf")], [None, 1.5, None], dict.fromkeys((0, 2), "Float cannot")),
        ("String", ["a", None, 1, True, 1.5], ["a", None, "1", "true", "1.5"], {}),
        ("String", ["a", {}, ["b"]], ["a", None, None], dict.fromkeys((1, 2), "String cannot")),
        ("Boolean", [True, None, 0, 2], [True, None, False, True], {}),
        ("Boolean", [0, 2], [False, True], {}),
        ("Boolean", ["true", False], [None, False], {0: "Boolean cannot"}),
        ("ID", ["a", 1, None], ["a", "1", None], {}),
        ("ID", [1.5, "a"], [None, "a"], {0: "ID cannot"}),
    ],
)
async def test_a_scalar_is_represented_or_refused_by_itself(
    type_: str, values: list[Any], told: list[Any], refused: dict[int, str]
) -> None:
    data, errors = await ask(schema_of(type_), "{ values }", {"values": values})
    assert data == {"values": told}
    assert [type(value) for value in data["values"]] == [type(value) for value in told]
    assert len(errors) == len(refused)
    for error, (number, said) in zip(errors, refused.items(), strict=True):
        assert error.startswith(f"values.{number}: {said}")


async def test_a_custom_scalar_may_refuse_and_may_not_make_nothing_of_something() -> None:
    schema = schema_of("Even", "scalar Even")
    even: Any = schema.type_map["Even"]
    assert isinstance(even, GraphQLScalarType)
    seen: list[Any] = []

    def halved(value: Any) -> Any:
        seen.append(value)
        if value % 2:
            raise ValueError(f"{value} is odd.")
        return value // 2 or None

    even.coerce_output_value = halved
    data, errors = await ask(schema, "{ values }", {"values": [4, 3, None, 0]})
    assert data == {"values": [2, None, None, None]}
    assert errors[0] == "values.1: 3 is odd."
    assert errors[1].startswith("values.3: Expected `Even.coerce_output_value(0)` to return non-nullable value")
    assert None not in seen


async def test_a_custom_scalar_takes_all_values_of_a_level() -> None:
    schema = schema_of("Double", "scalar Double")
    double: Any = schema.type_map["Double"]
    double.coerce_output_value = lambda value: value * 2
    assert await ask(schema, "{ values }", {"values": [1, None, 3]}) == ({"values": [2, None, 6]}, [])


@pytest.mark.parametrize("nothing", [None, Undefined])
async def test_a_custom_scalar_that_makes_nothing_of_something_is_told_so(nothing: Any) -> None:
    schema = schema_of("Even", "scalar Even")
    even: Any = schema.type_map["Even"]
    even.coerce_output_value = lambda value: value or nothing
    data, errors = await ask(schema, "{ values }", {"values": [4, 0]})
    assert data == {"values": [4, None]}
    assert [error.partition(":")[0] for error in errors] == ["values.1"]


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


async def test_an_enum_tells_names_and_no_values_that_are_none_of_its_own() -> None:
    schema = schema_of("Colour", "enum Colour { RED BLUE }")
    colours: Any = schema.type_map["Colour"]
    assert isinstance(colours, GraphQLEnumType)
    for member in Colour:
        colours.values[member.name].value = member
    values = [Colour.RED, None, Colour.BLUE, Colour.RED, "green", ["unhashable"], "RED"]
    data, errors = await ask(schema, "{ values }", {"values": values})
    assert data == {"values": ["RED", None, "BLUE", "RED", None, None, None]}
    assert [error.partition(":")[0] for error in errors] == ["values.4", "values.5", "values.6"]
    assert all("Enum 'Colour' cannot represent value" in error for error in errors)
