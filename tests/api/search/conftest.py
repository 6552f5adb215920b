"""Search by both engines: in PostgreSQL, and by an adapter of Meilisearch against a strict stand-in on loopback."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from composition import Marquee
from domain.contents import Content
from domain.outbox import SEARCH
from domain.search import MOST_HITS
from tests.api.conftest import Api, Person, World
from tests.api.issuer import application, settings_like
from tests.integrations.meilisearch.server import MeilisearchServer, meilisearch_server

KEY = "a-key-for-tests"
SEARCHING = """
query Search(
  $text: String!, $filter: SearchFilter, $facets: [SearchFacet!]! = [], $limit: Int! = 20, $offset: Int! = 0
) {
  search(query: $text, filter: $filter, facets: $facets, limit: $limit, offset: $offset) {
    query processingTimeMs limit offset estimatedTotalHits
    hits { content { id title } highlightedTitle highlightedDescription }
    facets { facet values { value count } }
  }
}
"""


@dataclass
class Searching:
    """A server with one of the engines, and what is found there."""

    marquee: Marquee
    api: Api
    world: World
    engine: MeilisearchServer | None = None

    async def content(self, title: str, description: str | None = None, *, likes: int = 0, **rest: Any) -> Content:
        made = await self.world.content(title=title, description=description, video=False, **rest)
        if likes:
            await self.world.rows("update contents set like_count = $1 where id = $2 returning id", likes, made.id)
        return made

    async def settle(self) -> None:
        """Until the index knows what the database knows."""
        for job in self.marquee.searching.jobs():
            await job.run()
        assert (await self.marquee.searching.outbox.state(SEARCH)).waiting == 0

    async def find(self, text: str, who: Person | None = None, **rest: Any) -> Any:
        return (await self.api.data(SEARCHING, who, text=text, **rest))["search"]

    async def titles(self, text: str, **rest: Any) -> list[str]:
        """Of what is found, best first; the estimate must agree."""
        await self.settle()
        found = await self.find(text, **rest)
        titles = [hit["content"]["title"] for hit in found["hits"]]
        assert found["estimatedTotalHits"] >= len(titles)
        assert found["estimatedTotalHits"] <= MOST_HITS
        return titles


@pytest.fixture(scope="session")
async def stand_in() -> AsyncIterator[MeilisearchServer]:
    async with meilisearch_server(KEY) as engine:
        yield engine


@pytest.fixture(scope="session")
async def by_meilisearch(
    marquee: Marquee, base_url: str, stand_in: MeilisearchServer
) -> AsyncIterator[tuple[Marquee, Api]]:
    settings = settings_like(marquee, meilisearch_url=stand_in.url, meilisearch_api_key=KEY)
    async with application(settings) as pair:
        yield pair


@pytest.fixture(params=["postgresql", "meilisearch"])
def searching(request: pytest.FixtureRequest, marquee: Marquee, api: Api, world: World) -> Searching:
    if request.param == "postgresql":
        return Searching(marquee, api, world)
    return request.getfixturevalue("meilisearch")  # type: ignore[no-any-return]


@pytest.fixture
async def meilisearch(by_meilisearch: tuple[Marquee, Api], world: World, stand_in: MeilisearchServer) -> Searching:
    """An empty index and an empty outbox; the engine well."""
    stand_in.forget()
    marquee, api = by_meilisearch
    return Searching(marquee, api, world, stand_in)
