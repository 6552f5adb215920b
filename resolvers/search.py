"""Search."""

from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

import strawberry

from domain.highlighting import excerpt, highlighted
from domain.search import SearchFacet, SearchFilter, SearchHit, SearchQuery, SearchResult
from resolvers.arguments import given
from resolvers.context import Context, Info
from resolvers.fields import batched
from resolvers.loaders import one_by_one

T = TypeVar("T")

Query = Annotated[str, strawberry.argument(description="What to look for, at most 500 characters; all of it if empty.")]
Facets = Annotated[Sequence[SearchFacet], strawberry.argument(description="What to count the values of.")]
Limit = Annotated[int, strawberry.argument(description="How many to return, from 1 to 100.")]
Offset = Annotated[int, strawberry.argument(description="How many to leave out before them.")]


async def search(
    info: Info, query: Query, filter: Any = None, facets: Facets = (), limit: Limit = 20, offset: Offset = 0
) -> SearchResult:
    """Contents by their words, best first: titles before descriptions, exact before alike, then what most people like.
    What was mistyped is found too. An empty query lists everything, newest first. At most 1000 can be paged through.
    """
    only = SearchFilter.of(**given(filter)) if filter is not None else SearchFilter()
    wanted = SearchQuery(query, only, tuple(dict.fromkeys(facets)), limit, offset)
    return await info.context.services.search.find(wanted, info.context.stores.contents.by_ids)


@batched
async def highlighted_title(_: Context, parents: Sequence[SearchHit]) -> Sequence[str]:
    async def shown(hit: SearchHit) -> str:
        return highlighted(hit.content.title, hit.terms)

    return await one_by_one(shown, parents)


@batched
async def highlighted_description(_: Context, parents: Sequence[SearchHit]) -> Sequence[str | None]:
    async def shown(hit: SearchHit) -> str | None:
        return None if hit.content.description is None else excerpt(hit.content.description, hit.terms)

    return await one_by_one(shown, parents)
