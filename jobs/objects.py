"""Taking bytes out of the object store, once nothing speaks of them any more."""

from collections.abc import Mapping, Sequence

from domain.media import ObjectStore


class DeleteObjects:
    """What a relay tells: their keys."""

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects

    async def __call__(self, keys: Sequence[str]) -> Mapping[str, str]:
        await self._objects.delete(keys)
        return {}
