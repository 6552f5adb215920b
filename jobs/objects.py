"""Taking bytes out of the object store, once nothing speaks of them any more."""

from collections.abc import Mapping, Sequence

from domain.media import ObjectStore
from domain.outbox import NotTold


class DeleteObjects:
    """What a relay tells: their keys. Those that the store keeps are tried again, and then set aside."""

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects

    async def __call__(self, keys: Sequence[str]) -> Mapping[str, NotTold]:
        kept = await self._objects.delete(keys)
        return {key: NotTold(reason) for key, reason in kept.items()}
