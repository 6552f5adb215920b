"""Meilisearch 1.50 on loopback: answers, and ranks, as its documentation and its source say."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.integrations.meilisearch import faults, requests
from tests.integrations.meilisearch.documents import Documents
from tests.integrations.meilisearch.engine import Engine
from tests.integrations.meilisearch.errors import Refusal
from tests.integrations.meilisearch.faults import Door
from tests.integrations.meilisearch.routes import Routes

KEY = "masterKey"


async def _health(request: Request) -> Response:
    return JSONResponse({"status": "available"})


async def _refused(request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refusal)
    return JSONResponse(refusal.body(), refusal.status)


async def _nothing(request: Request, error: Exception) -> Response:
    """Where there is no route, or not for this method, there is no body either."""
    return Response(status_code=getattr(error, "status_code", 404))


class MeilisearchServer:
    """For the tests' hands: `delay` is how long a task waits for its turn; while `hold` is set no task is begun.
    `poison` are ids of documents that a task fails with. `failing` is one of `faults.FAULTS`. `requests` are the
    method, path and body of every request that came in.
    """

    def __init__(self, key: str = KEY, state: Path | None = None) -> None:
        self.key, self.url, self.slowness = key, "", 1.0
        self.engine = Engine(state)
        self.engine.full = lambda: self.failing == faults.FULL
        self.requests: list[tuple[str, str, Any]] = []
        self.door: Door | None = None
        self._failing: str | None = None
        self._application = self._routed()

    @property
    def delay(self) -> float:
        return self.engine.delay

    @delay.setter
    def delay(self, seconds: float) -> None:
        self.engine.delay = seconds

    @property
    def hold(self) -> asyncio.Event:
        return self.engine.hold

    @property
    def poison(self) -> set[Any]:
        return self.engine.poison

    @poison.setter
    def poison(self, ids: set[Any]) -> None:
        self.engine.poison = ids

    @property
    def failing(self) -> str | None:
        return self._failing

    @failing.setter
    def failing(self, fault: str | None) -> None:
        assert fault in faults.FAULTS, fault
        if self.door and (fault == faults.REFUSING) != (self._failing == faults.REFUSING):
            if fault == faults.REFUSING:
                self.door.close()
            else:
                self.door.open()
        self._failing = fault

    def forget(self) -> None:
        """Everything is as at the start."""
        self.failing, self.slowness, self.delay = None, 1.0, 0.01
        self.requests.clear()
        self.engine.forget()

    def documents(self, uid: str) -> dict[Any, dict[str, Any]]:
        """The stored documents by their ids, as they were given. An index that is not there has none."""
        index = self.engine.indexes.get(uid)
        if index is None:
            return {}
        by_text = index.documents.items()
        return {document.get(index.primary_key or "", key): document for key, document in by_text}

    def settings(self, uid: str) -> dict[str, Any]:
        return self.engine.index(uid).settings

    def _routed(self) -> ASGIApp:
        refusals: Any = {Refusal: _refused, 404: _nothing, 405: _nothing}
        routes = [Route("/health", _health, methods=["GET"])]
        routes += Routes(self.engine).routes() + Documents(self.engine).routes()
        return Starlette(routes=routes, exception_handlers=refusals)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        await request.body()
        self.requests.append((request.method, request.url.path, await requests.parsed_or_text(request)))
        if self._failing == faults.SILENT:
            await faults.silence(receive)
        elif self._failing == faults.DROPPING:
            await faults.broken(send)
        else:
            if self._failing == faults.SLOW:
                await asyncio.sleep(self.slowness)
            await self._answer(request, send)

    async def _answer(self, request: Request, send: Send) -> None:
        try:
            if self._failing == faults.INTERNAL:
                raise Refusal("internal", "An internal error has occurred. `Irretrievable state`.")
            if request.url.path != "/health":
                requests.authorized(request, self.key)
        except Refusal as refusal:
            await JSONResponse(refusal.body(), refusal.status)(request.scope, request.receive, send)
        else:
            await self._application(request.scope, _again(await request.body()), send)


def _again(body: bytes) -> Receive:
    """The body that was already read."""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


@contextlib.asynccontextmanager
async def meilisearch_server(
    key: str = KEY, state: Path | None = None, port: int = 0
) -> AsyncIterator[MeilisearchServer]:
    """A server of its own for as long as the block runs, with no indexes but those of the state."""
    engine = MeilisearchServer(key, state)
    config = uvicorn.Config(
        engine, host="127.0.0.1", port=port, lifespan="off", log_config=None, access_log=False, proxy_headers=False
    )
    engine.door = Door(config)
    running = asyncio.create_task(engine.door.serve())
    while not engine.door.started:
        assert not running.done(), running
        await asyncio.sleep(0.01)
    engine.url = f"http://127.0.0.1:{engine.door.port}"
    working = asyncio.create_task(engine.engine.work())
    try:
        yield engine
    finally:
        engine.failing = None
        working.cancel()
        engine.door.should_exit = True
        await running
