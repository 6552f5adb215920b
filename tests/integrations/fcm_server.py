"""Firebase Cloud Messaging on loopback, and Google's token endpoint: answer as HTTP v1 and RFC 7523 are documented."""

import contextlib
import json
import re
import secrets
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from tests.integrations.hostile_tokens import rsa_key
from tests.serving import serving

PROJECT, EMAIL = "marquee-tests", "pusher@marquee-tests.iam.gserviceaccount.com"
SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
MOST_BYTES = 4096
_FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
_BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
_ERRORS = {
    "INVALID_ARGUMENT": (400, "INVALID_ARGUMENT", "Request contains an invalid argument."),
    "THIRD_PARTY_AUTH_ERROR": (401, "UNAUTHENTICATED", "Auth error from APNS or Web Push Service"),
    "SENDER_ID_MISMATCH": (403, "PERMISSION_DENIED", "SenderId mismatch"),
    "UNREGISTERED": (404, "NOT_FOUND", "Requested entity was not found."),
    "QUOTA_EXCEEDED": (429, "RESOURCE_EXHAUSTED", "Quota exceeded for quota metric 'Device message rate'."),
    "INTERNAL": (500, "INTERNAL", "Internal error encountered."),
    "UNAVAILABLE": (503, "UNAVAILABLE", "The service is currently unavailable."),
}
_TEXTS = {"*": str}
# Of what a message may hold, what is sent here; a pattern is for the whole of a string.
_SHAPE = {
    "token": str,
    "notification": {"title": str, "body": str},
    "data": _TEXTS,
    "android": {"priority": "NORMAL|HIGH", "ttl": r"\d+s", "notification": {"tag": str}},
    "apns": {
        "headers": {"apns-collapse-id": "[!-~]{1,64}", "apns-expiration": r"\d{10}"},
        "payload": {"aps": {"sound": str, "thread-id": str}},
    },
    "webpush": {"headers": {"Topic": "[A-Za-z0-9_-]{1,32}", "TTL": r"\d+"}, "notification": {"tag": str}},
}


@cache
def private_key() -> str:
    """In PEM, made once."""
    return rsa_key(EMAIL).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def failure(code: str, *fields: str, **headers: str) -> Response:
    """The answer for an error of FCM's; `fields` are those that are wrong. Headers are named as in Python:
    retry_after.
    """
    details: list[Any] = [{"@type": _FCM_ERROR, "errorCode": code}]
    if fields:
        violations = [{"field": name, "description": f"Invalid value at '{name}'"} for name in fields]
        details.append({"@type": _BAD_REQUEST, "fieldViolations": violations})
    status, word, message = _ERRORS[code]
    return error(status, word, message, *details, **headers)


def error(status: int, word: str, message: str, *details: Any, **headers: str) -> Response:
    """The answer for an error of any interface of Google's."""
    body = {"code": status, "message": message, "status": word} | ({"details": details} if details else {})
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return JSONResponse({"error": body}, status, named)


def no_token() -> Response:
    """The documentation's own example of a bad token names no field."""
    detail = {"@type": _FCM_ERROR, "errorCode": "INVALID_ARGUMENT"}
    return error(400, "INVALID_ARGUMENT", "The registration token is not a valid FCM registration token", detail)


def no_grant(description: str = "Invalid JWT Signature.") -> Response:
    return JSONResponse({"error": "invalid_grant", "error_description": description}, 400)


def _unauthenticated() -> Response:
    message = "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other "
    return error(401, "UNAUTHENTICATED", message + "valid authentication credential.")


def wrong_in(value: Any, shape: Any, path: str = "message") -> str | None:
    """Where it is not as documented."""
    if not isinstance(shape, Mapping):
        good = isinstance(value, str) and (shape is str or re.fullmatch(shape, value))
        return None if good else path
    if not isinstance(value, Mapping):
        return path
    shapes = {name: shape.get(name, shape.get("*")) for name in value}
    found = (wrong_in(value[name], part, f"{path}.{name}") for name, part in shapes.items() if part is not None)
    unknown = (f"{path}.{name}" for name, part in shapes.items() if part is None)
    return next((where for where in (*unknown, *found) if where), None)


