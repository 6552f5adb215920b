"""Random operations on the real schema, whose values come by chance and are often wrong: by its plan, an operation
answers as graphql-core does.

OPERATIONS=20000 tries as many documents, each of another kind every time.
"""

import asyncio
import os
import warnings
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from graphql import (
    DocumentNode,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    NoUnusedFragmentsRule,
    NoUnusedVariablesRule,
    OperationType,
    parse,
    print_ast,
    specified_rules,
    validate,
)
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from execution.audience import shared
from execution.executors import Forgetting, compiled, ordered
from resolvers.nobody import Nobody
from tests.execution.chance import Chance
from tests.execution.judging import Failures, answer_of, leaving, places_of_competition
from tests.execution.operations import Decorating, documents
from tests.execution.replacing import Context, make, replaced

PLAIN, PLANNED = shared(ordered(Forgetting), Nobody), shared(compiled(Forgetting), Nobody)
MANY = int(os.environ.get("OPERATIONS", 0))
WORLDS = 5  # for each form of a document
FAULTS = (0, 3, 10, 30, 100)  # of a thousand values
# What is not used does no harm.
RULES = [rule for rule in specified_rules if rule not in (NoUnusedVariablesRule, NoUnusedFragmentsRule)]
counted: Counter[str] = Counter()


def schemas() -> list[GraphQLSchema]:
    """The real one; and the same where more may be null, so that fewer failures end at the root."""
    made = [replaced() for _ in range(4)]
    for number, schema in enumerate(made[1:]):
        random = Random(number)
        for type_ in schema.type_map.values():
            if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__"):
                for field in type_.fields.values():
                    field.type = _loosened(field.type, random)
    return made


def _loosened(type_: Any, random: Random) -> Any:
    if isinstance(type_, GraphQLNonNull):
        inner = _loosened(type_.of_type, random)
        return inner if random.random() < 0.5 else GraphQLNonNull(inner)
    return type(type_)(_loosened(type_.of_type, random)) if hasattr(type_, "of_type") else type_


SCHEMAS = schemas()


async def compare(schema: GraphQLSchema, document: DocumentNode, variables: dict[str, Any], seed: int) -> None:
    """Both ways, in the same world."""

    def built(kind: Any) -> Any:
        chance = Chance(schema, seed, FAULTS[seed % len(FAULTS)], make)
        return kind.build(schema, document, None, Context(chance), variables)

    planned, plain = await answer_of(built(PLANNED)), await answer_of(built(PLAIN))
    counted["operations"] += 1
    counted["by a plan"] += planned.planned
    counted["with errors"] += bool(plain.told)
    if (planned.data, planned.told) == (plain.data, plain.told):
        return
    said = f"{print_ast(document)}\n{variables} {seed}\n{plain}\n{planned}"
    places = places_of_competition(plain, planned)
    assert places, said
    failures = Failures()
    executor = built(leaving(PLAIN, failures))
    await answer_of(executor)
    for place in places:
        counted["nulls of which several failures tell"] += 1
        possible = failures.ending_at(place, serially=executor.operation.operation is OperationType.MUTATION)
        assert plain.nulls[place] in possible, said
        assert planned.nulls[place] in possible, said


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner, warnings.catch_warnings():
        # What graphql-core had begun when a neighbour failed is never awaited.
        warnings.simplefilter("ignore", RuntimeWarning)
        runner.get_loop().set_exception_handler(lambda loop, context: None)
        yield runner
    print(dict(counted))
    # Most had a plan and many an error to tell of, and hardly ever was there more than one for the same null.
    assert counted["by a plan"] > 0.95 * counted["operations"]
    assert counted["with errors"] > 0.3 * counted["operations"]
    assert counted["nulls of which several failures tell"] < 0.02 * counted["operations"]


@settings(
    max_examples=MANY or 250,
    derandomize=not MANY,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(document=documents(SCHEMAS[0]), seed=st.integers(0, 2**31))
def test_an_operation_answers_the_same_both_ways(document: Any, seed: int, loop: asyncio.Runner) -> None:
    random = Random(seed)
    for schema in random.sample(SCHEMAS, 2):
        decorating = Decorating(schema, random)
        decorated = parse(print_ast(decorating.document(document)))
        assert not validate(SCHEMAS[0], decorated, RULES), print_ast(decorated)
        for _ in range(WORLDS):
            loop.run(compare(schema, decorated, decorating.given(random), random.randrange(2**32)))
    counted["documents"] += 1
