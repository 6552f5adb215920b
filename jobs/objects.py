"""Taking bytes out of the object store, once nothing speaks of them any more."""

from collections.abc import Mapping, Sequence

from domain.media import ObjectStore


class DeleteObjects:
    """What a relay tells: their keys. Those that the store keeps are tried again, and then set aside."""

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects

    async def __call__(self, keys: Sequence[str]) -> Mapping[str, str]:
        return await self._objects.delete(keys)
