"""Requests as the engine reads them: who asks, in which form, with which body."""

import gzip
import re
import zlib
from typing import Any

import orjson
from starlette.requests import Request

from tests.integrations.meilisearch.errors import Refusal

PAYLOAD_LIMIT = 100 * 1024 * 1024
JSON = "application/json"
DOCUMENTS = (JSON, "application/x-ndjson", "text/csv")


def authorized(request: Request, key: str) -> None:
    """Refuses whoever does not show the key."""
    header = request.headers.get("authorization")
    if header is None or not header.startswith("Bearer "):
        message = "The Authorization header is missing. It must use the bearer authorization method."
        raise Refusal("missing_authorization_header", message)
    if header.removeprefix("Bearer ") != key:
        raise Refusal("invalid_api_key", "The provided API key is invalid.")


def _content_type(request: Request, accepted: tuple[str, ...]) -> str:
    listed = f"Accepted values for the Content-Type header are: {', '.join(f'`{one}`' for one in accepted)}"
    said = request.headers.get("content-type")
    if said is None:
        raise Refusal("missing_content_type", f"A Content-Type header is missing. {listed}")
    kind = said.partition(";")[0].strip().lower()
    if kind not in accepted:
        raise Refusal("invalid_content_type", f"The Content-Type `{said}` is invalid. {listed}")
    return kind


async def _payload(request: Request, kind: str) -> bytes:
    raw = await request.body()
    if request.headers.get("content-encoding") == "gzip":
        try:
            raw = gzip.decompress(raw)
        except (EOFError, OSError, zlib.error):
            raise Refusal("bad_request", "The provided payload is incomplete and cannot be parsed") from None
    if len(raw) > PAYLOAD_LIMIT:
        size = f"{PAYLOAD_LIMIT // 1024 // 1024} MiB"
        said = "The provided payload reached the size limit."
        raise Refusal("payload_too_large", f"{said} The maximum accepted payload size is {size}.")
    if not raw:
        raise Refusal("missing_payload", f"A {kind} payload is missing.")
    return raw


def _parsed(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        said = re.sub(r": line (\d+) column (\d+).*", r" at line \1 column \2", str(error))
        raise Refusal("malformed_payload", f"The json payload provided is malformed. `{said}`.") from None


async def body(request: Request) -> Any:
    """The body of any request but one that adds documents."""
    _content_type(request, (JSON,))
    return _parsed(await _payload(request, "json"))


async def documents(request: Request) -> list[dict[str, Any]]:
    """Documents, one or several, in JSON or a line each. The real one reads CSV too."""
    kind = _content_type(request, DOCUMENTS)
    name = {JSON: "json", "text/csv": "csv"}.get(kind, "ndjson")
    raw = await _payload(request, name)
    try:
        if kind == "text/csv":
            raise NotImplementedError("this stand-in reads no CSV")
        read = orjson.loads(raw) if kind == JSON else [orjson.loads(line) for line in raw.splitlines() if line.strip()]
    except orjson.JSONDecodeError as error:
        raise Refusal("malformed_payload", f"The `{name}` payload provided is malformed: `{error}`.") from None
    found: list[Any] = read if isinstance(read, list) else [read]
    for one in found:
        if not isinstance(one, dict):
            shown = orjson.dumps(one).decode()
            said = f"Couldn't serialize document value: invalid type: `{shown}`, expected a map"
            raise Refusal("malformed_payload", f"The `{name}` payload provided is malformed: `{said}`.")
    return found


async def parsed_or_text(request: Request) -> Any:
    """The body as well as it can be read, for those who look at what was asked."""
    raw = await request.body()
    if request.headers.get("content-encoding") == "gzip":
        raw = gzip.decompress(raw)
    try:
        return orjson.loads(raw) if raw else None
    except orjson.JSONDecodeError:
        return raw
