"""Looking after an index."""

import time
from typing import Protocol

import structlog

from domain.outbox import SEARCH, Outbox
from domain.search_index import Documents, SearchIndex
from jobs.search_comparison import Compare

_log = structlog.get_logger("search")
_AT_ONCE = 500
_COUNTED_EVERY_SECONDS = 60.0


class WatchOverSearch:
    """Makes the index where it is missing, gives it its settings, and tells everything that it does not know: after it
    was lost, replaced by an older one, or made by an older version of ours.
    """

    def __init__(self, index: SearchIndex, documents: Documents, outbox: Outbox) -> None:
        self._index, self._documents, self._outbox = index, documents, outbox
        self._compare = Compare(index, documents)
        self._counted_at = -_COUNTED_EVERY_SECONDS

    async def __call__(self) -> None:
        is_new = await self._outbox.open(SEARCH)
        if await self._index.prepare() or is_new:
            await self._tell_everything()
        elif time.monotonic() - self._counted_at >= _COUNTED_EVERY_SECONDS:
            await self._mend()

    async def _tell_everything(self) -> None:
        _log.info("tells_everything", index=self._index.name)
        last = 0
        while ids := await self._documents.ids_after(last, _AT_ONCE):
            await self._outbox.add(SEARCH, [str(content_id) for content_id in ids])
            last = ids[-1]

    async def _mend(self) -> None:
        self._counted_at = time.monotonic()
        if (await self._outbox.state(SEARCH)).waiting:
            return
        if await self._index.held() != await self._documents.count():
            differences = await self._compare()
            if differences.ids:
                _log.warning("mends", index=self._index.name, differences=len(differences.ids))
            await self._outbox.add(SEARCH, [str(content_id) for content_id in differences.ids])


class OwnIndex(SearchIndex, Protocol):
    async def outdated(self) -> list[int]:
        """Some of those it knows in an old form, or not at all."""


class MendOwnIndex:
    """Brings what search in the database knows to its newest form; there is much to do after a new version came."""

    def __init__(self, index: OwnIndex, documents: Documents) -> None:
        self._index, self._documents = index, documents

    async def __call__(self) -> None:
        while ids := await self._index.outdated():
            there = await self._documents.by_ids(ids)
            await self._index.put(list(there.values()), [one for one in ids if one not in there])
