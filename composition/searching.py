"""Everything of search: in the database, and at Meilisearch where settings name one."""

from functools import cached_property
from typing import Any

import domain.search
from composition.including import included
from domain.outbox import SEARCH
from domain.search_index import EngineIndex, SearchIndex
from jobs.clock import Job
from jobs.outbox import Relay
from jobs.search import TellSearch
from jobs.search_comparison import Compare
from jobs.search_own import MendOwnIndex, RenewOwnIndex
from jobs.search_rebuild import Rebuild
from jobs.search_watch import WarnOfUnheard, WatchOverSearch
from persistence.database import Database
from persistence.outbox import Outbox
from persistence.search import DatabaseSearch
from persistence.search_documents import Documents, Rebuilds
from persistence.search_index import DatabaseIndex
from settings import Settings


class Searching:
    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self.own, self.own_index = DatabaseSearch(database), DatabaseIndex(database)
        self.outbox = Outbox(database)
        self._documents, self._rebuilds = Documents(database), Rebuilds(database)
        self.client: Any = None  # an AsyncClient of meilisearch_python_sdk
        self._engine: domain.search.SearchEngine | None = None
        self.engine_index: EngineIndex | None = None
        if settings.meilisearch_url:
            parts = included("meilisearch").meilisearch(settings, self._documents)
            self.client, self._engine, self.engine_index = parts

    @cached_property
    def service(self) -> domain.search.Search:
        if self._engine is None:
            return domain.search.Search(self.own)
        return domain.search.Search(self._engine, self.own if self._settings.search_fallback else None)

    @property
    def index(self) -> SearchIndex:
        """Of the engine in use."""
        return self.engine_index or self.own_index

    def jobs(self) -> list[Job]:
        own = [Job("mend own index", 60, MendOwnIndex(self.own_index))]
        if self.engine_index is None:
            return [*own, Job("warn of the unheard", 3600, WarnOfUnheard(self.outbox))]
        tell = TellSearch(self.engine_index, self._documents, self._rebuilds, self.outbox)
        watch = WatchOverSearch(self.engine_index, self._documents, self.outbox)
        return [
            *own,
            Job("watch over search", 10, watch),
            Job("tell search", 1, Relay(self.outbox, SEARCH, tell)),
        ]

    def rebuild(self) -> Rebuild | RenewOwnIndex:
        if self.engine_index is None:
            return RenewOwnIndex(self.own_index, self._documents)
        return Rebuild(self.engine_index, self._documents, self._rebuilds, self.outbox)

    def compare(self) -> Compare:
        return Compare(self.index, self._documents, self.outbox)

    async def forget_unused(self) -> None:
        """What no engine will be told any more, because settings name none."""
        if self.client is None:
            await self.outbox.close(SEARCH)

    async def count(self) -> int:
        """How many contents there are to be found."""
        return await self._documents.count()

    async def close(self) -> None:
        if self.client:
            await self.client.aclose()
