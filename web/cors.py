"""Which pages of other origins may ask us, and read what we answer: C7 of FEATURES."""

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from strawberry.http.websocket_origin import normalize_allowed_origins

from web.errors import plain, public_path

_METHODS = ("GET", "HEAD", "POST", "PUT", "OPTIONS")
_ASKED_WITH = (
    "Accept",
    "Apollo-Require-Preflight",
    "apollographql-client-name",
    "apollographql-client-version",
    "Authorization",
    "Content-Type",
    "If-Modified-Since",
    "If-None-Match",
    "If-Range",
    "Last-Event-ID",
    "Range",
    "X-CSRF-Token",
    "X-Request-Id",
)
_TOLD = (
    "Accept-Ranges",
    "Content-Length",
    "Content-Range",
    "ETag",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "Server-Timing",
    "X-Request-Id",
)


class Cors:
    """The front end's origin is given back to it, and its cookies count; any other gets `*` without cookies, or nothing
    where it is `strict`. Every answer varies by the origin, also towards who names none: a cache may keep it for one
    who does. WebSockets judge origins by themselves.
    """

    def __init__(self, app: ASGIApp, frontend: str | None, strict: bool) -> None:
        self._app = app
        # As browsers write it: in small letters and without the port that goes without saying.
        known = normalize_allowed_origins([frontend] if frontend else [])
        self._known = [[origin.encode()] for origin in known]
        self._frontend = _Rules(
            app, known, _METHODS, _ASKED_WITH, allow_credentials=True, expose_headers=_TOLD, max_age=600
        )
        others, told = ((), ()) if strict else (("*",), _TOLD)
        self._others = _Rules(app, others, _METHODS, _ASKED_WITH, expose_headers=told, max_age=600)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        origins = [value for name, value in scope["headers"] if name == b"origin"]
        if not origins:
            await self._app(scope, receive, _varying(send))
        elif origins in self._known:
            await self._frontend(scope, receive, send)
        else:
            await self._others(scope, receive, send)


class _Rules(CORSMiddleware):
    """Starlette's, for requests that name an origin; but who is refused is told so in our one form of errors."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        if scope["method"] != "OPTIONS" or "access-control-request-method" not in headers:
            await self.simple_response(scope, receive, send, request_headers=headers)
            return
        response = self.preflight_response(headers)
        if response.status_code != 200:
            response = _refused(scope["path"], response)
        await response(scope, receive, send)


def _refused(path: str, response: Response) -> Response:
    why = bytes(response.body).decode()
    refused = plain(public_path(path), "FORBIDDEN", 403, "A page of that origin may not ask this.", [why])
    refused.headers["Vary"] = response.headers["Vary"]
    return refused


def _varying(send: Send) -> Send:
    async def passing(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), (b"vary", b"Origin")]
        await send(message)

    return passing
