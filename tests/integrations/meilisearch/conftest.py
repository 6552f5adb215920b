"""The stand-in itself, for its own tests."""

from collections.abc import AsyncIterator

import httpx2
import pytest
from meilisearch_python_sdk import AsyncClient

from tests.integrations.meilisearch.films import FILMS, SETTINGS, done
from tests.integrations.meilisearch.server import KEY, MeilisearchServer, meilisearch_server


@pytest.fixture(scope="module")
async def running() -> AsyncIterator[MeilisearchServer]:
    async with meilisearch_server() as engine:
        yield engine


@pytest.fixture
def engine(running: MeilisearchServer) -> MeilisearchServer:
    running.forget()
    running.delay = 0
    return running


@pytest.fixture
async def client(engine: MeilisearchServer) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(engine.url, KEY) as client:
        yield client


@pytest.fixture
async def wire(engine: MeilisearchServer) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=engine.url, headers={"Authorization": f"Bearer {KEY}"}) as wire:
        yield wire


@pytest.fixture
async def films(client: AsyncClient) -> AsyncClient:
    index = client.index("films")
    await index.update_settings(SETTINGS)
    await done(client, (await index.add_documents(FILMS)).task_uid)
    return client
