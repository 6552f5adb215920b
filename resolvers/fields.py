"""How a field that needs work is declared: once, for whoever executes it. graphql-core calls the resolver for each
object; compiled execution calls what the resolver was made from for all objects of a level.
"""

import inspect
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import strawberry

from resolvers.loaders import Batch

_PARENT: Any = strawberry.Parent[Any]  # type: ignore[misc]
_GIVEN = [
    inspect.Parameter("root", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=_PARENT),
    inspect.Parameter("info", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=strawberry.Info),
]


def batched(batch: Batch) -> Callable[..., Any]:
    """The resolver of a field from its batch function. It returns the loader's future rather than awaiting it."""

    def resolve(root: Any, info: Any, **arguments: Any) -> Awaitable[Any]:
        future: Awaitable[Any] = info.context.loaders.load(batch, root, arguments)
        return future

    resolve.batch = batch  # type: ignore[attr-defined]
    return _described(resolve, batch, list(inspect.signature(batch).parameters.values())[2:])


def computed(compute: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """The resolver of a field from a function of the context and the object, which neither waits nor changes anything:
    if it fails for one object, it may be called for the others again.
    """

    def resolve(root: Any, info: Any) -> Any:
        return compute(info.context, root)

    resolve.compute = compute  # type: ignore[attr-defined]
    return _described(resolve, compute, [])


def _described(
    resolve: Callable[..., Any], made_from: Callable[..., Any], own: Sequence[inspect.Parameter]
) -> Callable[..., Any]:
    """What Strawberry reads of a resolver."""
    keyword_only = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own]
    resolve.__signature__ = inspect.Signature([*_GIVEN, *keyword_only])  # type: ignore[attr-defined]
    resolve.__annotations__ = {parameter.name: parameter.annotation for parameter in (*_GIVEN, *own)}
    resolve.__name__, resolve.__module__ = made_from.__name__, made_from.__module__
    return resolve
