"""Looking after an index."""

import time

import structlog

from domain.outbox import SEARCH, Outbox
from domain.search_index import Documents, EngineIndex
from jobs.search_comparison import Compare
from jobs.search_reading import all_ids

_log = structlog.get_logger("search")
_COUNTED_EVERY_SECONDS, _COMPARED_EVERY_SECONDS = 60.0, 600.0


class WatchOverSearch:
    """Makes the index where it is missing, gives it its settings, and tells everything that it does not know: after it
    was lost, replaced by an older one, or made by an older version of ours.
    """

    def __init__(self, index: EngineIndex, documents: Documents, outbox: Outbox) -> None:
        self._index, self._documents, self._outbox = index, documents, outbox
        self._compare = Compare(index, documents, outbox)
        self._counted_at, self._compared_at = -_COUNTED_EVERY_SECONDS, time.monotonic()

    async def __call__(self) -> None:
        is_new = await self._outbox.open(SEARCH)
        if await self._index.prepare() or is_new:
            await self._tell_everything()
        elif time.monotonic() - self._counted_at >= _COUNTED_EVERY_SECONDS:
            await self._mend()

    async def _tell_everything(self) -> None:
        _log.info("tells_everything", index=self._index.name)
        async for ids in all_ids(self._documents):
            await self._outbox.add(SEARCH, [str(content_id) for content_id in ids])

    async def _mend(self) -> None:
        self._counted_at = time.monotonic()
        is_due = time.monotonic() - self._compared_at >= _COMPARED_EVERY_SECONDS
        if not is_due and await self._index.held() == await self._documents.count():
            return
        self._compared_at = time.monotonic()
        differences = await self._compare()
        if differences.ids:
            _log.warning("mends", index=self._index.name, differences=len(differences.ids))
            await self._outbox.add(SEARCH, [str(content_id) for content_id in differences.ids])


class WarnOfUnheard:
    """An engine was told once, and is named by no settings now: what it was yet to be told goes on piling up."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def __call__(self) -> None:
        if waiting := (await self._outbox.state(SEARCH)).waiting:
            _log.warning("nobody_listens", waiting=waiting, remedy="MEILISEARCH_URL, or `server.py reindex` without it")
