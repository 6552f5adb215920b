"""The ASGI application: GraphQL at /graphql, the plain doors beside it, one log line around every request."""

import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.errors import CodedError
from domain.metering import Meter, meter
from resolvers.instagram import CALLBACK
from web import graphiql, sign_in_page
from web.errors import Cut, fault, on_coded_error, on_fault, on_http_exception, public_path
from web.health import Health
from web.instagram import InstagramDoor
from web.json import json_response
from web.media import MediaDoor, StreamDoor
from web.oauth import OAuthDoors

_log = structlog.get_logger("request")
_OWN_ID = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")


def plain_doors(
    *,
    stream: StreamDoor,
    media: MediaDoor | None,
    oauth: OAuthDoors,
    instagram: InstagramDoor,
    published_keys: Callable[[], Mapping[str, Any]],
    health: Health,
    with_graphiql: bool,
    lifespan: Callable[[Any], AbstractAsyncContextManager[None]],
) -> Starlette:
    """Everything that is not GraphQL."""

    async def keys(_request: Request) -> Response:
        return json_response(published_keys(), headers={"Cache-Control": "public, max-age=300"})

    routes: list[Route | Mount] = [
        Route("/stream/{ticket}", stream.__call__),
        Route("/auth/{provider}/login", oauth.login),
        Route("/auth/{provider}/callback", oauth.callback),
        Route(CALLBACK, instagram.callback),
        Route("/.well-known/jwks.json", keys),
        Route("/health", health.alive),
        Route("/ready", health.ready),
    ]
    if media:
        routes.append(Route("/media/{key:path}", media.__call__, methods=["GET", "PUT"]))
    if with_graphiql:
        routes += [Route("/graphql/examples.json", graphiql.examples), Mount("/graphql/static", graphiql.Assets())]
        routes += sign_in_page.routes()
    handlers: dict[Any, Any] = {
        CodedError: on_coded_error,
        HTTPException: on_http_exception,
        Exception: on_fault,
    }
    return Starlette(routes=routes, exception_handlers=handlers, lifespan=lifespan)


class Front:
    """Where every request comes in. Nothing stands between it and GraphQL but `cors`, which lets other pages read the
    answers, those to faults too.
    """

    def __init__(
        self, graphql: ASGIApp, doors: ASGIApp, *, tells_cost: bool, cors: Callable[[ASGIApp], ASGIApp]
    ) -> None:
        self._graphql, self._doors, self._cors, self._tells_cost = cors(graphql), cors(doors), cors, tells_cost

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        inner = self._graphql if scope.get("path") == "/graphql" else self._doors
        if scope["type"] == "http":
            await _Logged(inner, scope, receive, send, self._cors, self._tells_cost).run()
        else:
            await inner(scope, receive, send)


class _Logged:
    """One request: its id in and out, its faults masked, its line in the log."""

    def __init__(
        self,
        app: ASGIApp,
        scope: Scope,
        receive: Receive,
        send: Send,
        cors: Callable[[ASGIApp], ASGIApp],
        tells_cost: bool,
    ) -> None:
        self._app, self._scope, self._receive, self._send = app, scope, receive, send
        self._cors, self._tells_cost = cors, tells_cost
        self._meter = Meter(_request_id(scope))
        self._status = 0
        self._started = time.perf_counter()

    async def run(self) -> None:
        meter.set(self._meter)
        try:
            await self._app(self._scope, self._receive, self._passing)
        except Cut:
            self._meter.codes.append("CUT")  # part of the answer is gone already; the connection is dropped
        except Exception:
            await self._answer_fault()
        finally:
            self._write_line()

    async def _passing(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            message["headers"] = [*message.get("headers", ()), *self._own_headers()]
        await self._send(message)

    def _own_headers(self) -> list[tuple[bytes, bytes]]:
        headers = [(b"x-request-id", self._meter.request_id.encode()), (b"x-content-type-options", b"nosniff")]
        if self._tells_cost:
            cost = f'total;dur={self._milliseconds()}, sql;desc="{self._meter.statements} statements"'
            headers.append((b"server-timing", cost.encode()))
        return headers

    def _milliseconds(self) -> float:
        return round((time.perf_counter() - self._started) * 1000, 1)

    async def _answer_fault(self) -> None:
        _log.exception("fault", path=public_path(self._scope["path"]))
        if not self._status:  # else an answer is gone already, or part of one, and only the connection can be dropped
            await self._cors(fault(self._scope["path"]))(self._scope, self._receive, self._passing)

    def _write_line(self) -> None:
        _log.info(
            "request",
            request_id=self._meter.request_id,
            method=self._scope["method"],
            path=public_path(self._scope["path"])[:200],
            status=self._status,
            duration_ms=self._milliseconds(),
            operation=self._meter.operation,
            statements=self._meter.statements,
            user_id=self._meter.user_id,
            codes=self._meter.codes,
        )


def _request_id(scope: Scope) -> str:
    """The caller's own, where it is short and plain, so that logs of several systems can be joined."""
    given = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"x-request-id"), "")
    return given if 0 < len(given) <= 64 and set(given) <= _OWN_ID else uuid.uuid4().hex
