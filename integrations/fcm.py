"""Firebase Cloud Messaging by its documented interface, HTTP v1. A push is sent once: it may arrive unanswered."""

import asyncio
import json
import re
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

import httpx2
import orjson
from authlib.oauth2.rfc7523 import JWTBearerGrant  # type: ignore[import-untyped]
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc.jwk import RSAKey
from pydantic import BaseModel, Field, ValidationError

from domain.errors import Refusal, Unavailable
from domain.push import Fate, Push, Pushed
from integrations.strangers import Again, Stranger, failed, plain, read

_NAME, _ISSUER = "FCM", "Google's token endpoint"
_SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
_ANSWER_SECONDS = 10.0  # Google asks for no less
_RENEWED_BEFORE_SECONDS = 60
_SHORTEST_KEY = 2048  # in bits, RFC 7518, 3.3
_LONGEST_TITLE, _LONGEST_BODY = 200, 500
# Of the 4096 that a device takes, the rest is for what FCM and Web Push put around it.
_MOST_BYTES = 3800
# A phone that was off for longer is not told old news.
_LIVES_SECONDS = 86_400
_TAG = re.compile(r"[!-~]{1,64}")
# What FCM says of a bad token where it names no field; the documentation has both.
_BAD_REGISTRATION = "not a valid FCM registration token"
_FIELD = re.compile(r"[a-z_.\[\]0-9]{1,60}")


class _KeyFile(BaseModel):
    project_id: str = Field(pattern=r"^[A-Za-z0-9._:-]{1,100}$")
    client_email: str = Field(pattern=r"^[!-~]+@[!-~]+$")
    private_key: str
    private_key_id: str | None = None
    token_uri: str = Field(pattern=r"^https?://[!-~]+$")


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """Who may push for one project, and the key that it signs with."""

    project_id: str
    email: str
    token_uri: str
    key: RSAKey = field(repr=False)
    key_id: str | None = None

    @classmethod
    def read(cls, given: str) -> Self:
        """`given` is the JSON that Google gave, or the path of a file with it. Raises ValueError with a sentence that
        quotes none of it.
        """
        try:
            # Line breaks that an environment put into strings are let through.
            file = _KeyFile.model_validate(json.loads(_text(given), strict=False))
            pem = file.private_key.replace("\\n", "\n")
        except ValidationError as error:
            wrong = {str(part) for problem in error.errors(include_input=False) for part in problem["loc"]}
            what = f"lacks or has wrong: {', '.join(sorted(wrong))}" if wrong else "is no service account"
            raise ValueError(f"FCM_SERVICE_ACCOUNT {what}.") from None
        except (OSError, ValueError, RecursionError):
            raise ValueError("FCM_SERVICE_ACCOUNT is no JSON, nor the path of a file with it.") from None
        if not _can_sign(pem):
            raise ValueError("FCM_SERVICE_ACCOUNT has a private_key that is no RSA key in PEM of 2048 bits or more.")
        return cls(file.project_id, file.client_email, file.token_uri, RSAKey.import_key(pem), file.private_key_id)

    def assertion(self) -> str:
        """RFC 7523, good for an hour."""
        header = {"typ": "JWT"} | ({"kid": self.key_id} if self.key_id else {})
        claims = {"scope": _SCOPE}
        signed = JWTBearerGrant.sign(self.key, self.email, self.token_uri, claims=claims, alg="RS256", header=header)
        return str(signed)


class _Token(BaseModel, strict=True):
    access_token: str = Field(pattern="^[!-~]{1,8192}$")
    token_type: str = Field(pattern="(?i)^bearer$")
    expires_in: int = Field(ge=1, le=2**31)


class _Sent(BaseModel, strict=True):
    name: str = Field(min_length=1)


class _Violation(BaseModel, strict=True):
    field: str = ""


class _Detail(BaseModel, strict=True):
    code: str = Field("", alias="errorCode")
    violations: list[_Violation] = Field([], alias="fieldViolations")


