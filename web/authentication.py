"""Who is at the door: the Authorization header, or what a WebSocket says when it connects."""

import re

from starlette.datastructures import Headers

from domain.errors import Unauthenticated
from domain.metering import meter
from domain.sessions import Sessions
from domain.users import Viewer

# RFC 6750: one scheme, one space, one token. The scheme's case does not matter (RFC 9110).
_BEARER = re.compile(r"bearer ([A-Za-z0-9\-._~+/]+=*)", re.IGNORECASE | re.ASCII)


def authorization_of(headers: Headers) -> str | None:
    """Two headers are one with a comma in it (RFC 9110), which no good one has: nobody chooses which of them counts."""
    given = headers.getlist("authorization")
    return ", ".join(given) if given else None


async def viewer_of(sessions: Sessions, authorization: str | None) -> Viewer | None:
    """None where nobody claims to be anybody. Raises Unauthenticated, UserNotFound."""
    if authorization is None:
        return None
    found = _BEARER.fullmatch(authorization)
    if found is None:
        raise Unauthenticated("The Authorization header must be: Bearer, a space, and an access token.")
    viewer = await sessions.authenticate(found[1])
    if current := meter.get():
        current.user_id = viewer.user.id
    return viewer
