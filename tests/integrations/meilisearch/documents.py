"""The routes of documents: to read them, to add, change and delete them."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.integrations.meilisearch import queries, requests
from tests.integrations.meilisearch.engine import Engine
from tests.integrations.meilisearch.errors import Refusal
from tests.integrations.meilisearch.filters import Filter
from tests.integrations.meilisearch.formatting import chosen
from tests.integrations.meilisearch.indexes import Index
from tests.integrations.meilisearch.ranking import sort_key
from tests.integrations.meilisearch.searching import check_sort
from tests.integrations.meilisearch.shapes import (
    Check,
    anything,
    boolean,
    fields,
    index_uid,
    list_of,
    natural,
    optional,
    string,
)

_METADATA = {"customMetadata": ("invalid_index_custom_metadata", queries.text)}
_FIELDS: dict[str, tuple[str, queries.Parameter]] = {
    "fields": ("invalid_document_fields", queries.several(queries.text)),
    "retrieveVectors": ("invalid_document_retrieve_vectors", queries.boolean),
}
_BROWSE: dict[str, tuple[str, queries.Parameter]] = {
    "offset": ("invalid_document_offset", queries.natural),
    "limit": ("invalid_document_limit", queries.natural),
    **_FIELDS,
    "ids": ("invalid_document_ids", queries.several(queries.text)),
    "filter": ("invalid_document_filter", queries.text),
    "sort": ("invalid_document_sort", queries.several(queries.text)),
}
_FETCH: dict[str, tuple[str | None, Check]] = {
    "offset": ("invalid_document_offset", natural),
    "limit": ("invalid_document_limit", natural),
    "fields": ("invalid_document_fields", optional(list_of(string))),
    "retrieveVectors": ("invalid_document_retrieve_vectors", boolean),
    "ids": ("invalid_document_ids", optional(list_of(anything))),
    "filter": ("invalid_document_filter", anything),
    "sort": ("invalid_document_sort", optional(list_of(string))),
}
_ADD = {"primaryKey": ("invalid_index_primary_key", queries.text), **_METADATA}
_ADD |= {"csvDelimiter": ("invalid_document_csv_delimiter", queries.text)}


def _query(request: Request, known: Mapping[str, tuple[str, queries.Parameter]]) -> dict[str, Any]:
    return queries.parameters(dict(request.query_params), known)


def _ids(values: Iterable[Any]) -> list[str]:
    found: list[str] = []
    for place, value in enumerate(values):
        if isinstance(value, bool) or not isinstance(value, str | int):
            shown = orjson.dumps(value).decode()
            said = f"In `.ids[{place}]`: Document identifier `{shown}` is invalid."
            raise Refusal("invalid_document_ids", said)
        found.append(str(value))
    return found


class Documents:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def routes(self) -> list[Route]:
        path = "/indexes/{uid}/documents"
        return [
            Route(path, self.list, methods=["GET"]),
            Route(path, self.add, methods=["POST", "PUT"]),
            Route(path, self.delete_all, methods=["DELETE"]),
            Route(f"{path}/fetch", self.fetch, methods=["POST"]),
            Route(f"{path}/delete-batch", self.delete_batch, methods=["POST"]),
            Route(f"{path}/delete", self.delete_filtered, methods=["POST"]),
            Route(f"{path}/{{id}}", self.get, methods=["GET"]),
            Route(f"{path}/{{id}}", self.delete, methods=["DELETE"]),
        ]

    def _index(self, request: Request) -> Index:
        return self.engine.index(index_uid(request.path_params["uid"]))

    async def list(self, request: Request) -> Response:
        asked = _query(request, _BROWSE)
        if "filter" in asked:
            asked["filter"] = _json_or_text(asked["filter"])
        return self._page(self._index(request), asked)

    async def fetch(self, request: Request) -> Response:
        asked = fields(await requests.body(request), _FETCH)
        asked["ids"] = None if asked.get("ids") is None else _ids(asked["ids"])
        return self._page(self._index(request), asked)

    def _page(self, index: Index, asked: dict[str, Any]) -> Response:
        sieve = Filter([] if asked.get("filter") is None else asked["filter"], "invalid_document_filter")
        check_sort(index.settings, asked.get("sort") or [], "invalid_document_sort", lambda refusal: refusal)
        if refusal := sieve.refusal(index.settings):
            raise refusal
        ids = asked.get("ids")
        found = [
            document
            for key, document in index.documents.items()
            if (ids is None or key in ids) and sieve.lets_through(document)
        ]
        found.sort(key=lambda document: tuple(sort_key(document, rule) for rule in asked.get("sort") or []))
        offset, limit = asked.get("offset", 0), asked.get("limit", 20)
        names = asked.get("fields")
        page = [one if names is None else chosen(one, names) for one in found[offset : offset + limit]]
        return JSONResponse({"results": page, "offset": offset, "limit": limit, "total": len(found)})

    async def get(self, request: Request) -> Response:
        asked, index, key = _query(request, _FIELDS), self._index(request), request.path_params["id"]
        if key not in index.documents:
            raise Refusal("document_not_found", f"Document `{key}` not found.")
        names = asked.get("fields")
        return JSONResponse(index.documents[key] if names is None else chosen(index.documents[key], names))

    async def add(self, request: Request) -> Response:
        asked = _query(request, _ADD)
        read = await requests.documents(request)
        uid = index_uid(request.path_params["uid"])
        payload = {"documents": read, "primaryKey": asked.get("primaryKey"), "update": request.method == "PUT"}
        details = {"receivedDocuments": len(read), "indexedDocuments": None}
        failed, metadata = {"indexedDocuments": 0}, asked.get("customMetadata")
        told = {"details": details, "failed_details": failed, "custom_metadata": metadata}
        return JSONResponse(
            self.engine.enqueue("documentAdditionOrUpdate", uid, "add", payload, **told).summary(),
            202,
        )

    def _deletion(self, request: Request, operation: str, payload: dict[str, Any], **details: Any) -> Response:
        asked = _query(request, _METADATA)
        uid = index_uid(request.path_params["uid"])
        told = {
            "details": {**details, "deletedDocuments": None},
            "failed_details": {"deletedDocuments": 0},
            "custom_metadata": asked.get("customMetadata"),
        }
        return JSONResponse(self.engine.enqueue("documentDeletion", uid, operation, payload, **told).summary(), 202)

    async def delete(self, request: Request) -> Response:
        ids = [request.path_params["id"]]
        return self._deletion(request, "delete ids", {"ids": ids}, providedIds=1, originalFilter=None)

    async def delete_batch(self, request: Request) -> Response:
        said = await requests.body(request)
        if not isinstance(said, list):
            shown = orjson.dumps(said).decode()
            raise Refusal("bad_request", f"Json deserialize error: invalid type: {shown}, expected a sequence")
        ids = [one if isinstance(one, str) else orjson.dumps(one).decode() for one in said]
        return self._deletion(request, "delete ids", {"ids": ids}, providedIds=len(ids), originalFilter=None)

    async def delete_filtered(self, request: Request) -> Response:
        known: dict[str, tuple[str | None, Check]] = {"filter": ("invalid_document_filter", anything)}
        said = fields(await requests.body(request), known, required={"filter": "missing_document_filter"})["filter"]
        if not Filter(said, "invalid_document_filter").tests:
            raise Refusal("invalid_document_filter", "Sending an empty filter is forbidden.")
        original = orjson.dumps(said).decode()
        return self._deletion(request, "delete filtered", {"filter": said}, providedIds=0, originalFilter=original)

    async def delete_all(self, request: Request) -> Response:
        return self._deletion(request, "delete all", {})


def _json_or_text(said: str) -> Any:
    try:
        return orjson.loads(said)
    except orjson.JSONDecodeError:
        return said
