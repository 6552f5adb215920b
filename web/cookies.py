"""Our cookies: HttpOnly, for the same site alone, and behind HTTPS bound to this very host."""

from starlette.requests import HTTPConnection
from starlette.responses import Response

from domain.sessions import Cookie


class Cookies:
    """`secure` is for wherever there is HTTPS, which outside development is everywhere. The prefix __Host- has browsers
    refuse the cookie from subdomains and plain HTTP (RFC 6265bis).
    """

    def __init__(self, session_name: str, *, secure: bool) -> None:
        self._secure = secure
        self._session, self._binding = (
            f"__Host-{name}" if secure else name for name in (session_name, "marquee_oauth")
        )

    def session(self, connection: HTTPConnection) -> str | None:
        return connection.cookies.get(self._session)

    def set_session(self, response: Response, cookie: Cookie) -> None:
        """An empty cookie takes away what the browser has."""
        response.set_cookie(
            self._session, cookie.value, cookie.max_age, path="/", secure=self._secure, httponly=True, samesite="strict"
        )

    def binding(self, connection: HTTPConnection) -> str | None:
        """What binds a way through a provider to this browser."""
        return connection.cookies.get(self._binding)

    def set_binding(self, response: Response, binding: str, max_age: int) -> None:
        """Lax, not strict: it has to come along when the provider sends the browser back."""
        response.set_cookie(
            self._binding, binding, max_age, path="/", secure=self._secure, httponly=True, samesite="lax"
        )
