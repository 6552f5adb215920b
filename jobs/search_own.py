"""Keeping the database's own search up to date."""

from typing import Protocol

from domain.search_index import Documents, SearchIndex


class OwnIndex(SearchIndex, Protocol):
    async def outdated(self) -> list[int]:
        """Some of those it knows in an old form, or not at all."""


class MendOwnIndex:
    """Brings what search in the database knows to its newest form; there is much to do after a new version came."""

    def __init__(self, index: OwnIndex, documents: Documents) -> None:
        self._index, self._documents = index, documents

    async def __call__(self) -> None:
        before: list[int] = []
        while (ids := await self._index.outdated()) and ids != before:
            there = await self._documents.by_ids(ids)
            await self._index.put(list(there.values()), [one for one in ids if one not in there])
            before = ids
