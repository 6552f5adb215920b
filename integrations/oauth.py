"""What the providers of sign-in share: an OAuth 2.0 code for a token (RFC 6749), bound by PKCE (RFC 7636)."""

import re
import unicodedata

import httpx2
from authlib.integrations.base_client import OAuthError  # type: ignore[import-untyped]
from authlib.integrations.httpx_client import AsyncOAuth2Client  # type: ignore[import-untyped]
from pydantic import BaseModel, Field

from domain.errors import Refusal, RefusalCode
from domain.identities import Flow
from integrations.strangers import failed, plain

_AGENT = {"User-Agent": "Marquee"}
_CODE = re.compile(r"[ -~]{1,4096}")  # RFC 6749, A.11
_ADDRESS = re.compile(r"https?://([\w.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?([/?#][!-~]*)?", re.ASCII)
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")
_LONGEST_NAME, _LONGEST_EMAIL, _LONGEST_ADDRESS = 100, 254, 2000
# What a token endpoint says of us or of itself, not of the code: whoever signs in can do nothing about it.
_NOT_OF_THE_CODE = {
    "incorrect_client_credentials",
    "invalid_client",
    "invalid_scope",
    "redirect_uri_mismatch",
    "server_error",
    "temporarily_unavailable",
    "unauthorized_client",
    "unsupported_grant_type",
}


class Token(BaseModel, strict=True):
    """What a provider gives for a code. Both tokens can be written in a header."""

    access_token: str = Field(pattern="^[!-~]{1,8192}$")
    token_type: str = Field(pattern="(?i)^bearer$")
    id_token: str | None = Field(None, pattern=r"^([A-Za-z0-9_-]+\.){2}[A-Za-z0-9_-]+$", max_length=8192)


class OAuth:
    """One client of one provider. It remembers nothing of the flows that go through it at the same time; who calls
    bounds them in time.
    """

    def __init__(
        self, name: str, client: httpx2.AsyncClient, client_id: str, client_secret: str | None, scope: str
    ) -> None:
        self._name, self._client, self._scope = name, client, scope
        self._client_id, self._client_secret = client_id, client_secret

    def authorization_url(self, endpoint: str, flow: Flow, **more: str) -> str:
        """Where the browser is sent; `more` is what this provider wants besides."""
        url, _state = self._flow().create_authorization_url(
            endpoint, state=flow.state, code_verifier=flow.code_verifier, redirect_uri=flow.redirect_uri, **more
        )
        return str(url)

    async def token(self, endpoint: str, flow: Flow, code: str) -> Token:
        """Raises Refusal BAD_CREDENTIALS where the provider does not take the code, UPSTREAM_FAILED for all else."""
        if not _CODE.fullmatch(code):
            raise self._not_taken()
        try:
            answer = await self._flow().fetch_token(
                endpoint, code=code, code_verifier=flow.code_verifier, redirect_uri=flow.redirect_uri
            )
            return Token.model_validate(dict(answer))
        except OAuthError as error:
            raise self._refusal(error.error) from None
        except httpx2.HTTPStatusError as error:
            raise failed(self._name, f"refuses the question ({error.response.status_code})") from None
        except (ValueError, TypeError, OverflowError, RecursionError):
            raise failed(self._name, "gave an answer that cannot be read") from None

    async def ask(
        self,
        method: str,
        url: str,
        authorization: str | None = None,
        *,
        parameters: dict[str, str] | None = None,
        form: dict[str, str] | None = None,
        **headers: str,
    ) -> httpx2.Response:
        """What the provider answers, whatever it is. Headers are named as in Python: x_version."""
        sent = httpx2.Headers({"Accept": "application/json", **_AGENT})
        sent.update({name.replace("_", "-"): value for name, value in headers.items()})
        if authorization is not None:
            sent["Authorization"] = authorization
        return await _send(self._client, httpx2.Request(method, url, headers=sent, params=parameters, data=form))

    def _flow(self) -> AsyncOAuth2Client:
        """A client of authlib keeps the last token it was given, so each flow has its own; they share connections."""
        return AsyncOAuth2Client(
            self._client_id,
            self._client_secret,
            token_endpoint_auth_method="client_secret_post" if self._client_secret else "none",
            scope=self._scope,
            code_challenge_method="S256",
            headers=_AGENT,
            transport=_Through(self._client),
        )

    def _refusal(self, error: object) -> Refusal:
        if not isinstance(error, str):
            return failed(self._name, "gave an answer that cannot be read")
        # Known words alone are written down: a stranger's error may quote the code or the secret.
        return failed(self._name, f"refuses this server ({error})") if error in _NOT_OF_THE_CODE else self._not_taken()

    def _not_taken(self) -> Refusal:
        message = f"{self._name} does not take this sign-in; it may have been used already. Please start again."
        return Refusal(RefusalCode.BAD_CREDENTIALS, message)


class _Through(httpx2.AsyncBaseTransport):
    """Sends by a client that others use too: its connections, its proxies. It is not ours to close."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        return await _send(self._client, request, stream=True)


async def _send(client: httpx2.AsyncClient, request: httpx2.Request, *, stream: bool = False) -> httpx2.Response:
    """A request that is made already carries none of the client's cookies: what a stranger set in one person's flow
    does not come back to it in another's.
    """
    return await client.send(request, stream=stream, auth=None, follow_redirects=False)


def name_of(value: object) -> str | None:
    """A name on one line; None where nothing can be seen of it."""
    name = plain(" ".join(value.split()), _LONGEST_NAME) if isinstance(value, str) else None
    return name if name and any(unicodedata.category(c)[0] not in "ZC" for c in name) else None


def email_of(value: object) -> str | None:
    """An e-mail address as the provider writes it; None for what cannot be one."""
    good = isinstance(value, str) and len(value) <= _LONGEST_EMAIL and value.isprintable() and _EMAIL.fullmatch(value)
    return str(value) if good else None


def picture_of(value: object) -> str | None:
    """The address of a picture, where a page that came by https can show it."""
    address = address_of(value)
    return str(value) if address and address.scheme == "https" else None


def address_of(value: object) -> httpx2.URL | None:
    """An http or https address of sane length that names a host and no user; None for anything else."""
    if not isinstance(value, str) or len(value) > _LONGEST_ADDRESS or not _ADDRESS.fullmatch(value):
        return None
    try:
        return httpx2.URL(value)
    except httpx2.InvalidURL:
        return None
