"""Search by Meilisearch, version 1.50 or newer, by its documented interface.

It is given texts as the keys that type them (domain.words), because its own ways with Korean depend on a dictionary:
what is in none, as most names are, it takes apart in one way in a text and in another in a question.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import structlog
from httpx2 import HTTPError
from meilisearch_python_sdk import AsyncClient
from meilisearch_python_sdk.errors import MeilisearchApiError, MeilisearchError
from meilisearch_python_sdk.json_handler import OrjsonHandler
from meilisearch_python_sdk.models.search import SearchResults
from pydantic import ValidationError

from domain.search import (
    MOST_FACET_VALUES,
    MOST_HITS,
    FacetCount,
    FacetCounts,
    Found,
    SearchFacet,
    SearchFilter,
    SearchQuery,
    SearchUnavailable,
)
from integrations.meilisearch_documents import FOR_ONE_WORD, asked

_log = structlog.get_logger("meilisearch")
_PATIENCE_SECONDS = 1.5
FACETS = {
    SearchFacet.GENRE: "genres",
    SearchFacet.AGE_RATING: "age_rating",
    SearchFacet.RELEASE_YEAR: "release_year",
}
_NEWEST = ["created_at:desc", "id:desc"]


def client(url: str, api_key: str | None) -> AsyncClient:
    """Nothing is sent before it is used. The key must be allowed: search, documents.*, indexes.*, tasks.get,
    settings.*, stats.get.
    """
    return AsyncClient(url.rstrip("/"), api_key, timeout=5, json_handler=OrjsonHandler())


@asynccontextmanager
async def asking(seconds: float) -> AsyncIterator[None]:
    """The time for everything that one question needs. Raises SearchUnavailable, and says to the log alone why."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise _unavailable("takes too long") from error
    except MeilisearchApiError as error:
        # The code alone: its messages quote what they were given.
        raise _unavailable(f"refuses ({error.status_code} {error.code})") from error
    except (MeilisearchError, HTTPError) as error:
        raise _unavailable(f"cannot be reached ({type(error).__name__})") from error
    except (ValidationError, ValueError, TypeError, KeyError) as error:
        raise _unavailable(f"gave an answer that cannot be read ({type(error).__name__})") from error


class MeilisearchEngine:
    """Speaks domain.search.SearchEngine. `ghosts` are contents that are gone, and of which it was perhaps not told."""

    def __init__(self, client: AsyncClient, index: str, ghosts: Callable[[], Awaitable[Sequence[int]]]) -> None:
        self._index, self._ghosts = client.index(index), ghosts

    async def find(self, query: SearchQuery) -> Found:
        ghosts = await self._ghosts()
        async with asking(_PATIENCE_SECONDS):
            return _found(query, await self._ask(query, ghosts))

    async def check(self) -> None:
        """Also whether the index is there and the key may read it."""
        async with asking(_PATIENCE_SECONDS):
            await self._index.get_stats()

    async def _ask(self, query: SearchQuery, ghosts: Sequence[int]) -> SearchResults[Any]:
        try:
            return await self._search(query, ghosts)
        except MeilisearchApiError:
            raise
        except MeilisearchError:
            # Perhaps it hung up on a connection that had idled, just as it was used. Reading twice does no harm.
            return await self._search(query, ghosts)

    async def _search(self, query: SearchQuery, ghosts: Sequence[int]) -> SearchResults[Any]:
        return await self._index.search(
            " ".join(asked(term) for term in query.terms),
            offset=query.offset,
            limit=min(query.limit, MOST_HITS - query.offset),
            filter=_filters(query.only, ghosts) or None,
            facets=[FACETS[facet] for facet in query.facets] or None,
            attributes_to_retrieve=["id"],
            sort=_NEWEST if query.wants_everything else None,
            matching_strategy="all",
            attributes_to_search_on=FOR_ONE_WORD if len(query.terms) == 1 else None,
            locales=["eng"],
        )


def _found(query: SearchQuery, results: SearchResults[Any]) -> Found:
    content_ids = [int(hit["id"]) for hit in results.hits]
    facets = [_counts(facet, results.facet_distribution or {}) for facet in query.facets]
    return Found(content_ids, min(results.estimated_total_hits or 0, MOST_HITS), facets, results.processing_time_ms)


def _counts(facet: SearchFacet, distribution: Mapping[str, Any]) -> FacetCounts:
    counts = [FacetCount(str(value), int(count)) for value, count in distribution.get(FACETS[facet], {}).items()]
    return FacetCounts(facet, sorted(counts, key=lambda one: (-one.count, one.value))[:MOST_FACET_VALUES])


def _filters(only: SearchFilter, ghosts: Sequence[int]) -> list[str | list[str]]:
    given = {
        "genres": None if only.genre is None else _quoted(only.genre),
        "age_rating": None if only.age_rating is None else _quoted(only.age_rating.value),
        "release_year": None if only.release_year is None else str(only.release_year),
    }
    without = [f"id NOT IN [{', '.join(map(str, ghosts))}]"] if ghosts else []
    return [*without, *(f"{name} = {value}" for name, value in given.items() if value is not None)]


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _unavailable(reason: str) -> SearchUnavailable:
    _log.warning("unavailable", reason=reason)
    return SearchUnavailable()
