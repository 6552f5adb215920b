"""Building an index anew."""

from collections.abc import AsyncIterator, Mapping, Sequence

from domain.outbox import SEARCH, Outbox
from domain.search import Document
from domain.search_index import Documents, Rebuilds, SearchIndex
from jobs.search_comparison import all_documents

# How long changes go into an index that is being built, after the last sign of whoever builds it.
_ANNOUNCED_SECONDS = 30.0


class Rebuild:
    """Builds an index anew beside the one in use, while changes go into both, and swaps them."""

    def __init__(self, index: SearchIndex, documents: Documents, rebuilds: Rebuilds, outbox: Outbox) -> None:
        self._index, self._documents, self._rebuilds, self._outbox = index, documents, rebuilds, outbox

    async def __call__(self) -> AsyncIterator[tuple[int, Mapping[int, str]]]:
        """Yields how many are done since the last time, and which were refused."""
        built = await self._index.begin()
        if built:
            await self._rebuilds.announce(built, _ANNOUNCED_SECONDS)
        try:
            async for documents in all_documents(self._documents):
                yield len(documents), await self._put(documents, built)
            if built:
                await self._index.swap(built)
        finally:
            if built:
                await self._rebuilds.finish(built)

    async def _put(self, documents: Sequence[Document], built: str | None) -> Mapping[int, str]:
        if built:
            await self._rebuilds.announce(built, _ANNOUNCED_SECONDS)
        refused = await self._index.put(documents, [], into=built)
        ids = [document.id for document in documents]
        after = await self._documents.by_ids(ids)
        changed = [document.id for document in documents if after.get(document.id) != document]
        if changed and built:
            await self._outbox.add(SEARCH, [str(content_id) for content_id in changed])
        return refused
