"""Fields that something surrounds are resolved as Strawberry does it, whatever they are made from."""

from types import SimpleNamespace
from typing import Annotated, Any

import strawberry
from strawberry.extensions import FieldExtension

from resolvers.fields import batched, computed
from resolvers.loaders import Loaders
from tests.execution.ways import ask


class Doubling(FieldExtension):
    def resolve(self, next_: Any, source: Any, info: Any, **arguments: Any) -> Any:
        return next_(source, info, **arguments) * 2


@computed
def three(_: Any, __: Any) -> int:
    return 3


async def always_no(_: Any, parents: Any) -> Any:
    return [LookupError("No.") for _parent in parents]


@strawberry.type
class Found:
    name: str


@strawberry.type
class Lost:
    reason: str


class ToLost(strawberry.ExceptionHandler[LookupError, Lost]):
    def handle(self, exception: LookupError, *, field: object, info: object) -> Any:
        return Lost(reason=str(exception))


Either = Annotated[Found | Lost, strawberry.union("Either")]


def told_no(root: strawberry.Parent[Any]) -> Any:
    raise LookupError("Told no.")


@strawberry.type
class Query:
    plain: int = strawberry.field(extensions=[Doubling()])
    six = strawberry.field(resolver=three, graphql_type=int, extensions=[Doubling()])
    told = strawberry.field(resolver=told_no, graphql_type=Either)
    never = strawberry.field(resolver=batched(always_no), graphql_type=Either)


SCHEMA: Any = strawberry.Schema(Query, types=[Found, Lost], exception_handlers=[ToLost()])


async def test_extensions_run_around_computed_and_plain_fields() -> None:
    assert await ask(SCHEMA._schema, "{ plain six }", SimpleNamespace(plain=1)) == ({"plain": 2, "six": 6}, [])


async def test_what_a_handler_makes_of_an_exception_is_the_answer() -> None:
    def context() -> Any:
        made = SimpleNamespace()
        made.loaders = Loaders(made)
        return made

    text = "{ told { ... on Lost { reason } } never { __typename } }"
    data, errors = await ask(SCHEMA._schema, text, SimpleNamespace(), context=context)
    assert (data, errors) == ({"told": {"reason": "Told no."}, "never": {"__typename": "Lost"}}, [])
