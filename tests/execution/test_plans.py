"""Plans are made once, for each shape of an operation, and are not kept for ever."""

from types import SimpleNamespace
from typing import Any

import pytest
from graphql import build_schema, parse

from execution.compiling import compile_operation
from execution.executors import compiled
from execution.plans import MOST_SHAPES, Plans
from execution.selections import Selection
from tests.execution.ways import PLAIN, PLANNED, answered, ask

SCHEMA = build_schema(
    """
    directive @defer(label: String, if: Boolean! = true) on FRAGMENT_SPREAD | INLINE_FRAGMENT
    directive @stream(label: String, if: Boolean! = true, initialCount: Int = 0) on FIELD
    directive @experimental_disableErrorPropagation on QUERY
    type Query { a: Int b: Int many: [Int] one: One }
    type Mutation { a: Int }
    type One { a: Int b: Int must: Int! }
    """
)
ROOT = {"a": 1, "b": 2, "many": [1, 2], "one": {"a": 3, "b": 4}}


class Compiling:
    """Counts what is compiled, by the text of the operation."""

    def __init__(self, most: int = 1_000_000) -> None:
        self.texts: list[str] = []
        self.plans = Plans(self._compile, most)

    def _compile(self, executor: Any) -> Selection | None:
        self.texts.append(executor.operation.loc.source.body)
        return compile_operation(executor)

    def of(self, document: Any, **variables: Any) -> Selection | None:
        return self.plans.of(PLAIN.build(SCHEMA, document, ROOT, None, variables))  # type: ignore[arg-type]


def test_an_operation_is_compiled_when_it_first_comes() -> None:
    compiling, document = Compiling(), parse("{ a }")
    assert compiling.of(document) is compiling.of(document) is not None
    assert compiling.texts == ["{ a }"]


def test_an_operation_without_a_plan_is_looked_at_once() -> None:
    compiling, document = Compiling(), parse("{ __schema { queryType { name } } }")
    assert compiling.of(document) is compiling.of(document) is None
    assert len(compiling.texts) == 1


def test_variables_that_decide_what_is_included_decide_the_plan() -> None:
    parts = "{ a @include(if: $i) ...F } fragment F on Query { b @skip(if: $s) }"
    compiling, document = Compiling(), parse(f"query ($i: Boolean!, $s: Boolean!, $n: Int) {parts}")
    plans = {compiling.of(document, i=i, s=s, n=n) for i in (True, False) for s in (True, False) for n in (1, 2)}
    assert len(plans) == len(compiling.texts) == 4


@pytest.mark.parametrize("below", ["one { a @skip(if: $i) }", "... { b ... on Query { a @include(if: $i) } }"])
def test_they_decide_wherever_they_are_looked_at(below: str) -> None:
    compiling, document = Compiling(), parse(f"query ($i: Boolean!) {{ b {below} }}")
    assert compiling.of(document, i=True) is not compiling.of(document, i=False)


async def test_each_shape_answers_for_itself() -> None:
    text = "query ($i: Boolean!) { a one @include(if: $i) { a b @skip(if: $i) ... @include(if: $i) { x: b } } }"
    assert await ask(SCHEMA, text, ROOT, i=True) == ({"a": 1, "one": {"a": 3, "x": 4}}, [])
    assert await ask(SCHEMA, text, ROOT, i=False) == ({"a": 1}, [])


@pytest.mark.parametrize("text", ["{ a one { a @include(if: $i) } }", "{ a ... @skip(if: $i) { b } }"])
async def test_a_variable_that_does_not_say_is_told_where_it_was_asked(text: str) -> None:
    data, errors = await ask(SCHEMA, f"query ($i: Boolean = true) {text}", ROOT, planned=False, i=None)
    assert data in ({"a": 1, "one": None}, None)
    (error,) = errors
    assert "Argument 'if' has invalid value" in error


@pytest.mark.parametrize(
    "text",
    [
        "{ a __schema { queryType { name } } }",
        '{ __type(name: "One") { name } }',
        "query @experimental_disableErrorPropagation { a }",
    ],
)
async def test_what_nobody_here_knows_is_graphql_core_s(text: str) -> None:
    data, errors = await ask(SCHEMA, text, ROOT, planned=False)
    assert data
    assert not errors


@pytest.mark.parametrize("text", ["{ a ... @defer { b } }", "{ a many @stream }", "{ one { a ... @defer { b } } }"])
def test_what_comes_bit_by_bit_is_graphql_core_s(text: str) -> None:
    compiling = Compiling()
    assert compiling.of(parse(text)) is None
    assert compiling.of(parse("{ a ... @defer(if: false) { b } }")) is not None


