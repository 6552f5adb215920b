"""Building an index anew."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress

from domain.errors import CodedError, Conflict, Unavailable
from domain.outbox import SEARCH, Outbox
from domain.search import Document
from domain.search_index import Documents, EngineIndex, Rebuilds
from jobs.background import background
from jobs.search_reading import all_documents

# How long changes go into an index that is being built, after the last sign of whoever builds it.
_LEASE_SECONDS = 12.0


class Rebuild:
    """Builds an index anew beside the one in use, while changes go into both, and swaps them."""

    def __init__(self, index: EngineIndex, documents: Documents, rebuilds: Rebuilds, outbox: Outbox) -> None:
        self._index, self._documents, self._rebuilds, self._outbox = index, documents, rebuilds, outbox

    async def __call__(self) -> AsyncIterator[tuple[int, Mapping[int, str]]]:
        """Yields how many are done since the last time, and which were refused. Raises Conflict where somebody else
        builds already, Unavailable where the database was away for so long that changes may have been missed.
        """
        builder, beside = secrets.token_hex(8), self._index.beside
        if not await self._rebuilds.begin(beside, builder, _LEASE_SECONDS):
            raise Conflict("Somebody else is building the index just now.")
        try:
            async with background(self._renew(beside, builder)):
                await self._index.begin()
                async for documents in all_documents(self._documents):
                    yield len(documents), await self._put(documents, beside)
                if not await self._rebuilds.renew(beside, builder, _LEASE_SECONDS):
                    raise Unavailable("The database was away for too long; please start again.")
                await self._index.swap()
        finally:
            await self._rebuilds.finish(beside, builder)

    async def _renew(self, beside: str, builder: str) -> None:
        while True:
            await asyncio.sleep(_LEASE_SECONDS / 6)
            with suppress(CodedError):  # the next time may come early enough; at the end it is seen
                await self._rebuilds.renew(beside, builder, _LEASE_SECONDS)

    async def _put(self, documents: Sequence[Document], beside: str) -> Mapping[int, str]:
        """What has changed while it was put there goes round once more, by a relay."""
        refused = await self._index.put(documents, [], into=beside)
        after = await self._documents.by_ids([document.id for document in documents])
        changed = [document.id for document in documents if after.get(document.id) != document]
        if changed:
            await self._outbox.add(SEARCH, [str(content_id) for content_id in changed])
        return refused
