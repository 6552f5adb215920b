"""Every promise of GUARD has tests that name it, and what no single test can show is read from the house itself."""

import ast
import re
from collections.abc import Iterator

import pytest
from graphql import GraphQLInputObjectType, GraphQLInputType, get_named_type

import schema
from resolvers.permissions import Permission, Who
from tests.house.test_structure import MODULES, ROOT, name_of

ROWS = {"G": 12, "C": 3, "W": 5, "A": 7, "Z": 3, "R": 5, "U": 3, "S": 1, "O": 5}
PROMISES = [f"{letter}{number}" for letter, most in ROWS.items() for number in range(1, most + 1)]
DOCUMENTED = (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef)
DOCSTRINGS = [
    ast.get_docstring(node) or ""
    for path in sorted((ROOT / "tests").rglob("*.py"))
    for node in ast.walk(ast.parse(path.read_text()))
    if isinstance(node, DOCUMENTED)
]

# What a client that may not must not set (Z2), and the mutations that set it for those who may.
PRIVILEGED = {"role", "points", "plan", "planexpiresat", "corporationid", "userid", "ownerid", "authorid"}
SETTERS = {
    "createCorporation": {"plan", "planexpiresat"},
    "changePlan": {"plan"},
    "createContent": {"corporationid"},
    "importTmdbTitle": {"corporationid"},
    "updateUser": {"role", "corporationid"},
}
# Whoever reads our own clock: for signatures and tokens, which have to do with no row; to notice that a token is over
# (its session is looked up anyway); and to tell birthdays of the future.
OWN_CLOCK = {
    "domain.endings",
    "domain.media_objects",
    "domain.profiles",
    "integrations.fcm",
    "integrations.local_store",
    "integrations.s3",
    "integrations.secrets",
    "integrations.strangers",
    "integrations.tokens",
    "web.errors",
    "web.media",
}


@pytest.mark.parametrize("promise", PROMISES)
def test_every_promise_is_named_by_the_tests_that_keep_it(promise: str) -> None:
    """R1–R3 names all three."""
    assert any(promise in set(named(text)) for text in DOCSTRINGS)


def named(text: str) -> Iterator[str]:
    for letter, first, last in re.findall(r"\b([A-Z])(\d+)(?:(?:–|-| to )[A-Z]?(\d+))?\b", text):
        yield from (f"{letter}{number}" for number in range(int(first), int(last or first) + 1))


def test_only_those_who_may_set_roles_points_plans_and_owners() -> None:
    """Z2: such a field is an input of no other mutation, and those are for managers and administrators."""
    found: dict[str, set[str]] = {}
    mutations = schema.build()._schema.mutation_type
    assert mutations
    for name, mutation in mutations.fields.items():
        names = {field for argument in mutation.args.values() for field in fields_of(argument.type, set())}
        if privileged := names & PRIVILEGED | {field for field in names if field.endswith("count")}:
            found[name] = privileged
            field = mutation.extensions["strawberry-definition"]
            (who,) = [one.who for one in field.extensions if isinstance(one, Permission)]
            assert who in {Who.MANAGER, Who.ADMIN}, name
    assert found == SETTERS


def test_no_client_gives_an_address_to_fetch() -> None:
    """U3."""
    roots = schema.build()._schema
    for root in (roots.query_type, roots.mutation_type, roots.subscription_type):
        assert root
        for field in root.fields.values():
            for argument in field.args.values():
                given = set(fields_of(argument.type, set())) | {get_named_type(argument.type).name.lower()}
                assert not [name for name in given if name.endswith(("url", "uri", "link", "host"))]


def fields_of(kind: GraphQLInputType, seen: set[str]) -> Iterator[str]:
    """The names of all fields of an input, however deep, in small letters."""
    inner = get_named_type(kind)
    if isinstance(inner, GraphQLInputObjectType) and inner.name not in seen:
        seen.add(inner.name)
        for name, field in inner.fields.items():
            yield name.lower()
            yield from fields_of(field.type, seen)


def test_the_database_tells_the_time_of_what_it_keeps() -> None:
    """R5: rewards, plans and expiry are decided by now() in statements; who reads another clock does not for those."""
    readers = {name_of(path) for path in MODULES if re.search(r"datetime\.now|utcnow|\btime\.time\(", path.read_text())}
    assert readers == OWN_CLOCK
