"""Comparing an index with the database."""

from domain.outbox import SEARCH, Outbox
from domain.search_index import Differences, Documents, SearchIndex
from jobs.search_reading import all_documents


class Compare:
    """Finds what an index and the database disagree in. What waits in the outbox will be told, and is no difference."""

    def __init__(self, index: SearchIndex, documents: Documents, outbox: Outbox) -> None:
        self._index, self._documents, self._outbox = index, documents, outbox

    async def __call__(self) -> Differences:
        seals: dict[int, str] = {}
        async for some in self._index.seals():
            seals |= some
        missing, outdated = [], []
        async for documents in all_documents(self._documents):
            for document in documents:
                known = seals.pop(document.id, None)
                if known is None:
                    missing.append(document.id)
                elif known != self._index.seal(document):
                    outdated.append(document.id)
        return await self._still(Differences(missing, outdated, list(seals)))

    async def _still(self, found: Differences) -> Differences:
        """Without what will be told, and without what was made after the index was asked."""
        told = {int(subject) for subject in await self._outbox.waiting(SEARCH)}
        there = await self._documents.by_ids(found.gone)
        missing, outdated = ([one for one in ids if one not in told] for ids in (found.missing, found.outdated))
        return Differences(missing, outdated, [one for one in found.gone if one not in told and one not in there])
