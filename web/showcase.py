"""The example app of front-end developers, at `/` outside production: plain ES modules, made of our own operations."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

_HERE = Path(__file__).parent.parent / "examples" / "showcase"
# Posters, clips and uploaded pictures may lie in another store, such as a bucket or a CDN; a picture that is about to
# be posted is shown from the person's own disk (blob:). No form is ever sent by the browser.
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: http: https:",
        "media-src 'self' http: https:",
        "connect-src 'self' ws: wss: http: https:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    )
)
_HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
}


def routes() -> list[Route | Mount]:
    """The page, and what it is made of."""
    return [Route("/", _page), Mount("/showcase", _Assets())]


async def _page(_request: Request) -> Response:
    return FileResponse(_HERE / "index.html", headers=_HEADERS, media_type="text/html")


class _Assets(StaticFiles):
    """Scripts and styles; their names stay the same, so a browser asks whether they are new."""

    def __init__(self) -> None:
        super().__init__(directory=_HERE)

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers.update(_HEADERS)
        return response
