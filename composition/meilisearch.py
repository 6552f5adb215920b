"""Search by Meilisearch, where settings name one."""

from meilisearch_python_sdk import AsyncClient

from domain.search import SearchEngine
from domain.search_index import EngineIndex
from integrations.meilisearch import MeilisearchEngine, client
from integrations.meilisearch_index import MeilisearchIndex
from persistence.search_documents import Documents
from settings import Settings


def meilisearch(settings: Settings, documents: Documents) -> tuple[AsyncClient, SearchEngine, EngineIndex]:
    assert settings.meilisearch_url
    asking, name = client(settings.meilisearch_url, settings.meilisearch_api_key), settings.meilisearch_index
    return asking, MeilisearchEngine(asking, name, documents.ghosts), MeilisearchIndex(asking, name)
