"""Fields that need other rows: one batch function for all parents of a level, wrapped in a dataloader for each."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Any, TypeAlias, TypeVar

import strawberry
from strawberry.dataloader import DataLoader

from domain.errors import CodedError

T = TypeVar("T")
# How long one request may compute before others have their turn.
_TURN_SECONDS = 0.002

# (context, parents, **arguments of the field) -> one result for each parent, in their order.
_PARENT: Any = strawberry.Parent[Any]  # type: ignore[misc]
Batch: TypeAlias = Callable[..., Awaitable[Sequence[Any]]]


class Loaders:
    """The loaders of one operation, each made when first used."""

    def __init__(self, context: Any) -> None:
        self._context = context
        self._loaders: dict[Hashable, DataLoader[Any, Any]] = {}

    def load(self, batch: Batch, parent: Any, arguments: dict[str, Any]) -> Awaitable[Any]:
        """The result for one parent, in the statement that answers for all of them."""
        key = (batch, tuple(sorted(arguments.items())))
        loader = self._loaders.get(key)
        if loader is None:
            loader = self._loaders[key] = self._loader(batch, arguments)
        return loader.load(parent)

    def _loader(self, batch: Batch, arguments: dict[str, Any]) -> DataLoader[Any, Any]:
        async def load(parents: list[Any]) -> Sequence[Any]:
            return await batch(self._context, parents, **arguments)

        # No cache: a level asks once for each parent, and what one level saw may be stale for the next.
        return DataLoader(load_fn=load, cache=False)


async def one_by_one(work: Callable[[Any], Awaitable[T]], parents: Sequence[Any]) -> list[Any]:
    """What takes its time for each parent; other requests come in between. What fails for one fails for that one."""
    results: list[Any] = []
    began = time.perf_counter()
    for parent in parents:
        try:
            results.append(await work(parent))
        except CodedError as error:
            results.append(error)
        if time.perf_counter() - began > _TURN_SECONDS:
            await asyncio.sleep(0)
            began = time.perf_counter()
    return results


def batched(batch: Batch) -> Callable[..., Any]:
    """The resolver of a field from its batch function. It returns the loader's future rather than awaiting it."""

    def resolve(root: Any, info: Any, **arguments: Any) -> Awaitable[Any]:
        future: Awaitable[Any] = info.context.loaders.load(batch, root, arguments)
        return future

    own = list(inspect.signature(batch).parameters.values())[2:]
    given = [
        inspect.Parameter("root", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=_PARENT),
        inspect.Parameter("info", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=strawberry.Info),
    ]
    keyword_only = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own]
    resolve.__signature__ = inspect.Signature([*given, *keyword_only])  # type: ignore[attr-defined]
    resolve.__annotations__ = {parameter.name: parameter.annotation for parameter in (*given, *own)}
    resolve.__name__ = batch.__name__
    resolve.__module__ = batch.__module__
    resolve.batch = batch  # type: ignore[attr-defined]
    return resolve
