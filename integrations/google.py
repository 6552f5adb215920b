"""Google by OpenID Connect: who signed in is what its ID token says. Any other issuer that speaks it will do too."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
import jwt
import structlog
from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
from joserfc.errors import JoseError
from pydantic import BaseModel

from domain.errors import Refusal, RefusalCode, Unauthenticated, Unavailable
from domain.identities import Flow, IdentityProvider, Profile
from integrations.issuers import KeySet, RemoteKeys
from integrations.oauth import OAuth, Token, address_of, email_of, name_of, picture_of
from integrations.strangers import asking, failed, read

_log = structlog.get_logger("google")
_NAME = "Google"
_SCOPE = "openid email profile"
# Less than the patience of those who wait for it, so that it ends while somebody still does.
_DISCOVERY_SECONDS = 4.0
_LEEWAY_SECONDS = 5
_LONGEST_SUBJECT = 255  # OpenID Connect Core, 2
_ONLY_KEY = ""


class _Metadata(BaseModel, strict=True):
    """OpenID Connect Discovery, 3: what of it is needed here."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


@dataclass(frozen=True, slots=True)
class _Discovered:
    authorization_endpoint: str
    token_endpoint: str
    keys: KeySet


class Google:
    """Speaks domain.identities.Provider. `issuer` is what its ID tokens say in `iss`, and where it is discovered."""

    kind = IdentityProvider.GOOGLE

    def __init__(self, *, client: httpx2.AsyncClient, client_id: str, client_secret: str | None, issuer: str) -> None:
        self._client, self._client_id, self._issuer = client, client_id, issuer
        self._oauth = OAuth(_NAME, client, client_id, client_secret, _SCOPE)
        self._discovered: _Discovered | None = None
        self._discovery: asyncio.Task[_Discovered] | None = None

    async def authorization_url(self, flow: Flow) -> str:
        async with asking(_NAME):
            issuer = await self._known()
        return self._oauth.authorization_url(issuer.authorization_endpoint, flow, nonce=flow.nonce)

    async def profile(self, flow: Flow, code: str) -> Profile:
        async with asking(_NAME):
            issuer = await self._known()
            token = await self._oauth.token(issuer.token_endpoint, flow, code)
            claims = await self._claims(issuer.keys, token, flow)
        email = email_of(claims.get("email"))
        return Profile(
            issuer=self._issuer,
            subject=claims["sub"],
            email=email,
            email_verified=email is not None and claims.get("email_verified") is True,
            name=name_of(claims.get("name")),
            picture_url=picture_of(claims.get("picture")),
        )

    async def unlink(self, subject: str) -> None:
        """Nothing: Google revokes by a token of the person, and none is kept here once somebody is signed in."""

    async def _known(self) -> _Discovered:
        """Asked for once for many askers, and kept; a failure is not."""
        if self._discovered is None:
            if self._discovery is None or self._discovery.done():
                self._discovery = asyncio.create_task(self._discover())
                self._discovery.add_done_callback(_heard)
            self._discovered = await asyncio.shield(self._discovery)
        return self._discovered

    async def _discover(self) -> _Discovered:
        url = f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"
        async with asking(_NAME), asyncio.timeout(_DISCOVERY_SECONDS):
            metadata = read(_NAME, await self._oauth.ask("GET", url), _Metadata)
        if metadata.issuer != self._issuer:
            raise failed(_NAME, "says that it is another issuer")
        scheme = httpx2.URL(self._issuer).scheme
        named = map(address_of, (metadata.authorization_endpoint, metadata.token_endpoint, metadata.jwks_uri))
        if not all(address and address.scheme == scheme for address in named):
            raise failed(_NAME, "names an address that cannot be used")
        keys = KeySet(_Published(RemoteKeys(self._client, metadata.jwks_uri)))
        return _Discovered(metadata.authorization_endpoint, metadata.token_endpoint, keys)

    async def _claims(self, keys: KeySet, token: Token, flow: Flow) -> Mapping[str, Any]:
        """What the ID token says, once it is proven that it is from this issuer, for us, and for this flow."""
        if token.id_token is None:
            raise failed(_NAME, "gave no ID token")
        try:
            header = jwt.get_unverified_header(token.id_token)
            key = await keys.key(header.get("kid", _ONLY_KEY))
            # `aud` may be a list that names us beside others: then `azp` counts, and authlib knows how.
            proven = jwt.decode(token.id_token, key, ["RS256"], {"verify_aud": False}, leeway=_LEEWAY_SECONDS)
            expected = {"iss": self._issuer, "aud": self._client_id, "nonce": flow.nonce}
            options = {claim: {"essential": True, "value": value} for claim, value in expected.items()}
            params = {"client_id": self._client_id, "nonce": flow.nonce, "access_token": token.access_token}
            CodeIDToken(proven, header, options, params).validate(leeway=_LEEWAY_SECONDS)
            if not (0 < len(proven["sub"]) <= _LONGEST_SUBJECT and proven["sub"].isprintable()):
                raise ValueError("names nobody")
        except Unavailable:
            raise failed(_NAME, "does not tell its keys") from None
        except (jwt.InvalidTokenError, JoseError, Unauthenticated, ValueError, TypeError, RecursionError) as error:
            _log.warning("id_token_refused", error=type(error).__name__, claim=getattr(error, "claim", None))
            message = f"What {_NAME} says is not for this sign-in. Please start again."
            raise Refusal(RefusalCode.BAD_CREDENTIALS, message) from None
        return proven


class _Published:
    """Speaks integrations.issuers.KeySource. Who has only one key need not name it (OpenID Connect Core, 10.1)."""

    def __init__(self, source: RemoteKeys) -> None:
        self._source = source

    async def load(self) -> Mapping[str, Any]:
        keys = await self._source.load()
        return {**keys, _ONLY_KEY: next(iter(keys.values()))} if len(keys) == 1 else keys


def _heard(discovery: "asyncio.Task[_Discovered]") -> None:
    """Whoever waited may have left; the log has its failure already."""
    if not discovery.cancelled():
        discovery.exception()
