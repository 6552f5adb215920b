"""JSON in and out, by orjson."""

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import Response


def json_response(
    body: Any, status: int = 200, *, media_type: str = "application/json", headers: Mapping[str, str] | None = None
) -> Response:
    return Response(orjson.dumps(body), status, media_type=media_type, headers=headers)


def text(body: Any) -> str:
    return orjson.dumps(body).decode()
