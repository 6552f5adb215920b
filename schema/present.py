"""How the domain is presented: types that show its objects as they are, enums, fields with a description and a who."""

import enum
import functools
import inspect
from collections.abc import AsyncGenerator, Callable
from typing import Annotated, Any, NewType, TypeVar, cast

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition

from resolvers.permissions import Permission, Who

C = TypeVar("C", bound=type)

URL = NewType("URL", str)

# What fields cost, where nothing else is said: see decision 0013.
WORK, WRITE, LISTEN = 1, 10, 10

# The types' names by the classes they present: what a global id begins with.
NAMES: dict[type, str] = {}


def present(domain: type, *, description: str, name: str | None = None) -> Callable[[C], C]:
    """A GraphQL type for a domain class, whose objects it takes as they are."""

    def decorate(cls: C) -> C:
        cls.is_type_of = classmethod(lambda _, shown, __: isinstance(shown, domain))  # type: ignore[attr-defined]
        presented: Any = strawberry.type(cls, name=name, description=description)
        # For those who ask once for a class, and not again for each object.
        presented.presents = domain
        NAMES[domain] = presented.__strawberry_definition__.name
        return cast("C", presented)

    return decorate


def shown(description: str, *, size: int | None = None) -> Any:
    """A plain field: the attribute of the same name. `size` is how long a list mostly is; those of a page are as long
    as the page.
    """
    return strawberry.field(description=description, metadata=_priced(0, size))


def given(description: str, default: Any = strawberry.UNSET, *, optional: bool = False) -> Any:
    """A field of an input; `optional` with no default means that absent is not the same as null."""
    if default is strawberry.UNSET and not optional:
        return strawberry.field(description=description)
    return strawberry.field(description=description, default=default)


def many(description: str) -> Any:
    """A list field of an input that may be left out, which is the same as an empty list."""
    return strawberry.field(description=description, default_factory=list)


def worked(resolve: Callable[..., Any], kind: Any, description: str, *, size: int | None = None) -> Any:
    """A field that needs work: a resolver. `size` is how long a list mostly is, where no argument says it."""
    return strawberry.field(resolver=resolve, graphql_type=kind, description=description, metadata=_priced(WORK, size))


def query(
    who: Who,
    resolve: Callable[..., Any],
    kind: Any,
    *,
    cost: int = WORK,
    size: int | str | None = None,
    patience: float = 0,
    **inputs: Any,
) -> Any:
    """A field of the query root, described by its resolver. `inputs` gives the class of arguments presented here.
    `size` is how long a list mostly is, or the argument that has as many items. `patience` is how many seconds it may
    take where that is longer than others may.
    """
    return strawberry.field(
        resolver=_taking(resolve, inputs),
        graphql_type=kind,
        description=_description(resolve),
        extensions=[Permission(who, writes=False)],
        metadata={**_priced(cost, size), "patience": patience},
    )


def mutation(
    who: Who,
    resolve: Callable[..., Any],
    kind: Any,
    input: Any = None,
    *,
    cost: int = WRITE,
    size: int | str | None = None,
    patience: float = 0,
) -> Any:
    """A field of the mutation root; after it, nothing that was loaded before is believed. The rest is as a query's."""
    assert inspect.iscoroutinefunction(resolve), "what is not awaited is not asked for its CSRF token"
    return strawberry.mutation(
        resolver=_taking(resolve, {"input": _described(input)} if input else {}),
        graphql_type=kind,
        description=_description(resolve),
        extensions=[Permission(who, writes=True)],
        metadata={**_priced(cost, size), "patience": patience},
    )


def subscription(who: Who, resolve: Callable[..., Any], kind: Any) -> Any:
    """A field of the subscription root, of one `kind` after another."""
    return strawberry.subscription(
        resolver=_yielding(resolve, kind),
        description=_description(resolve),
        extensions=[Permission(who, writes=False)],
        metadata=_priced(LISTEN, None),
    )


def lazily(name: str, module: str) -> Any:
    """A type of another schema module that would close a circle if it were imported."""
    return Annotated[name, strawberry.lazy(module)]


def list_of(kind: Any) -> Any:
    return list[kind]


def union(name: str, made: Any, refusal: Any, description: str) -> Any:
    return Annotated[made | refusal, strawberry.union(name, description=description)]


def enumerate_as(kind: type[enum.Enum], description: str, **values: str) -> None:
    """Presents an enum of the domain, with a description for each of its values."""
    presented: Any = strawberry.enum(kind, description=description)
    definition: StrawberryEnumDefinition = presented.__strawberry_definition__
    for value in definition.values:
        value.description = values[value.name]


def _priced(cost: int, size: int | str | None) -> dict[str, Any]:
    """As those who judge operations read it, from the schema. A size may be a path, as `input.events`."""
    return {"cost": cost} if size is None else {"cost": cost, "size": size}


def _description(resolve: Callable[..., Any]) -> str:
    """The first paragraph of the resolver's docstring, in one line: what a client reads."""
    return " ".join((inspect.getdoc(resolve) or "").partition("\n\n")[0].split())


def _described(kind: Any) -> Any:
    return Annotated[kind, strawberry.argument(description=kind.__strawberry_definition__.description)]


def _taking(resolve: Callable[..., Any], inputs: dict[str, Any]) -> Callable[..., Any]:
    """The resolver with the classes of its inputs, which it cannot name itself: resolvers do not know the schema."""
    signature = inspect.signature(resolve)
    parameters = [
        parameter.replace(annotation=inputs.get(name, parameter.annotation))
        for name, parameter in signature.parameters.items()
    ]
    return _signed(resolve, signature.replace(parameters=parameters)) if inputs else resolve


def _yielding(resolve: Callable[..., Any], kind: Any) -> Callable[..., Any]:
    return _signed(resolve, inspect.signature(resolve).replace(return_annotation=AsyncGenerator[kind, None]))


def _signed(resolve: Callable[..., Any], signature: inspect.Signature) -> Callable[..., Any]:
    """The same function under another signature, which is what Strawberry reads."""

    async def awaited(*args: Any, **kwargs: Any) -> Any:
        return await resolve(*args, **kwargs)

    def called(*args: Any, **kwargs: Any) -> Any:
        return resolve(*args, **kwargs)

    signed: Any = awaited if inspect.iscoroutinefunction(resolve) else called
    functools.update_wrapper(signed, resolve, assigned=("__module__", "__name__", "__doc__"))
    signed.__signature__ = signature
    signed.__annotations__ = {name: parameter.annotation for name, parameter in signature.parameters.items()}
    signed.__annotations__["return"] = signature.return_annotation
    return cast("Callable[..., Any]", signed)
