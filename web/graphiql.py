"""GraphiQL from our own files, with example operations in its tabs. Nothing of it comes from elsewhere."""

import re
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles

from web.json import json_response

_HERE = Path(__file__).parent / "static" / "graphiql"
_EXAMPLES = Path(__file__).parent.parent / "examples"
# Monaco writes style elements while it runs, so styles alone may be inline.
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "font-src 'self'",
        "img-src 'self' data:",
        "media-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
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
_VARIABLES = re.compile(r"^# variables:\n((?:# .*\n)+)", re.MULTILINE)


def page() -> Response:
    return FileResponse(_HERE / "index.html", headers=_HEADERS, media_type="text/html")


class Assets(StaticFiles):
    """The page's scripts, styles and fonts; their names stay the same, so a browser asks whether they are new."""

    def __init__(self) -> None:
        super().__init__(directory=_HERE)

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers.update(_HEADERS)
        return response


async def examples(_request: Request) -> Response:
    """The files examples/*.graphql in their order, as GraphiQL's tabs."""
    return json_response([example(path) for path in sorted(_EXAMPLES.glob("*.graphql"))])


def example(path: Path) -> dict[str, str]:
    """A tab from a file: `# variables:` and the commented JSON behind it are the variables, the rest is the query."""
    written = path.read_text()
    found = _VARIABLES.search(written)
    variables = "\n".join(line[2:] for line in found[1].splitlines()) if found else ""
    query = written.replace(found[0], "") if found else written
    return {"title": path.stem, "query": query.strip() + "\n", "variables": variables}
