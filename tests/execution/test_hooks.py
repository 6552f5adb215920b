"""What surrounds an operation: ours as Strawberry's own."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
import strawberry
from strawberry.extensions import SchemaExtension

from schema.hooks import Around, Schema

Said = list[str]
HOOKS = ("on_operation", "on_parse", "on_validate", "on_execute")


@strawberry.type
class Query:
    @strawberry.field
    async def one(self) -> int:
        return 1


@contextmanager
def noted(name: str, said: Said) -> Iterator[None]:
    said.append(f"{name} begins")
    try:
        yield
    except BaseException as error:
        said.append(f"{name} sees {error!r}")
        raise
    said.append(f"{name} ends")


def noting(name: str, said: Said, *, later: bool) -> type[SchemaExtension]:
    """Notes when each of its hooks begins and ends, and how."""

    def at_once(hook: str) -> Callable[[Any], Iterator[None]]:
        def run(_: Any) -> Iterator[None]:
            with noted(f"{name} {hook}", said):
                yield

        return run

    def awaited(hook: str) -> Callable[[Any], AsyncIterator[None]]:
        async def run(_: Any) -> AsyncIterator[None]:
            await asyncio.sleep(0)
            with noted(f"{name} {hook}", said):
                yield
            await asyncio.sleep(0)

        return run

    return type(name, (SchemaExtension,), {hook: (awaited if later else at_once)(hook) for hook in HOOKS})


async def run(schema_class: type[strawberry.Schema], make: Callable[[Said], list[Any]]) -> tuple[Any, Any, Said]:
    said: Said = []
    schema = schema_class(Query, extensions=make(said))
    try:
        result = await schema.execute("{ one }")
    except Exception as error:  # what is raised is part of what is compared
        return repr(error), None, said
    return result.data, [error.message for error in result.errors or ()], said


def failing(hook: str, when: str) -> type[SchemaExtension]:
    def fails(_: Any) -> Iterator[None]:
        if when == "before":
            raise ValueError("Before.")
        yield
        raise ValueError("Behind.")

    return type("Failing", (SchemaExtension,), {hook: fails})


def swallowing(hook: str) -> type[SchemaExtension]:
    def swallows(_: Any) -> Iterator[None]:
        try:
            yield
        except ValueError as error:
            raise LookupError("Another.") from error

    return type("Swallowing", (SchemaExtension,), {hook: swallows})


def telling(**told: Any) -> type[SchemaExtension]:
    return type("Telling", (SchemaExtension,), {"get_results": lambda _: told})


WAYS: dict[str, Callable[[Said], list[Any]]] = {
    "none": lambda _: [],
    "in order": lambda said: [noting("A", said, later=False), noting("B", said, later=True)],
    "awaited first": lambda said: [noting("A", said, later=True), noting("B", said, later=False)],
    **{
        f"{hook} fails": lambda said, hook=hook: [  # type: ignore[misc]
            noting("A", said, later=False),
            failing(hook, "behind"),
            noting("B", said, later=True),
        ]
        for hook in HOOKS
    },
    **{
        f"{hook} replaces": lambda said, hook=hook: [  # type: ignore[misc]
            noting("A", said, later=False),
            swallowing(hook),
            failing(hook, "behind"),
        ]
        for hook in HOOKS
    },
}


@pytest.mark.parametrize("way", WAYS)
async def test_hooks_do_as_strawberry_s_do(way: str) -> None:
    assert await run(Schema, WAYS[way]) == await run(strawberry.Schema, WAYS[way])


@pytest.mark.parametrize("hook", HOOKS)
async def test_hooks_that_have_begun_are_told_that_the_next_cannot(hook: str) -> None:
    """Strawberry's leave them where they are."""

    def make(said: Said) -> list[Any]:
        return [noting("A", said, later=True), noting("B", said, later=False), failing(hook, "before")]

    ours, theirs = await run(Schema, make), await run(strawberry.Schema, make)
    assert ours[:2] == theirs[:2]
    told = ours[2].index(f"B {hook} sees ValueError('Before.')")
    assert ours[2][told - 1 : told + 2] == [
        f"B {hook} begins",
        f"B {hook} sees ValueError('Before.')",
        f"A {hook} sees ValueError('Before.')",
    ]


async def test_a_hook_that_yields_twice_is_told_to_those_around_it() -> None:
    def twice(_: Any) -> Iterator[None]:
        yield
        yield

    def make(said: Said) -> list[Any]:
        return [noting("A", said, later=False), type("Twice", (SchemaExtension,), {"on_execute": twice})]

    _, errors, said = await run(Schema, make)
    assert errors == ["A hook yields once."]
    assert "A on_execute sees RuntimeError('A hook yields once.')" in said
    assert any(line.startswith("A on_operation sees") for line in said)


async def test_a_hook_may_make_up_for_what_went_wrong_inside() -> None:
    class Forgiving(SchemaExtension):
        def on_execute(self) -> Iterator[None]:
            with suppress(ValueError):
                yield

    hooks: Any = [Forgiving().on_execute, failing("on_execute", "behind")().on_execute]
    async with Around(hooks, ()):
        pass
    with pytest.raises(LookupError):
        async with Around(hooks[:1], ()):
            raise LookupError


async def test_the_first_extension_is_outermost() -> None:
    data, errors, said = await run(Schema, WAYS["in order"])
    assert (data, errors) == ({"one": 1}, [])
    executing = [line for line in said if "on_execute" in line]
    assert executing == ["A on_execute begins", "B on_execute begins", "B on_execute ends", "A on_execute ends"]


async def test_what_extensions_tell_is_put_together() -> None:
    for kind in (Schema, strawberry.Schema):
        result = await kind(Query, extensions=[telling(a=1, b=1), telling(b=2)]).execute("{ one }")
        assert result.extensions == {"a": 1, "b": 2}
