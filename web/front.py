"""Where every request comes in: its id, its line in the log, and what is told of it; its faults masked."""

import secrets
import time
from collections.abc import Callable

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.metering import Meter, Observers, Socket, meter, socket
from web.errors import Cut, fault, public_path

_log = structlog.get_logger("request")
_OWN_ID = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")
_DOORS = frozenset({"graphql", "stream", "media", "auth", "oauth", "health", "ready", "metrics", "sign-in", "showcase"})


class Front:
    """Nothing stands between it and GraphQL but `cors`, which lets other pages read the answers, those to faults too.
    All that is told of a request is told to `observers`.
    """

    def __init__(
        self,
        graphql: ASGIApp,
        doors: ASGIApp,
        *,
        tells_cost: bool,
        cors: Callable[[ASGIApp], ASGIApp],
        observers: Observers = (),
    ) -> None:
        self._graphql, self._doors, self._cors = cors(graphql), cors(doors), cors
        self._tells_cost, self._observers = tells_cost, observers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        inner = self._graphql if scope.get("path") == "/graphql" else self._doors
        if scope["type"] == "http":
            own = Meter(_request_id(scope), self._observers, door=door_of(scope["path"]), method=_method(scope))
            await _Request(inner, scope, receive, send, self._cors, self._tells_cost, own).run()
        elif scope["type"] == "websocket":
            socket.set(Socket(secrets.token_hex(16), self._observers))
            await _Opened(self._observers).run(inner, scope, receive, send)
        else:
            await inner(scope, receive, send)


class _Opened:
    """One socket, counted while it is open."""

    def __init__(self, observers: Observers) -> None:
        self._observers, self._is_open = observers, False

    async def run(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        async def passing(message: Message) -> None:
            if message["type"] == "websocket.accept":
                self._is_open = True
                for observer in self._observers:
                    observer.opened("socket")
            await send(message)

        try:
            await app(scope, receive, passing)
        finally:
            for observer in self._observers if self._is_open else ():
                observer.closed("socket")


class _Request:
    """One request."""

    def __init__(
        self,
        app: ASGIApp,
        scope: Scope,
        receive: Receive,
        send: Send,
        cors: Callable[[ASGIApp], ASGIApp],
        tells_cost: bool,
        own: Meter,
    ) -> None:
        self._app, self._scope, self._receive, self._send = app, scope, receive, send
        self._cors, self._tells_cost, self._meter = cors, tells_cost, own
        self._is_event_stream = False
        self._started = time.perf_counter()

    async def run(self) -> None:
        meter.set(self._meter)
        for observer in self._meter.observers:
            observer.request_began(self._meter, _header(self._scope, b"traceparent"))
        try:
            await self._app(self._scope, self._receive, self._passing)
        except Cut:
            self._meter.note_error("CUT")  # part of the answer is gone already; the connection is dropped
        except Exception:
            await self._answer_fault()
        finally:
            self._end()

    async def _passing(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._meter.status = message["status"]
            message["headers"] = [*message.get("headers", ()), *self._own_headers()]
            self._note_stream(message["headers"])
        else:
            self._meter.bytes_sent += len(message.get("body", b""))
        await self._send(message)

    def _note_stream(self, headers: list[tuple[bytes, bytes]]) -> None:
        if dict(headers).get(b"content-type", b"").startswith(b"text/event-stream"):
            self._is_event_stream = True
            for observer in self._meter.observers:
                observer.opened("event stream")

    def _own_headers(self) -> list[tuple[bytes, bytes]]:
        headers = [(b"x-request-id", self._meter.request_id.encode()), (b"x-content-type-options", b"nosniff")]
        if self._tells_cost:
            milliseconds = round(self._seconds() * 1000, 1)
            cost = f'total;dur={milliseconds}, sql;desc="{self._meter.statements} statements"'
            headers.append((b"server-timing", cost.encode()))
        return headers

    def _seconds(self) -> float:
        return time.perf_counter() - self._started

    async def _answer_fault(self) -> None:
        _log.exception("fault", path=public_path(self._scope["path"])[:200])
        if not self._meter.status:  # else an answer is gone already, and only the connection can be dropped
            await self._cors(fault(self._scope["path"]))(self._scope, self._receive, self._passing)

    def _end(self) -> None:
        own, seconds = self._meter, self._seconds()
        for observer in own.observers:
            if self._is_event_stream:
                observer.closed("event stream")
            observer.request_ended(own, seconds)
        tell = _log.debug if own.door == "metrics" else _log.info  # asked for every few seconds
        tell(
            "request",
            request_id=own.request_id,
            method=own.method,
            path=public_path(self._scope["path"])[:200],
            status=own.status,
            duration_ms=round(seconds * 1000, 1),
            operation=own.operation,
            statements=own.statements,
            gathered=own.gathered,
            user_id=own.user_id,
            codes=list(own.codes),
        )


def door_of(path: str) -> str:
    """The first word of the path where it is one of ours: there are few of them, and as many paths as anybody likes."""
    first = path[1:].partition("/")[0]
    return first if first in _DOORS else "other"


def _method(scope: Scope) -> str:
    """Bounded: a client may write what it likes."""
    return str(scope["method"])[:20]


def _header(scope: Scope, wanted: bytes) -> str | None:
    for name, value in scope["headers"]:
        if name == wanted:
            return str(value, "latin-1")
    return None


def _request_id(scope: Scope) -> str:
    """The caller's own, where it is short and plain, so that logs of several systems can be joined."""
    given = _header(scope, b"x-request-id") or ""
    return given if 0 < len(given) <= 64 and set(given) <= _OWN_ID else secrets.token_hex(16)
