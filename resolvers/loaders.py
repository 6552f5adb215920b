"""The dataloaders of an operation, by which graphql-core comes to the batch functions of fields."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Any, TypeAlias, TypeVar

from strawberry.dataloader import DataLoader

from domain.errors import CodedError

T = TypeVar("T")
# How long one request may compute before others have their turn.
_TURN_SECONDS = 0.002

# (context, parents, **arguments of the field) -> one result for each parent, in their order.
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
