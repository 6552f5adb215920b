"""Where values come from: attributes, computed fields, batch functions, resolvers."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
import strawberry
from graphql import parse

from execution.compiling import compile_operation
from execution.sources import Attribute, Batch, Computed, Resolver
from resolvers.fields import batched, computed
from resolvers.loaders import Loaders
from tests.execution.ways import PLAIN, PLANNED, ask


class Order(enum.Enum):
    UP = "up"
    DOWN = "down"


@dataclass
class Shelf:
    """What is shown: `number` fails for those of which nothing is known."""

    name: str
    books: Any = ()
    known: bool = True

    @property
    def number(self) -> int:
        if not self.known:
            raise LookupError(f"No number of {self.name}.")
        return len(self.name)


@dataclass
class Context:
    """`calls` of batches: of how many, and with what. `batch` says what they give."""

    batch: Any = None
    calls: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.loaders = Loaders(self)


@dataclass(frozen=True)
class Which:
    order: Order = Order.UP
    first_letter: str = "a"


strawberry.enum(Order)
strawberry.input(Which)


async def neighbours(
    context: Context, parents: Sequence[Shelf], which: Which | None = None, order: Order = Order.DOWN
) -> Sequence[Any]:
    context.calls.append(([shelf.name for shelf in parents], which, order))
    return context.batch(parents) if context.batch else [shelf.books or None for shelf in parents]


@computed
def label(context: Context, shelf: Shelf) -> str:
    if not shelf.known:
        raise LookupError(f"No label of {shelf.name}.")
    return f"<{shelf.name}>"


def shout(root: strawberry.Parent[Shelf], info: strawberry.Info, times: int = 1) -> str:
    if not root.known:
        raise LookupError(f"Nobody shouts {root.name} at {'.'.join(map(str, info.path.as_list()))}.")
    return root.name.upper() * times


async def whisper(root: strawberry.Parent[Shelf]) -> str:
    return root.name.lower()


@strawberry.type(name="Shelf")
class ShownShelf:
    name: str
    number: int | None
    label = strawberry.field(resolver=label, graphql_type=str | None)
    shout = strawberry.field(resolver=shout, graphql_type=str | None)
    whisper = strawberry.field(resolver=whisper, graphql_type=str)
    neighbours = strawberry.field(
        resolver=batched(neighbours),
        graphql_type=list["ShownShelf"] | None,
    )


@strawberry.type
class Query:
    shelves: list[ShownShelf]


SCHEMA: Any = strawberry.Schema(Query)
A, B, C = Shelf("A"), Shelf("B", known=False), Shelf("C")


async def asked(text: str, *shelves: Shelf, batch: Any = None, **variables: Any) -> tuple[Any, list[str], list[Any]]:
    """And the calls of batches, which are the same both ways."""
    contexts = [Context(batch), Context(batch)]
    turns = iter(contexts)
    root = Shelf("root")
    root.shelves = list(shelves or (A, B, C))  # type: ignore[attr-defined]

    def root_for_context() -> Any:
        current[0] = next(turns)
        return root

    current: list[Any] = [None]
    data, errors = await ask(SCHEMA._schema, text, root_for_context, context=lambda: current[0], **variables)
    assert contexts[0].calls == contexts[1].calls
    return data and data["shelves"], errors, contexts[0].calls


@pytest.mark.parametrize(
    ("name", "good", "said"),
    [
        ("number", 1, "No number of B."),
        ("label", "<A>", "No label of B."),
        ("shout", "A", "Nobody shouts B at shelves.1.shout."),
    ],
)
async def test_what_fails_for_one_object_takes_no_others_along(name: str, good: Any, said: str) -> None:
    data, errors, _ = await asked(f"{{ shelves {{ {name} }} }}", A, B, A)
    assert (data, errors) == ([{name: good}, {name: None}, {name: good}], [f"shelves.1.{name}: {said}"])


async def test_a_resolver_is_given_its_arguments_and_may_be_awaited() -> None:
    data, errors, _ = await asked("query ($n: Int = 2) { shelves { shout(times: $n) whisper } }", A, n=3)
    assert (data, errors) == ([{"shout": "AAA", "whisper": "a"}], [])


async def test_a_batch_is_called_once_for_a_level_and_never_for_nobody() -> None:
    inner = [Shelf("X"), Shelf("Y", [])]
    text = "{ shelves { neighbours { name neighbours { neighbours { name } } } } }"
    data, errors, calls = await asked(text, Shelf("A", inner), B, Shelf("C", [Shelf("Z")]))
    assert not errors
    assert data[1:] == [{"neighbours": None}, {"neighbours": [{"name": "Z", "neighbours": None}]}]
    assert [names for names, _, _ in calls] == [["A", "B", "C"], ["X", "Y", "Z"]]


async def test_a_batch_is_given_arguments_as_a_resolver_is() -> None:
    text = """query ($letter: String!, $which: Which) {
        shelves {
            neighbours { name }
            a: neighbours(which: {order: DOWN, firstLetter: $letter}, order: UP) { name }
            b: neighbours(which: $which) { name }
            c: neighbours(which: {}) { name }
        }
    }"""
    _, errors, calls = await asked(text, A, letter="y", which={"firstLetter": "z"})
    assert not errors
    assert [(which, order) for _, which, order in calls] == [
        (None, Order.DOWN),
        (Which(Order.DOWN, "y"), Order.UP),
        (Which(Order.UP, "z"), Order.DOWN),
        (Which(), Order.DOWN),
    ]


async def test_a_batch_may_fail_for_some() -> None:
    data, errors, _ = await asked("{ shelves { neighbours { name } } }", batch=lambda _: ([A], ValueError("No."), None))
    assert data == [{"neighbours": [{"name": "A"}]}, {"neighbours": None}, {"neighbours": None}]
    assert errors == ["shelves.1.neighbours: No."]


async def test_a_batch_may_fail_for_all() -> None:
    def fail(_: Any) -> Any:
        raise ValueError("No.")

    data, errors, _ = await asked("{ shelves { name neighbours { name } } }", batch=fail)
    assert data == [{"name": name, "neighbours": None} for name in "ABC"]
    assert errors == [f"shelves.{number}.neighbours: No." for number in range(3)]


@pytest.mark.parametrize("results", [[], [None] * 2, [None] * 4])
async def test_a_batch_with_another_number_of_results_fails(results: list[Any]) -> None:
    data, errors, _ = await asked("{ shelves { neighbours { name } } }", batch=lambda _: results)
    assert data == [{"neighbours": None}] * 3
    said = f"Received wrong number of results in dataloader, expected: 3, received: {len(results)}"
    assert errors == [f"shelves.{number}.neighbours: {said}" for number in range(3)]


async def test_arguments_that_a_variable_spoils_fail_where_they_are_asked_for() -> None:
    asking = "{ shelves { name shout(times: $n) neighbours(order: $order) { name } } }"
    data, errors, calls = await asked(f"query ($order: Order = UP, $n: Int = 1) {asking}", A, order=None, n=None)
    assert data == [{"name": "A", "shout": None, "neighbours": None}]
    assert [error.partition(":")[0] for error in errors] == ["shelves.0.shout", "shelves.0.neighbours"]
    assert not calls


async def test_each_field_comes_the_shortest_way_there_is() -> None:
    asking = parse("{ shelves { name number label neighbours { name } shout whisper } }")
    plan: Any = compile_operation(PLAIN.build(SCHEMA._schema, asking, None, None, {}))  # type: ignore[arg-type]
    shelves = plan._columns[0]._completion._inner._items._inner._selection
    sources = {column.name: column._source for column in shelves._columns}
    assert {name: type(source) for name, source in sources.items()} == {
        "name": Attribute,
        "number": Attribute,
        "label": Computed,
        "neighbours": Batch,
        "shout": Resolver,
        "whisper": Resolver,
    }
    assert [name for name, source in sources.items() if source.waits] == ["neighbours", "whisper"]
    assert [shelves._columns[number].name for number in shelves._waiting] == ["neighbours", "whisper"]
    assert [column.name for column in shelves._columns if column._at_hand] == ["name", "number", "label"]


class Strange(str):
    """A text of a kind that was not seen before."""


@pytest.mark.parametrize("value", ["A", Strange("A"), ValueError("Faded."), None, 1.5], ids=repr)
async def test_what_is_at_hand_is_read_once_whatever_it_is(value: object) -> None:
    read: list[object] = []

    class Read(Shelf):
        @property
        def number(self) -> Any:
            read.append(self)
            return value

    root: Any = Shelf("root")
    root.shelves = [Read("A")]
    executor: Any = PLANNED.build(SCHEMA._schema, parse("{ shelves { number } }"), root, Context(), {})
    await executor.execute_operation()
    assert read == root.shelves


async def test_fields_below_which_something_waits_go_on_at_the_same_time() -> None:
    asking = parse("{ a: shelves { whisper } b: shelves { name } c: shelves { neighbours { name } } }")
    plan: Any = compile_operation(PLAIN.build(SCHEMA._schema, asking, None, None, {}))  # type: ignore[arg-type]
    assert [plan._columns[number].name for number in plan._waiting] == ["a", "c"]


async def test_a_plan_needs_no_loaders() -> None:
    root, context = Shelf("root"), Context()
    root.shelves, context.loaders = [A, C], None  # type: ignore[attr-defined, assignment]
    executor: Any = PLANNED.build(SCHEMA._schema, parse("{ shelves { neighbours { name } } }"), root, context, {})
    assert (await executor.execute_operation()).errors is None
    assert len(context.calls) == 1
