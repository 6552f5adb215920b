"""Whose word is taken for which trace a request belongs to."""

from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

_TRACE = b"traceparent"


class TracesOf:
    """An ASGI application around another, outside of where addresses are rewritten: the trace is forgotten that anybody
    names who is at no address that `believes`. Strangers would choose what is kept, and make it part of any trace.
    """

    def __init__(self, believes: Callable[[str], bool], app: ASGIApp) -> None:
        self._believes, self._app = believes, app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = scope.get("client")
        if scope["type"] == "http" and not (client and self._believes(client[0])):
            scope["headers"] = [header for header in scope["headers"] if header[0] != _TRACE]
        await self._app(scope, receive, send)