class _Error(BaseModel, strict=True):
    message: str = ""
    details: list[_Detail] = []

    @property
    def code(self) -> str:
        """As FCM names it, which says more than the status."""
        return next((detail.code for detail in self.details if detail.code), "")

    @property
    def fields(self) -> list[str]:
        """Those that are wrong."""
        return [violation.field for detail in self.details for violation in detail.violations]

    @property
    def is_of_token(self) -> bool:
        return "message.token" in self.fields or (not self.fields and _BAD_REGISTRATION in self.message)


class _Failure(BaseModel, strict=True):
    error: _Error


class AccessTokens:
    """What the service account is let in with: one for many askers, kept until a minute before its end."""

    def __init__(self, stranger: Stranger, account: ServiceAccount) -> None:
        self._stranger, self._account = stranger, account
        self._kept, self._until = "", 0.0
        self._request: asyncio.Task[str] | None = None

    async def current(self, refused: str | None) -> str:
        """Never `refused`, which did not work. Raises Unavailable."""
        if self._kept and self._kept != refused and time.monotonic() < self._until:
            return self._kept
        if self._request is None or self._request.done():
            self._request = asyncio.create_task(self._ask())
            self._request.add_done_callback(_heard)
        try:
            return await asyncio.shield(self._request)
        except Refusal as refusal:
            raise Unavailable(refusal.refused.message) from None

    async def _ask(self) -> str:
        began = time.monotonic()
        form = {"grant_type": JWTBearerGrant.GRANT_TYPE, "assertion": self._account.assertion()}
        try:
            answer = await self._stranger.try_once(httpx2.Request("POST", self._account.token_uri, data=form))
        except Again as again:
            raise failed(_ISSUER, again.reason) from None
        token = read(_ISSUER, answer, _Token)
        self._kept, self._until = token.access_token, began + token.expires_in - _RENEWED_BEFORE_SECONDS
        return self._kept


class Fcm:
    """Speaks domain.push.PushService. `answer_seconds` is how long each answer is waited for."""

    def __init__(
        self,
        *,
        client: httpx2.AsyncClient,
        service_account: ServiceAccount,
        url: str = "https://fcm.googleapis.com",
        answer_seconds: float = _ANSWER_SECONDS,
    ) -> None:
        self._url = f"{url.rstrip('/')}/v1/projects/{service_account.project_id}/messages:send"
        self._stranger = Stranger(_NAME, client, try_seconds=answer_seconds)
        self._tokens = AccessTokens(Stranger(_ISSUER, client, try_seconds=answer_seconds), service_account)

    async def send(self, push: Push) -> Pushed:
        content, refused = _content(push), None
        for _ in range(2):
            token = await self._tokens.current(refused)
            pushed = await self._try(content, token)
            if pushed is not None:
                return pushed
            refused = token
        raise Unavailable(failed(_NAME, "does not take this server's access token").refused.message)

    async def _try(self, content: bytes, token: str) -> Pushed | None:
        """None where the access token is not taken. Raises Unavailable."""
        departure = _Departure()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json; charset=UTF-8"}
        # How long to wait is the stranger's to say: the client's own limits may be shorter.
        extensions = {"trace": departure.note, "timeout": {}}
        request = httpx2.Request("POST", self._url, headers=headers, content=content, extensions=extensions)
        try:
            response = await self._stranger.try_once(request)
        except Again as again:
            reason, answered = f"{_NAME} {again.reason}.", again.__cause__ is None
            if not answered and not departure.was_seen:  # nor would any other have left
                raise Unavailable(reason) from None
            return Pushed(Fate.LATER if answered else Fate.UNKNOWN, reason, again.wait_seconds)
        except Refusal as refusal:
            if departure.was_seen:  # too much was answered
                return Pushed(Fate.UNKNOWN, refusal.refused.message)
            raise Unavailable(refusal.refused.message) from None
        return _judged(response)


