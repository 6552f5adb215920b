"""What clients see: the committed schema is the printed one, and everything in it is described and permitted."""

from pathlib import Path

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType, parse, validate

import schema
from resolvers.node import READERS
from resolvers.permissions import Permission
from web.graphiql import example

ROOT = Path(__file__).resolve().parents[2]
BUILT = schema.build()
TYPES = [kind for name, kind in BUILT._schema.type_map.items() if not name.startswith("__")]


def test_the_committed_schema_is_the_printed_one() -> None:
    assert (ROOT / "schema" / "schema.graphql").read_text() == BUILT.as_str() + "\n", "run: make schema"


def test_everything_in_the_schema_is_described() -> None:
    silent = [kind.name for kind in TYPES if not kind.description]
    for kind in TYPES:
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            silent += [f"{kind.name}.{name}" for name, field in kind.fields.items() if not field.description]
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            silent += [
                f"{kind.name}.{name}({argument})"
                for name, field in kind.fields.items()
                for argument, taken in field.args.items()
                if not taken.description
            ]
        if isinstance(kind, GraphQLEnumType):
            silent += [f"{kind.name}.{name}" for name, value in kind.values.items() if not value.description]
    assert silent == []


@pytest.mark.parametrize("root", [schema.Query, schema.Mutation, schema.Subscription], ids=lambda root: root.__name__)
def test_every_field_of_the_roots_says_who_may(root: type) -> None:
    for field in root.__strawberry_definition__.fields:  # type: ignore[attr-defined]
        permissions = [extension for extension in field.extensions if isinstance(extension, Permission)]
        assert len(permissions) == 1, field.name


def test_everything_with_an_id_can_be_had_by_node() -> None:
    nodes = {
        kind.name
        for kind in TYPES
        if isinstance(kind, GraphQLObjectType) and any(interface.name == "Node" for interface in kind.interfaces)
    }
    assert nodes == READERS.keys()


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.graphql")), ids=lambda path: path.stem)
def test_the_examples_are_valid(path: Path) -> None:
    assert validate(BUILT._schema, parse(example(path)["query"])) == []
