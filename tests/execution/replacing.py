"""The real schema, with everything that gives values replaced: the objects it shows, batch functions, computed fields
and resolvers. What stands around them, in Strawberry and in our own fields, is the real thing.
"""

import inspect
from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Any

from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.fields.resolver import StrawberryResolver

import schema
from domain.errors import Unauthenticated
from resolvers.fields import _described, batched, computed
from resolvers.loaders import Loaders
from tests.execution.chance import Chance, Later

_DEFINITION = GraphQLCoreConverter.DEFINITION_BACKREF


class Context:
    """Of one operation in which nothing is real but its loaders."""

    def __init__(self, chance: Chance) -> None:
        self.chance = chance
        self.loaders = Loaders(self)
        self._number = chance.roll("viewer")

    async def renew_viewer(self) -> None:
        """Nobody changes."""

    def require_csrf_token(self) -> None:
        """No cookies."""

    async def note_write(self) -> None:
        self.loaders = Loaders(self)

    def signed_in(self) -> Any:
        if self._number % 1000 < self.chance.faults:
            raise Unauthenticated("Please sign in.")
        faultless = self.chance.faults == 0
        return SimpleNamespace(is_manager=faultless or self._number % 5, is_admin=faultless or self._number % 3)


def replaced() -> GraphQLSchema:
    """A schema of its own; those of others are as they were."""
    built: Any = schema.build()
    graphql_schema: GraphQLSchema = built._schema
    for type_ in graphql_schema.type_map.values():
        if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__"):
            for field in type_.fields.values():
                _replace(built.schema_converter, field)
    return graphql_schema


def make(chance: Chance, type_: GraphQLObjectType, key: str) -> Any:
    """An object of the class that a type presents, whose attributes come by chance."""
    made: Any = object.__new__(_kind(type_))
    object.__setattr__(made, "_chance", chance)
    object.__setattr__(made, "_key", f"{type_.name}:{key}")
    return made


@cache
def _kind(type_: GraphQLObjectType) -> type:
    definition = type_.extensions.get(_DEFINITION)
    base = getattr(definition and definition.origin, "presents", None) or object
    told: dict[str, Any] = {
        "__repr__": lambda one: one._key,
        "__eq__": lambda one, other: one is other,
        "__hash__": lambda one: id(one),
    }
    for field in type_.fields.values():
        known = field.extensions.get(_DEFINITION)
        if known and known.is_basic_field:
            told[known.python_name] = _attribute(known.python_name, field.type)
    return type(f"Any{type_.name}", (base,), told)


def _attribute(name: str, type_: Any) -> property:
    return property(lambda one: one._chance.given(f"{one._key}.{name}", type_))


def _replace(converter: GraphQLCoreConverter, field: GraphQLField) -> None:
    known = field.extensions[_DEFINITION]
    if known.is_basic_field:
        return
    other = object.__new__(type(known))
    other.__dict__.update(known.__dict__)
    other.base_resolver = StrawberryResolver(_instead_of(known, field.type))
    field.extensions = {**field.extensions, _DEFINITION: other}
    field.resolve = converter.from_resolver(other)


def _instead_of(known: Any, type_: Any) -> Callable[..., Any]:
    real, name = known.base_resolver.wrapped_func, known.python_name
    if hasattr(real, "batch"):
        return batched(_batch(real.batch, name, type_))
    if hasattr(real, "compute"):
        return computed(_signed(lambda context, shown: context.chance.given(f"{_key(shown)}.{name}", type_), real))
    reserved = {one.name for one in known.base_resolver.reserved_parameters.values() if one}
    own = [one for one in inspect.signature(real).parameters.values() if one.name not in reserved]
    return _described(_awaited(name, type_) if known.is_async else _called(name, type_), real, own)


def _batch(real: Any, name: str, type_: Any) -> Callable[..., Any]:
    async def batch(context: Any, parents: Any, **arguments: Any) -> Any:
        return await context.chance.batch(name, type_, [*map(_key, parents)], _said(arguments))

    batch.__signature__ = inspect.signature(real)  # type: ignore[attr-defined]
    return _signed(batch, real)


def _awaited(name: str, type_: Any) -> Callable[..., Any]:
    async def resolve(root: Any, info: Any, **arguments: Any) -> Any:
        key = f"{_key(root)}.{name}({_said(arguments)})"
        return await Later(info.context.chance.roll(key) % 3, info.context.chance.value(key, type_, awaitable=False))

    return resolve


def _called(name: str, type_: Any) -> Callable[..., Any]:
    def resolve(root: Any, info: Any, **arguments: Any) -> Any:
        return info.context.chance.given(f"{_key(root)}.{name}({_said(arguments)})", type_)

    return resolve


def _signed(function: Any, real: Any) -> Callable[..., Any]:
    function.__name__, function.__module__ = real.__name__, real.__module__
    return function  # type: ignore[no-any-return]


def _said(arguments: dict[str, Any]) -> str:
    """As they arrive: whoever converts them otherwise is given other values."""
    return ", ".join(f"{name}={arguments[name]!r}" for name in sorted(arguments))


def _key(shown: Any) -> str:
    return getattr(shown, "_key", type(shown).__name__)