class Cut(Response):
    """The connection ends, without a byte of an answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        receive.__self__.transport.abort()  # type: ignore[attr-defined]  # of uvicorn; ASGI has no word for it


@dataclass
class FcmServer:
    """`messages` are those that were taken, in order. What is in `failing` and `failing_tokens` comes before the true
    answers, one for each request, and in `failing_for` for each to one device; None lets one through. What is in
    `lost` comes instead of the good answer for a message that was taken all the same. `lifetime` is of the next access
    tokens, in seconds; `revoke()` ends those that are out.
    """

    url: str = ""
    lifetime: int = 3599
    messages: list[dict[str, Any]] = field(default_factory=list)
    asked: list[Request] = field(default_factory=list)
    assertions: list[dict[str, Any]] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set)
    failing: deque[Response | None] = field(default_factory=deque)
    failing_tokens: deque[Response | None] = field(default_factory=deque)
    failing_for: defaultdict[str, deque[Response | None]] = field(default_factory=lambda: defaultdict(deque))
    lost: deque[Response | None] = field(default_factory=deque)
    _good: dict[str, float] = field(default_factory=dict)

    @property
    def service_account(self) -> dict[str, str]:
        """As the console of Firebase gives it."""
        return {
            "type": "service_account",
            "project_id": PROJECT,
            "private_key_id": "0123456789abcdef0123456789abcdef01234567",
            "private_key": private_key(),
            "client_email": EMAIL,
            "client_id": "100000000000000000001",
            "auth_uri": "https://accounts.google.com/o/oauth2/auth",
            "token_uri": f"{self.url}/token",
            "universe_domain": "googleapis.com",
        }

    @property
    def setting(self) -> str:
        """For FCM_SERVICE_ACCOUNT."""
        return json.dumps(self.service_account)

    def sent_to(self, token: str) -> list[dict[str, Any]]:
        return [message for message in self.messages if message["token"] == token]

    def forget(self) -> None:
        self.lifetime = 3599
        for kept in (self.messages, self.asked, self.assertions, self.secrets, self._good):
            kept.clear()
        for waiting in (self.failing, self.failing_tokens, self.failing_for, self.lost):
            waiting.clear()

    def revoke(self) -> None:
        self._good.clear()

    def application(self) -> Starlette:
        send = f"/v1/projects/{PROJECT}/messages:send"
        routes = [Route("/token", self._token, methods=["POST"]), Route(send, self._send, methods=["POST"])]
        return Starlette(routes=routes)

    async def _token(self, request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        assertion = form.get("assertion", "")
        self.secrets |= {assertion} - {""}
        if form.get("grant_type") != GRANT:
            return JSONResponse({"error": "unsupported_grant_type"}, 400)
        expected: dict[str, Any] = {"audience": f"{self.url}/token", "issuer": EMAIL}
        expected["options"] = {"require": ["iss", "aud", "exp", "iat", "scope"]}
        try:
            claims = jwt.decode(assertion, rsa_key(EMAIL).public_key(), ["RS256"], **expected)
        except jwt.InvalidTokenError as error:
            return no_grant(str(error))
        self.assertions.append(claims)
        if claims["scope"] != SCOPE or claims["exp"] - claims["iat"] > 3600:
            return no_grant("Invalid scope or lifetime.")
        return _next(self.failing_tokens) or self._granted()

    def _granted(self) -> Response:
        token = f"ya29.c.{secrets.token_urlsafe(120)}...."
        self.secrets.add(token)
        self._good[token] = time.monotonic() + self.lifetime
        return JSONResponse({"access_token": token, "expires_in": self.lifetime, "token_type": "Bearer"})

    async def _send(self, request: Request) -> Response:
        self.asked.append(request)
        body = await request.body()
        if canned := _next(self.failing):
            return canned
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind != "Bearer" or self._good.get(token, 0.0) < time.monotonic():
            return _unauthenticated()
        try:
            message = json.loads(body)["message"]
        except (ValueError, LookupError, TypeError):
            return error(400, "INVALID_ARGUMENT", "Invalid JSON payload received.")
        return self._taken(message)

    def _taken(self, message: Any) -> Response:
        if where := wrong_in(message, _SHAPE):
            return failure("INVALID_ARGUMENT", where)
        if not message.get("token"):
            return error(400, "INVALID_ARGUMENT", "Recipient of the message is not set.")
        if canned := _next(self.failing_for[message["token"]]):
            return canned
        if len(json.dumps({**message, "token": ""}, ensure_ascii=False).encode()) > MOST_BYTES:
            return error(*_ERRORS["INVALID_ARGUMENT"])  # what it says to one that is too big
        self.messages.append(message)
        name = f"projects/{PROJECT}/messages/0:{len(self.messages)}%{secrets.token_hex(8)}"
        return _next(self.lost) or JSONResponse({"name": name})


def _next(waiting: deque[Response | None]) -> Response | None:
    return waiting.popleft() if waiting else None


@contextlib.asynccontextmanager
async def fcm_server() -> AsyncIterator[FcmServer]:
    fcm = FcmServer()
    async with serving(fcm.application(), lifespan="off") as fcm.url:
        yield fcm
