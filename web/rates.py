"""Every request costs its network address something, before anything of it is read; and every answer tells what is
left.
"""

from collections.abc import Callable, Mapping

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.allowance import Allowance, Level, Limited, levels
from domain.errors import RateLimited
from domain.windows import SECONDS

# Who watches over us asks as often as they like.
_FREE = frozenset({"/health", "/ready", "/metrics"})
_COST = 1
_STARTS = frozenset({"http.response.start", "websocket.http.response.start"})


class Rates:
    """An ASGI application around another; `refuse` makes the answer to what was too much. A WebSocket is refused before
    it is one.
    """

    def __init__(
        self, app: ASGIApp, allowance: Allowance, refuse: Callable[[HTTPConnection, RateLimited], Response]
    ) -> None:
        self._app, self._allowance, self._refuse = app, allowance, refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"} or scope["path"] in _FREE:
            await self._app(scope, receive, send)
            return
        told: dict[Limited, Level] = {}
        levels.set(told)
        connection, answer = HTTPConnection(scope), self._app
        try:
            await self._allowance.spend(address_of(connection), None, _COST)
        except RateLimited as error:
            answer = self._refuse(connection, error)
        await answer(scope, receive, _telling(send, told))


def address_of(connection: HTTPConnection) -> str:
    """The client's, as the proxies that we believe say it; empty where there is none, as on a Unix socket."""
    return connection.client.host if connection.client else ""


def _telling(send: Send, told: Mapping[Limited, Level]) -> Send:
    """By draft-ietf-httpapi-ratelimit-headers, which counts what it likes; here it is cost."""

    async def passing(message: Message) -> None:
        if told and message["type"] in _STARTS:
            policies = [f'"{what}";q={level.most};w={SECONDS:.0f}' for what, level in told.items()]
            left = [f'"{what}";r={level.left};t={level.seconds}' for what, level in told.items()]
            own = ((b"ratelimit-policy", ", ".join(policies)), (b"ratelimit", ", ".join(left)))
            message["headers"] = [*message.get("headers", ()), *((name, value.encode()) for name, value in own)]
        await send(message)

    return passing
