"""What docs/from-the-five-systems.md says is so."""

import csv
import json
import re
from pathlib import Path

import pytest
from graphql import GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema, get_named_type

import schema
from domain.importing import Kind
from domain.importing_forms import FORMS
from tests.importing.conftest import EXAMPLE

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "from-the-five-systems.md").read_text()
BUILT: GraphQLSchema = schema.build()._schema
ROOTS = {"query": BUILT.query_type, "mutation": BUILT.mutation_type, "subscription": BUILT.subscription_type}
TABLE = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.partition("## What replaces each address")[2].splitlines()
    if re.match(r"\| [A-E]\d", line)
]
NUMBERS = {"A": 21, "B": 13, "C": 16, "D": 11, "E": 11}


def named(text: str) -> list[tuple[str, str]]:
    """What is named behind each kind of operation, also where several stand behind one: "queries `a` and `b`"."""
    found = []
    for kind, list_ in re.findall(
        r"\b(quer(?:y|ies)|mutations?|subscriptions?|fields?)\b ((?:`[\w.]+`(?:, | and )?)+)", text
    ):
        single = {"queries": "query"}.get(kind, kind.removesuffix("s"))
        found += [(single, name) for name in re.findall(r"`([\w.]+)`", list_)]
    return found


def test_every_feature_of_the_five_has_its_row() -> None:
    assert [row[0] for row in TABLE] == [f"{part}{n}" for part, most in NUMBERS.items() for n in range(1, most + 1)]
    assert all(len(row) == 3 and row[1] and row[2] for row in TABLE)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row[0])
def test_every_operation_that_replaces_something_is_in_the_schema(row: list[str]) -> None:
    named_here = named(row[2])
    assert named_here or not re.search(r"quer(y|ies)|mutation|subscription|\bfield", row[2]), row
    for kind, path in named_here:
        first, *rest = path.split(".")
        parent = BUILT.type_map[first] if kind == "field" else ROOTS[kind]
        for name in rest if kind == "field" else [first, *rest]:
            assert isinstance(parent, GraphQLObjectType | GraphQLInterfaceType), path
            assert name in parent.fields, path
            parent = get_named_type(parent.fields[name].type)


@pytest.mark.parametrize("kind", Kind, ids=lambda kind: kind.value)
def test_every_column_is_described_and_no_other(kind: Kind) -> None:
    section = PAGE.partition(f"\n### {kind.value}\n")[2].partition("\n##")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:2] == "| "]
    described = {name.strip(): row[2] == "yes" for row in rows[1:] for name in row[0].split(",")}
    assert described == {name: column.required for name, column in FORMS[kind].columns.items()}


def test_the_example_is_a_file_of_each_kind_with_known_columns() -> None:
    assert sorted(path.stem for path in EXAMPLE.iterdir()) == sorted(kind.value for kind in Kind)
    for path in EXAMPLE.iterdir():
        text = path.read_text()
        rows = list(csv.DictReader(text.splitlines())) if path.suffix == ".csv" else map(json.loads, text.splitlines())
        assert all(row.keys() <= FORMS[Kind(path.stem)].columns.keys() for row in rows)
