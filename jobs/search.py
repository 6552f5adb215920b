"""Keeping an engine's index equal to the database."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Protocol

import structlog

from domain.outbox import SEARCH, Outbox
from domain.search import Document
from domain.search_index import Differences, Documents, Rebuilds, SearchIndex

_log = structlog.get_logger("search")
_AT_ONCE = 500
# How long changes go into an index that is being built, after the last sign of whoever builds it.
_ANNOUNCED_SECONDS = 30.0
_COUNTED_EVERY_SECONDS = 60.0


class TellSearch:
    """What a relay tells: reads the contents as they are now, puts them into the index, and looks at them again.

    What changed in between goes round once more, because another process may have told the newer state before we told
    the older one. So the last one to tell always tells the truth, in whatever order they come.
    """

    def __init__(self, index: SearchIndex, documents: Documents, rebuilds: Rebuilds, outbox: Outbox) -> None:
        self._index, self._documents, self._rebuilds, self._outbox = index, documents, rebuilds, outbox

    async def __call__(self, subjects: Sequence[str]) -> Mapping[str, str]:
        ids = [int(subject) for subject in subjects]
        building = await self._rebuilds.current()
        before = await self._documents.by_ids(ids)
        gone = [content_id for content_id in ids if content_id not in before]
        refused = dict(await self._index.put(list(before.values()), gone))
        if building:
            refused |= await self._index.put(list(before.values()), gone, into=building)
        after = await self._documents.by_ids(ids)
        changed = [content_id for content_id in ids if before.get(content_id) != after.get(content_id)]
        if await self._rebuilds.current() not in (building, None):
            changed = ids
        if changed:
            await self._outbox.add(SEARCH, [str(content_id) for content_id in changed])
        return {str(content_id): reason for content_id, reason in refused.items()}


class Compare:
    """Finds what an index and the database disagree in. What waits in the outbox will be told, and is no difference."""

    def __init__(self, index: SearchIndex, documents: Documents) -> None:
        self._index, self._documents = index, documents

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
        """Without those that were made after the index was asked."""
        there = await self._documents.by_ids(found.gone)
        return Differences(found.missing, found.outdated, [one for one in found.gone if one not in there])


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


async def all_documents(documents: Documents) -> AsyncIterator[list[Document]]:
    last = 0
    while ids := await documents.ids_after(last, _AT_ONCE):
        yield list((await documents.by_ids(ids)).values())
        last = ids[-1]
        await asyncio.sleep(0)