class _Departure:
    """Whether a push left this machine: only then may it have arrived, though no answer came."""

    was_seen = False

    async def note(self, event: str, info: Mapping[str, Any]) -> None:
        # A proxy is asked for a tunnel by CONNECT, with nothing of the push in it.
        if event.endswith(".send_request_headers.started") and info["request"].method == b"POST":
            self.was_seen = True


def _judged(response: httpx2.Response) -> Pushed | None:
    """What became of the push; None where the access token was not taken. Raises Unavailable for what is not about this
    push alone.
    """
    if response.is_success:
        try:
            read(_NAME, response, _Sent)
        except Refusal as refusal:
            return Pushed(Fate.UNKNOWN, refusal.refused.message)
        return Pushed(Fate.SENT)
    error = _error(response)
    match response.status_code, error.code:
        case (404, "UNREGISTERED"):
            return Pushed(Fate.DEAD, f"{_NAME} does not know this device any more.")
        case (400, _) if error.is_of_token:
            return Pushed(Fate.DEAD, f"{_NAME} does not take this for a device's token.")
        case (400 | 413, _):
            # Names of fields alone: what is said of them may quote them.
            wrong = [name for name in error.fields if _FIELD.fullmatch(name)][:3]
            return Pushed(Fate.REFUSED, f"{_NAME} refuses it ({', '.join([str(response.status_code), *wrong])}).")
        case (403, "SENDER_ID_MISMATCH"):
            # Not the device's fault: so would all of them be answered, were this server given another project's key.
            return Pushed(Fate.REFUSED, f"{_NAME} knows this device in another project than this server's.")
        case (401, "THIRD_PARTY_AUTH_ERROR"):
            return Pushed(Fate.REFUSED, f"APNs or Web Push does not take the key that {_NAME} has for it.")
        case (401, _):
            return None
    raise Unavailable(failed(_NAME, f"takes no push from this server ({response.status_code})").refused.message)


def _error(response: httpx2.Response) -> _Error:
    """What it says of itself, and nothing where that cannot be read: the status says enough."""
    try:
        return _Failure.model_validate_json(response.content).error
    except ValidationError:
        return _Error()


def _content(push: Push) -> bytes:
    """The body of the request. FCM sees by the token which of the three platforms counts."""
    title = plain(push.title, _LONGEST_TITLE) or ""
    body = plain(push.body, _LONGEST_BODY, lines=True) or ""
    over = len(orjson.dumps(_message(push, title, body))) - _MOST_BYTES
    if over > 0:
        body = body.encode()[:-over].decode(errors="ignore")
    return orjson.dumps({"message": {"token": push.token, **_message(push, title, body)}})


def _message(push: Push, title: str, body: str) -> dict[str, Any]:
    """For whichever device."""
    digest = sha256(push.event.encode())
    # What APNs takes in a header.
    tag = push.event if _TAG.fullmatch(push.event) else digest.hexdigest()
    topic = urlsafe_b64encode(digest.digest()[:24]).decode()  # RFC 8030, 5.4: at most 32 characters
    return {
        "notification": {"title": title, "body": body},
        "data": dict(push.data),
        "android": {"priority": "HIGH", "ttl": f"{_LIVES_SECONDS}s", "notification": {"tag": tag}},
        "apns": {
            "headers": {"apns-collapse-id": tag, "apns-expiration": str(int(time.time()) + _LIVES_SECONDS)},
            "payload": {"aps": {"sound": "default"}},
        },
        "webpush": {"headers": {"Topic": topic, "TTL": str(_LIVES_SECONDS)}, "notification": {"tag": tag}},
    }


def _text(given: str) -> str:
    return given if given.lstrip().startswith("{") else Path(given).read_text()


def _can_sign(pem: str) -> bool:
    try:
        key = load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return isinstance(key, RSAPrivateKey) and key.key_size >= _SHORTEST_KEY


def _heard(request: "asyncio.Task[str]") -> None:
    """Whoever waited may have left; the log has its failure already."""
    if not request.cancelled():
        request.exception()
