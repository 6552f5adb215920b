"""The routes that are not about documents: indexes, settings, tasks, swaps, searches."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.integrations.meilisearch import queries, requests, searching, settings, tasks
from tests.integrations.meilisearch.engine import Engine
from tests.integrations.meilisearch.errors import Refusal
from tests.integrations.meilisearch.shapes import (
    Check,
    boolean,
    fields,
    index_uid,
    index_uid_field,
    list_of,
    optional,
    string,
)

VERSION = "1.50.0"
_PAGE = {"offset": ("invalid_index_offset", queries.natural), "limit": ("invalid_index_limit", queries.natural)}
_STATS = {"showInternalDatabaseSizes": ("bad_request", queries.boolean), "sizeFormat": ("bad_request", queries.text)}
_UID: tuple[str | None, Check] = ("invalid_index_uid", index_uid_field)
_KEY: tuple[str | None, Check] = ("invalid_index_primary_key", optional(string))


def _query(request: Request, known: Mapping[str, tuple[str, queries.Parameter]]) -> dict[str, Any]:
    return queries.parameters(dict(request.query_params), known)


def _swaps(body: Any) -> list[dict[str, Any]]:
    """Pairs of indexes, no index in more than one."""
    known: dict[str, tuple[str | None, Check]] = {
        "indexes": ("invalid_swap_indexes", list_of(index_uid_field)),
        "rename": ("invalid_swap_rename", boolean),
    }

    def pair(value: Any, at: str, code: str) -> dict[str, Any]:
        return {"rename": False} | fields(value, known, at, code, {"indexes": "missing_swap_indexes"})

    swaps: list[dict[str, Any]] = list_of(pair)(body, "", "bad_request")
    for swap in swaps:
        uids = swap["indexes"]
        if len(uids) != 2:
            listed = ", ".join(f'"{uid}"' for uid in uids)
            said = f"Two indexes must be given for each swap. The list `[{listed}]` contains {len(uids)} indexes."
            raise Refusal("invalid_swap_indexes", said)
    counted = Counter(uid for swap in swaps for uid in swap["indexes"])
    if twice := sorted(uid for uid, count in counted.items() if count > 1):
        was = (
            f"{', '.join(f'`{uid}`' for uid in twice)} {'was' if len(twice) == 1 else 'were'} specified several times."
        )
        raise Refusal("invalid_swap_duplicate_index_found", f"Indexes must be declared only once during a swap. {was}")
    return swaps


class Routes:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def routes(self) -> list[Route]:
        index = "/indexes/{uid}"
        return [
            Route("/version", self.version, methods=["GET"]),
            Route("/stats", self.stats, methods=["GET"]),
            Route("/indexes", self.list, methods=["GET"]),
            Route("/indexes", self.create, methods=["POST"]),
            Route(index, self.get, methods=["GET"]),
            Route(index, self.update, methods=["PATCH"]),
            Route(index, self.delete, methods=["DELETE"]),
            Route(f"{index}/stats", self.index_stats, methods=["GET"]),
            Route(f"{index}/settings", self.settings, methods=["GET"]),
            Route(f"{index}/settings", self.update_settings, methods=["PATCH"]),
            Route(f"{index}/settings", self.reset_settings, methods=["DELETE"]),
            Route(f"{index}/search", self.search, methods=["POST"]),
            Route("/swap-indexes", self.swap, methods=["POST"]),
            Route("/tasks", self.tasks, methods=["GET"]),
            Route("/tasks/{uid}", self.task, methods=["GET"]),
        ]

    def _accepted(self, kind: str, uid: str | None, operation: str, payload: dict[str, Any], **told: Any) -> Response:
        return JSONResponse(self.engine.enqueue(kind, uid, operation, payload, **told).summary(), 202)

    async def version(self, request: Request) -> Response:
        return JSONResponse({"commitSha": "unknown", "commitDate": "unknown", "pkgVersion": VERSION})

    async def stats(self, request: Request) -> Response:
        _query(request, _STATS)
        found = self.engine.indexes
        last = max((index.updated_at for index in found.values()), default=None)
        indexes = {uid: index.stats(self.engine.indexing(uid)) for uid, index in sorted(found.items())}
        return JSONResponse({"databaseSize": 0, "usedDatabaseSize": 0, "lastUpdate": last, "indexes": indexes})

    async def list(self, request: Request) -> Response:
        asked = {"offset": 0, "limit": 20} | _query(request, _PAGE)
        found = [index.view() for _, index in sorted(self.engine.indexes.items())]
        page = found[asked["offset"] :][: asked["limit"]]
        return JSONResponse({"results": page, **asked, "total": len(found)})

    async def create(self, request: Request) -> Response:
        known = {"uid": _UID, "primaryKey": _KEY}
        said = fields(await requests.body(request), known, required={"uid": "missing_index_uid"})
        key = {"primaryKey": said.get("primaryKey")}
        return self._accepted("indexCreation", said["uid"], "create", dict(key), details=dict(key))

    async def get(self, request: Request) -> Response:
        return JSONResponse(self.engine.index(index_uid(request.path_params["uid"])).view())

    async def update(self, request: Request) -> Response:
        body = await requests.body(request)
        for name in ("createdAt", "updatedAt"):
            if isinstance(body, dict) and name in body:
                code = f"immutable_index_{name.removesuffix('At')}_at"
                raise Refusal(code, f"Immutable field `{name}`: expected one of `primaryKey`, `uid`")
        said = fields(body, {"primaryKey": _KEY, "uid": ("invalid_index_uid", optional(index_uid_field))})
        uid, new = index_uid(request.path_params["uid"]), said.get("uid")
        details = {"primaryKey": said.get("primaryKey")}
        details |= {"oldIndexUid": uid, "newIndexUid": new} if new else {}
        payload = {"primaryKey": said.get("primaryKey"), "uid": new}
        return self._accepted("indexUpdate", uid, "update", payload, details=details)

    async def delete(self, request: Request) -> Response:
        uid, details = index_uid(request.path_params["uid"]), {"deletedDocuments": None}
        failed = {"deletedDocuments": 0}
        return self._accepted("indexDeletion", uid, "remove", {}, details=details, failed_details=failed)

    async def index_stats(self, request: Request) -> Response:
        _query(request, _STATS)
        uid = index_uid(request.path_params["uid"])
        return JSONResponse(self.engine.index(uid).stats(self.engine.indexing(uid)))

    async def settings(self, request: Request) -> Response:
        return JSONResponse(self.engine.index(index_uid(request.path_params["uid"])).settings)

    async def update_settings(self, request: Request) -> Response:
        said = settings.checked(await requests.body(request))
        uid = index_uid(request.path_params["uid"])
        return self._accepted("settingsUpdate", uid, "settings", {"reset": False, "settings": said}, details=said)

    async def reset_settings(self, request: Request) -> Response:
        uid, details = index_uid(request.path_params["uid"]), dict.fromkeys(settings.DEFAULTS)
        return self._accepted("settingsUpdate", uid, "settings", {"reset": True}, details=details)

    async def search(self, request: Request) -> Response:
        asked = searching.checked(await requests.body(request))
        index = self.engine.index(index_uid(request.path_params["uid"]))
        return JSONResponse(searching.Search(index, asked).answer())

    async def swap(self, request: Request) -> Response:
        swaps = _swaps(await requests.body(request))
        return self._accepted("indexSwap", None, "swap", {"swaps": swaps}, details={"swaps": swaps})

    async def tasks(self, request: Request) -> Response:
        return JSONResponse(tasks.listed(self.engine.tasks, _query(request, tasks.PARAMETERS)))

    async def task(self, request: Request) -> Response:
        return JSONResponse(tasks.found(self.engine.tasks, request.path_params["uid"]).view())
