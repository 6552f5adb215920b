"""From a validated operation to its plan."""

from collections.abc import Callable
from functools import partial
from typing import Any

from graphql import (
    GraphQLAbstractType,
    GraphQLError,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_union_type,
)
from graphql.execution.collect_fields import CollectedFields, FieldDetails, collect_fields
from graphql.execution.executor import Executor
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from execution.completions import Completion, Inner
from execution.leaves import Leaf
from execution.lists import ListOf
from execution.objects import Objects, OneOf
from execution.selections import Column, Selection, Typename
from execution.sites import Site
from execution.sources import Attribute, Batch, Computed, Resolver, Source

_DEFINITION = GraphQLCoreConverter.DEFINITION_BACKREF


class Unknown(Exception):
    """Something that graphql-core knows how to execute, and nobody here."""


def compile_operation(executor: Executor[Any]) -> Selection | None:
    """None where graphql-core is to execute it: also where variables do not say what is included, for it says so."""
    root = executor.schema.get_root_type(executor.operation.operation)
    middleware = executor.middleware_manager and executor.middleware_manager.middlewares
    if root is None or middleware or not executor.error_propagation:
        return None
    try:
        return _Compiler(executor).of_root(root)
    except (Unknown, GraphQLError):
        return None


class _Compiler:
    def __init__(self, executor: Executor[Any]) -> None:
        self._executor = executor

    def of_root(self, root: GraphQLObjectType) -> Selection:
        asked = self._executor
        collected = collect_fields(
            asked.schema, asked.fragments, asked.variable_values, root, asked.operation, asked.hide_suggestions
        )
        return self.selection(root, collected)

    def selection(self, type_: GraphQLObjectType, collected: CollectedFields) -> Selection:
        if collected.new_defer_usages:
            raise Unknown
        return Selection([self._column(type_, *field) for field in collected.grouped_field_set.items()])

    def _column(self, type_: GraphQLObjectType, name: str, details: list[FieldDetails]) -> Column | Typename:
        asked = details[0].node.name.value
        if asked == "__typename":
            return Typename(name, type_.name)
        field = type_.fields.get(asked)
        if field is None or any(_is_odd(detail) for detail in details):
            raise Unknown
        site = Site(type_, field, details)
        return Column(name, type_.name, _source(self._executor, site), self._completion(field.type, site))

    def _completion(self, type_: GraphQLOutputType, site: Site) -> Completion:
        if isinstance(type_, GraphQLNonNull):
            return Completion(self._inner(type_.of_type, site), site, required=True)
        return Completion(self._inner(type_, site), site, required=False)

    def _inner(self, type_: Any, site: Site) -> Inner:
        if isinstance(type_, GraphQLList):
            return ListOf(self._completion(type_.of_type, site), site)
        if is_leaf_type(type_):
            return Leaf(type_, site)
        if is_abstract_type(type_):
            return self._one_of(type_, site)
        return self._objects(type_, site)

    def _objects(self, type_: GraphQLObjectType, site: Site) -> Objects:
        selection = self.selection(type_, self._executor.collect_subfields(type_, site.details))
        return Objects(type_, selection, site, _shown(type_))

    def _one_of(self, type_: GraphQLAbstractType, site: Site) -> OneOf:
        possible = self._executor.schema.get_possible_types(type_)
        kinds = {one: self._objects(one, site) for one in possible}
        return OneOf(type_, kinds, site, by_class=all(_shown(one) for one in possible))


def _is_odd(detail: FieldDetails) -> bool:
    """A list that is streamed, and fragments with variables of their own."""
    return bool(
        detail.fragment_variable_values
        or any(directive.name.value == "stream" for directive in detail.node.directives or ())
    )


def _shown(type_: GraphQLObjectType) -> type | None:
    """The class whose instances a type presents, all of them and no others."""
    definition = type_.extensions.get(_DEFINITION)
    return getattr(definition and definition.origin, "presents", None)


def _source(executor: Executor[Any], site: Site) -> Source:
    field = site.field.extensions.get(_DEFINITION)
    if not isinstance(field, StrawberryField) or field.extensions or is_union_type(get_named_type(site.field.type)):
        return Resolver(site, waits=True)
    if field.is_basic_field:
        return Attribute(field.python_name)
    resolver: Any = field.base_resolver and field.base_resolver.wrapped_func
    if batch := getattr(resolver, "batch", None):
        return Batch(batch, _converter(executor, field), site)
    if compute := getattr(resolver, "compute", None):
        return Computed(compute)
    return Resolver(site, waits=field.is_async)


def _converter(executor: Executor[Any], field: StrawberryField) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """From what graphql-core makes of arguments to what a resolver takes."""
    if not field.arguments:
        return lambda arguments: arguments
    schema: Any = executor.schema.extensions[_DEFINITION]
    registry = schema.schema_converter.scalar_registry
    return partial(convert_arguments, arguments=field.arguments, scalar_registry=registry, config=schema.config)
