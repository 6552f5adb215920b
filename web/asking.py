"""What a request asks: GraphQL over HTTP's parameters, read from its address or its body."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import OperationDefinitionNode, parse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from domain.errors import CodedError
from web.errors import NO_SUCH_OPERATION
from web.operations import MOST_CHARACTERS, MOST_TOKENS
from web.persisted import Documents

_JSON = "application/json"
_MOST_BYTES = 1_000_000
_OPERATION = re.compile(r"\b(?:query|mutation|subscription)\b")


class NotRun(CodedError):
    """A request that is well formed, and of which nothing can be run."""

    status = 400

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


def which() -> NotRun:
    return NotRun(NO_SUCH_OPERATION, "GRAPHQL_VALIDATION_FAILED")


@dataclass(frozen=True, slots=True)
class Asked:
    """`query` is the document's text, also where a hash stood for it."""

    query: str
    variables: dict[str, Any] | None
    operation_name: str | None
    extensions: dict[str, Any] | None


async def read(request: Request, documents: Documents) -> Asked:
    """Raises HTTPException 400, 413 or 415, NotRun, or what Documents.find raises."""
    if request.method == "GET":
        given: Any = dict(request.query_params)
        for name in ("variables", "extensions"):
            given[name] = _parsed(given[name].encode()) if given.get(name) else None
    else:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _JSON:
            raise HTTPException(415, f"A request's body must be {_JSON}.", {"Accept-Post": _JSON})
        if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise HTTPException(415, "A request's body must not be compressed.", {"Accept-Encoding": "identity"})
        given = _parsed(await _body(request))
    if not isinstance(given, dict):
        raise HTTPException(400, "A request is one JSON object. Lists of operations are not taken.")
    extensions = _parameter(given, "extensions", dict)
    text = await documents.find(_parameter(given, "query", str), extensions)
    if text is None:
        raise HTTPException(400, "`query` must be a string.")
    if text == "":
        raise NotRun("`query` is empty.", "GRAPHQL_PARSE_FAILED")
    if len(text) > MOST_CHARACTERS:
        raise HTTPException(413, f"A document may have at most {MOST_CHARACTERS} characters.")
    # An empty name is none: what makes addresses writes one.
    operation: str | None = _parameter(given, "operationName", str) or None
    asked = Asked(text, _parameter(given, "variables", dict), operation, extensions)
    _refuse_several(asked)
    return asked


def _parameter(given: Mapping[str, Any], name: str, kind: type) -> Any:
    value = given.get(name)
    if value is None or isinstance(value, kind):
        return value
    raise HTTPException(400, f"`{name}` must be {'a string' if kind is str else 'an object'}.")


async def _body(request: Request) -> bytes:
    """Not read on as soon as it is known to be too large, nor at all where its length says so."""
    too_large = HTTPException(413, f"A request may have at most {_MOST_BYTES} bytes.", {"Connection": "close"})
    if int(request.headers.get("content-length", 0)) > _MOST_BYTES:
        raise too_large
    body = bytearray()
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > _MOST_BYTES:
                raise too_large
    except ClientDisconnect as error:
        raise HTTPException(400, "The connection ended before the request did.") from error
    return bytes(body)


def _parsed(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise HTTPException(400, f"This is not JSON: {error.msg[:100]}.") from error


def _refuse_several(asked: Asked) -> None:
    """Raises HTTPException or GraphQLSyntaxError. Strawberry runs the first of several operations where no name says
    which; GraphQL wants none to run. Documents with one operation are not parsed for it.
    """
    if asked.operation_name is None and len(_OPERATION.findall(asked.query)) > 1:
        definitions = parse(asked.query, no_location=True, max_tokens=MOST_TOKENS).definitions
        if sum(isinstance(definition, OperationDefinitionNode) for definition in definitions) > 1:
            raise which()
