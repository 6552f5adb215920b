"""Films for the tests of the stand-in, and what tests ask of it again and again."""

from typing import Any

from meilisearch_python_sdk import AsyncClient
from meilisearch_python_sdk.models.settings import MeilisearchSettings

FILMS: list[dict[str, Any]] = [
    {"id": 1, "title": "Batman", "overview": "A knight", "year": 1989, "genres": ["Action", "Crime"]},
    {"id": 2, "title": "Batman Begins", "overview": "He starts", "year": 2005, "genres": ["Action"]},
    {"id": 3, "title": "The Dark Knight", "overview": "Batman fights the Joker", "year": 2008, "genres": ["Crime"]},
    {"id": 4, "title": "Sunflower", "overview": "A love lost in the war", "year": 1970, "genres": ["Drama"]},
    {"id": 5, "title": "Café de Flore", "overview": "Two stories", "year": None, "genres": []},
]
SETTINGS = MeilisearchSettings(
    searchable_attributes=["title", "overview"],
    filterable_attributes=["year", "genres"],
    sortable_attributes=["year"],
)


async def done(client: AsyncClient, uid: int, status: str = "succeeded") -> dict[str, Any]:
    task = await client.wait_for_task(uid, interval_in_ms=5)
    assert task.status == status, task.error
    return task.error or {}


async def found(client: AsyncClient, query: str | None, **asked: Any) -> list[int]:
    return [hit["id"] for hit in (await client.index("films").search(query, **asked)).hits]
