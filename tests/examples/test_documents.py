"""What the examples ask is in the schema that is committed, so that a copied operation works."""

import json
from pathlib import Path

import pytest
from gql import Client, GraphQLRequest

from tests.examples.conftest import CLIENTS
from tests.examples.http_file import read

_ROOT = CLIENTS.parent.parent
_FILES = [*sorted(CLIENTS.parent.glob("*.graphql")), *sorted(CLIENTS.rglob("codegen/*.graphql"))]


@pytest.fixture(scope="module")
def schema() -> Client:
    return Client(schema=(_ROOT / "schema" / "schema.graphql").read_text())


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.stem)
def test_operations_fit_the_schema(schema: Client, path: Path) -> None:
    schema.validate(GraphQLRequest(path.read_text()))


def test_operations_of_the_http_file_fit_the_schema(schema: Client) -> None:
    for request in read(CLIENTS / "marquee.http").requests:
        if request.body:
            schema.validate(GraphQLRequest(json.loads(request.body)["query"]))


@pytest.mark.parametrize("project", ["javascript", "codegen"])
def test_a_lock_file_is_exact_and_names_no_registry(project: str) -> None:
    folder = CLIENTS / project
    locked = json.loads((folder / "package-lock.json").read_text())["packages"]
    assert [name for name, package in locked.items() if "resolved" in package] == []
    assert [name for name, package in locked.items() if name and "integrity" not in package] == []
    wanted = json.loads((folder / "package.json").read_text())
    for name, version in {**wanted.get("dependencies", {}), **wanted.get("devDependencies", {})}.items():
        assert locked[f"node_modules/{name}"]["version"] == version