def test_fragments_with_variables_of_their_own_are_graphql_core_s() -> None:
    text = "{ ...F(with: true) } fragment F($with: Boolean!) on Query { a @include(if: $with) }"
    assert Compiling().of(parse(text, experimental_fragment_arguments=True)) is None


def test_middleware_and_whoever_may_abort_leave_it_to_graphql_core() -> None:
    executor: Any = PLAIN.build(SCHEMA, parse("{ a }"), ROOT, None, {}, middleware=[lambda *_: 1])
    assert compile_operation(executor) is None
    signal = SimpleNamespace(aborted=False)
    stoppable: Any = PLANNED.build(SCHEMA, parse("{ a }"), ROOT, None, {}, abort_signal=signal)  # type: ignore[arg-type]
    assert stoppable.execute_operation().data == {"a": 1}


def test_a_root_that_the_schema_has_not_is_graphql_core_s_to_tell() -> None:
    executor: Any = PLANNED.build(build_schema("type Query { a: Int }"), parse("mutation { a }"), ROOT, None, {})
    (error,) = executor.execute_operation().errors
    assert error.message == "Schema is not configured to execute mutation operation."


def test_one_operation_has_so_many_shapes_and_no_more() -> None:
    names = [f"i{number}" for number in range(5)]
    declared = " ".join(f"${name}: Boolean!" for name in names)
    compiling = Compiling()
    document = parse(f"query ({declared}) {{ {' '.join(f'{name}: a @skip(if: ${name})' for name in names)} }}")
    for shape in range(2 ** len(names)):
        compiling.of(document, **{name: bool(shape >> number & 1) for number, name in enumerate(names)})
        (held,) = compiling.plans._held.values()
        assert len(held.plans) <= MOST_SHAPES


def test_a_plan_weighs_what_it_is_made_of_and_an_operation_all_its_plans() -> None:
    compiling = Compiling(1_000)
    small, large = compiling.of(parse("{ a }")), compiling.of(parse("{ one { a b one: b } x: one { a } }"))
    assert small
    assert large
    assert (small.weight, large.weight) == (2, 9)
    document = parse("query ($i: Boolean!) { a @include(if: $i) b }")
    for included in (True, False):
        assert compiling.of(document, i=included)
    weights = [held.weight for held in compiling.plans._held.values()]
    assert weights == [1 + 2, 1 + 3 + 9, 1 + 4 + 3 + 2]
    assert compiling.plans._room == 1_000 - sum(weights)


def test_what_was_not_asked_for_longest_is_forgotten() -> None:
    one = Compiling()
    one.of(parse("{ a }"))
    (held,) = one.plans._held.values()
    compiling = Compiling(3 * held.weight)
    a, b, c, d = (parse(f"{{ {name} }}") for name in ("a", "b", "a", "b"))
    for document in (a, b, c, a, d, a, b):
        compiling.of(document)
    assert [*compiling.texts] == ["{ a }", "{ b }", "{ a }", "{ b }", "{ b }"]
    assert compiling.plans._room == 0


@pytest.mark.parametrize("text", ["{ a } #", "{ __schema { queryType { name } } } #"])
def test_what_is_held_is_bounded_by_the_documents_too(text: str) -> None:
    """Even of operations that have no plan, and of those that ask for little in many words."""
    compiling = Compiling(2_000)
    for number in range(20):
        compiling.of(parse(f"{text}{number}".ljust(5_000, "x")))
    assert len(compiling.plans._held) == 3


def test_what_weighs_more_than_all_there_is_room_for_is_kept_alone() -> None:
    compiling, large = Compiling(1), parse("{ a b }")
    compiling.of(parse("{ a }"))
    assert compiling.of(large) is compiling.of(large)
    assert len(compiling.plans._held) == 1


def test_another_operation_at_the_same_place_in_memory_is_not_mistaken_for_it() -> None:
    """It is not there: what is held by a plan is not freed."""
    compiling = Compiling()
    for number in range(200):
        assert compiling.of(parse(f"{{ a{number}: a }}"))._names == [f"a{number}"]  # type: ignore[union-attr]


async def test_each_class_of_executors_has_plans_of_its_own() -> None:
    """One schema's fields say nothing of another's."""
    other: Any = compiled(PLAIN.__mro__[1])
    document = parse("{ a }")
    numbers = await answered(PLANNED.build(SCHEMA, document, ROOT, None, {}), planned=True)  # type: ignore[arg-type]
    texts = build_schema("type Query { a: String }")
    assert numbers.data == {"a": 1}
    assert (await answered(other.build(texts, document, ROOT, None, {}), planned=True)).data == {"a": "1"}
