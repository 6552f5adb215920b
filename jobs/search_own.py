"""Keeping the database's own search up to date."""

from collections.abc import AsyncIterator, Mapping

from domain.search_index import Documents, OwnIndex
from jobs.search_reading import all_ids


class MendOwnIndex:
    """Brings what search in the database knows to its newest form; there is much to do after a new version came."""

    def __init__(self, index: OwnIndex) -> None:
        self._index = index

    async def __call__(self) -> None:
        before: list[int] = []
        while (ids := await self._index.outdated()) and ids != before:
            await self._index.renew(ids)
            before = ids


class RenewOwnIndex:
    """Brings all of it to its newest form, in place."""

    def __init__(self, index: OwnIndex, documents: Documents) -> None:
        self._index, self._documents = index, documents

    async def __call__(self) -> AsyncIterator[tuple[int, Mapping[int, str]]]:
        """Yields how many are done since the last time, and which were refused."""
        async for ids in all_ids(self._documents):
            yield len(ids), await self._index.renew(ids)
