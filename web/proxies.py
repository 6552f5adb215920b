"""Proxies that nobody told us of."""

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

_log = structlog.get_logger("proxies")


class Unbelieving:
    """Where no proxy is believed, one that stands there all the same makes the whole world one address, whose limits
    are soon reached. That is told once: any client may send the header that shows it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app, self._is_told = app, False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._is_told and b"x-forwarded-for" in dict(scope.get("headers", ())):
            self._is_told = True
            peer = (scope.get("client") or ("",))[0]
            _log.warning("proxy_not_believed", peer=peer, remedy="if it is yours, name it in TRUSTED_PROXIES")
        await self._app(scope, receive, send)
