"""Telling an engine what has changed."""

from collections.abc import Mapping, Sequence

from domain.outbox import SEARCH, NotTold, Outbox
from domain.search_index import Documents, EngineIndex, Rebuilds


class TellSearch:
    """What a relay tells: reads the contents as they are now, puts them into the index, and looks at them again.

    What changed in between goes round once more, because another process may have told the newer state before we told
    the older one. So the last one to tell always tells the truth, in whatever order they come.
    """

    def __init__(self, index: EngineIndex, documents: Documents, rebuilds: Rebuilds, outbox: Outbox) -> None:
        self._index, self._documents, self._rebuilds, self._outbox = index, documents, rebuilds, outbox

    async def __call__(self, subjects: Sequence[str]) -> Mapping[str, NotTold]:
        ids = [int(subject) for subject in subjects]
        building = await self._rebuilds.current()
        before = await self._documents.by_ids(ids)
        gone = [content_id for content_id in ids if content_id not in before]
        # The one that is built first: should they be swapped in between, the one in use is still told.
        refused = dict(await self._index.put(list(before.values()), gone, into=building)) if building else {}
        refused |= await self._index.put(list(before.values()), gone)
        after = await self._documents.by_ids(ids)
        changed = [content_id for content_id in ids if before.get(content_id) != after.get(content_id)]
        if await self._rebuilds.current() not in (building, None):
            changed = ids
        if changed:
            await self._outbox.add(SEARCH, [str(content_id) for content_id in changed])
        return {str(content_id): NotTold(reason) for content_id, reason in refused.items()}
