"""What is answered where no application has a say: by the connection itself, in our one form of errors."""

import secrets
from collections.abc import Iterable, Mapping

import structlog
from starlette.responses import Response
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from domain.metering import Meter, meter
from web.errors import CODES, plain

_log = structlog.get_logger("edge")


class Refused(Exception):
    """`status` and `headers` as HTTP says them."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.headers = status, message, dict(headers or {})


def refusal(refused: Refused, path: str) -> Response:
    """With its line in the log, and an id of its own in both. `path` is what is known of it."""
    own = Meter(secrets.token_hex(16))
    before = meter.set(own)
    try:
        response = plain(path[:200], CODES.get(refused.status, "BAD_REQUEST"), refused.status, refused.message)
    finally:
        meter.reset(before)
    response.headers.update(
        {
            **refused.headers,
            "X-Request-Id": own.request_id,
            "X-Content-Type-Options": "nosniff",
            "Connection": "close",
        }
    )
    _log.info("refused", request_id=own.request_id, status=refused.status, path=path[:200], reason=refused.message)
    return response


def as_bytes(response: Response, defaults: Iterable[tuple[bytes, bytes]]) -> bytes:
    headers = [*defaults, *response.raw_headers]
    lines = [name + b": " + value + b"\r\n" for name, value in headers]
    return b"".join([STATUS_LINE[response.status_code], *lines, b"\r\n", bytes(response.body)])
