"""Who is at the door: by the Authorization header, by what a WebSocket says when it connects, or by our cookie."""

import re

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection

from domain.authentication import Authentication
from domain.errors import Unauthenticated
from domain.metering import meter
from domain.sessions import CLEARED
from domain.users import Viewer
from resolvers.context import Context
from web.cookies import Cookies

# RFC 6750: one scheme, one space, one token. The scheme's case does not matter (RFC 9110).
_BEARER = re.compile(r"bearer ([A-Za-z0-9\-._~+/]+=*)", re.IGNORECASE | re.ASCII)


class Doorkeeper:
    """What is said counts more than what a browser sends by itself. All methods raise Unauthenticated, UserNotFound."""

    def __init__(self, authentication: Authentication, cookies: Cookies) -> None:
        self._authentication, self._cookies = authentication, cookies

    async def admit(self, connection: HTTPConnection, context: Context) -> None:
        """Whoever asks by HTTP. A cookie that opens nothing any more is nobody's, and is taken away."""
        said, cookie = authorization_of(connection.headers), self._cookies.session(connection)
        if said is not None:
            context.viewer = await self._by_token(said, context)
        elif cookie:
            resumed = await self._authentication.by_cookie(cookie, renewing=True)
            context.csrf_token = connection.headers.get("x-csrf-token")
            if resumed is None:
                context.cookie = CLEARED
            else:
                context.viewer, context.by_cookie, context.cookie = resumed.viewer, True, resumed.renewed
        _note(context.viewer)

    async def admit_socket(self, connection: HTTPConnection, context: Context, said: str | None) -> None:
        """`said` is what connection_init says. A cookie counts only from a page, whose origin the handshake has judged;
        it cannot be replaced here, for the handshake is over.
        """
        cookie = self._cookies.session(connection)
        if said is None:
            said = authorization_of(connection.headers)
        if said is not None:
            context.viewer = await self._by_token(said, context)
        elif cookie:
            if "origin" not in connection.headers:
                raise Unauthenticated("With a cookie, a WebSocket needs an Origin.")
            resumed = await self._authentication.by_cookie(cookie, renewing=False)
            if resumed is None:
                raise Unauthenticated("This session has ended. Please sign in again.")
            context.viewer, context.by_cookie = resumed.viewer, True
        _note(context.viewer)

    async def _by_token(self, said: str, context: Context) -> Viewer:
        found = _BEARER.fullmatch(said)
        if found is None:
            raise Unauthenticated("The Authorization header must be: Bearer, a space, and an access token.")
        return await self._authentication.by_token(found[1], context.client())


def authorization_of(headers: Headers) -> str | None:
    """Two headers are one with a comma in it (RFC 9110), which no good one has: nobody chooses which of them counts."""
    given = headers.getlist("authorization")
    return ", ".join(given) if given else None


def _note(viewer: Viewer | None) -> None:
    if viewer and (current := meter.get()):
        current.user_id = viewer.user.id
