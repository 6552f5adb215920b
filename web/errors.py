"""One form for every error: in `errors[].extensions` of GraphQL, and as JSON at the plain doors."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import structlog
from graphql import ArgumentNode, GraphQLError, GraphQLSyntaxError, ValueNode
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from strawberry.schema.exceptions import CannotGetOperationTypeError

from domain.errors import CodedError, RateLimited, Refusal, RefusalCode, Unauthenticated
from domain.metering import meter
from web.json import json_response

_log = structlog.get_logger("errors")
# What a refusal is where there is no union to put it in; all others are the client's own doing.
_STATUS = {RefusalCode.NOT_CONFIGURED: 501, RefusalCode.UPSTREAM_FAILED: 502}
# How graphql-core quotes a value: behind what it found, and in what a scalar says of it.
_GIVEN = re.compile(r"[,;.]? [Ff]ound: .*", re.DOTALL)
_REPRESENTED = re.compile(r"(cannot represent [\w -]+): .*", re.DOTALL)
_LONGEST_MESSAGE = 500
NO_SUCH_OPERATION = "The document has no such operation, or several and no operationName."
_INTERNAL = "Something went wrong on our side. The request id helps us to find it."
CODES = {
    400: "BAD_REQUEST",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    408: "TOO_SLOW",
    411: "LENGTH_REQUIRED",
    413: "TOO_LARGE",
    414: "ADDRESS_TOO_LONG",
    415: "UNSUPPORTED_MEDIA_TYPE",
    426: "UPGRADE_REQUIRED",
    431: "HEAD_TOO_LARGE",
    503: "UNAVAILABLE",
}


class Cut(Exception):
    """The connection is dropped in the middle of what went over it."""


def extensions(code: str, status: int, details: Sequence[str] = ()) -> dict[str, Any]:
    """What stands beside an error's message; the code also goes to the log line of the request."""
    current = meter.get()
    if current:
        current.note_error(code)
    return {
        "code": code,
        "status": status,
        "timestamp": datetime.now(UTC).isoformat(),
        "requestId": current.request_id if current else None,
        "details": list(details),
    }


def presented(error: GraphQLError) -> GraphQLError:
    """The error as a client may see it: its own mistakes as they are, ours as INTERNAL. Twice is harmless."""
    if error.extensions and "requestId" in error.extensions:
        return error
    message, beside = _seen(error)
    return GraphQLError(message, error.nodes, error.source, error.positions, error.path, extensions=beside)


def _seen(error: GraphQLError) -> tuple[str, dict[str, Any]]:
    cause = error.original_error
    if isinstance(cause, CodedError):
        return cause.message, extensions(cause.code, cause.status, cause.details)
    if isinstance(cause, Refusal):
        refused = cause.refused
        status = _STATUS.get(refused.code, 400)
        return refused.message, extensions(
            refused.code.value, status, [problem.message for problem in refused.problems]
        )
    if isinstance(cause, CannotGetOperationTypeError):
        return NO_SUCH_OPERATION, extensions("GRAPHQL_VALIDATION_FAILED", 400)
    if isinstance(error, GraphQLSyntaxError):
        return error.message, extensions("GRAPHQL_PARSE_FAILED", 400)
    if isinstance(cause, GraphQLError) and _is_about_an_argument(cause):
        return _without_values(error.message), extensions("GRAPHQL_VALIDATION_FAILED", 400)
    if error.path is None and (cause is None or isinstance(cause, GraphQLError)):
        return _without_values(error.message), extensions("GRAPHQL_VALIDATION_FAILED", 400)
    if error.path is None and error.nodes and isinstance(cause, ValueError):
        # The executor reads literals before anybody can judge them; an integer of 5000 digits is too much for it.
        return "A value in the document cannot be read.", extensions("GRAPHQL_VALIDATION_FAILED", 400)
    _log.error("fault", path=error.path, exc_info=cause or error)
    return _INTERNAL, extensions("INTERNAL", 500)


def _is_about_an_argument(error: GraphQLError) -> bool:
    """What only its value shows to be wrong: null for a variable with a default, where nothing may be null."""
    return any(isinstance(node, ArgumentNode | ValueNode) for node in error.nodes or ())


def _without_values(message: str) -> str:
    """What is wrong and where, but not what was given: that may be a password, and long."""
    without = _REPRESENTED.sub(r"\1", _GIVEN.sub("", message))
    return without[:_LONGEST_MESSAGE].rstrip(" .,;:") + "."


def plain(request_path: str, code: str, status: int, message: str, details: Sequence[str] = ()) -> Response:
    """An error at a door that is not GraphQL."""
    beside = extensions(code, status, details)
    body = {"timestamp": beside.pop("timestamp"), "path": request_path, "message": message, **beside}
    headers = {"WWW-Authenticate": "Bearer"} if status == Unauthenticated.status else {}
    return json_response(body, status, headers=headers)


async def on_coded_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, CodedError)
    return refused_plainly(request, error)


def refused_plainly(connection: HTTPConnection, error: CodedError) -> Response:
    path = public_path(connection.scope["path"])
    response = plain(path, error.code, error.status, error.message, error.details)
    response.headers.update(waiting(error))
    return response


def waiting(*errors: Exception | None) -> dict[str, str]:
    """The header that says when to come again, where something was asked too often."""
    seconds = [error.retry_after for error in errors if isinstance(error, RateLimited)]
    return {"Retry-After": str(max(seconds))} if seconds else {}


async def on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = CODES.get(error.status_code, "BAD_REQUEST")
    response = plain(public_path(request.url.path), code, error.status_code, str(error.detail))
    response.headers.update(error.headers or {})
    return response


async def on_fault(request: Request, error: Exception) -> Response:
    """What is answered where nothing was foreseen. Whoever catches the error at the very front tells it to the log."""
    return Response(status_code=400) if isinstance(error, Cut) else fault(request.url.path)


def fault(path: str) -> Response:
    return plain(public_path(path), "INTERNAL", 500, _INTERNAL)


def public_path(path: str) -> str:
    """The path without what gives access: a stream's ticket opens the stream for whoever reads it."""
    return "/stream/…" if path.lstrip("/").startswith("stream/") else path
