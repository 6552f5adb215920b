"""The page that tries every way in, for developers. In development sign-in comes back to it, if to no other."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

_HERE = Path(__file__).parent.parent / "examples" / "sign-in"
# It asks Keycloak by itself, which may be anywhere. No form is ever sent by the browser: a password would be in the
# address where the script did not come.
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self' ws: wss: http: https:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
}


def routes() -> list[Route | Mount]:
    """The page, at /auth/callback too, where providers' ways end, and the one where Meta's does; and what they are
    made of.
    """
    return [
        Route("/sign-in", _page),
        Route("/auth/callback", _page),
        Route("/mypage", _my_page),
        Mount("/sign-in", _Assets()),
    ]


async def _page(_request: Request) -> Response:
    return FileResponse(_HERE / "index.html", headers=_HEADERS, media_type="text/html")


async def _my_page(_request: Request) -> Response:
    return FileResponse(_HERE / "mypage.html", headers=_HEADERS, media_type="text/html")


class _Assets(StaticFiles):
    """The page's scripts and styles; their names stay the same, so a browser asks whether they are new."""

    def __init__(self) -> None:
        super().__init__(directory=_HERE, html=True)

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers.update(_HEADERS)
        return response
