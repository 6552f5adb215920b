"""Access tokens: RS256 by PyJWT. One verifier for our own and for every other trusted issuer's."""

import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from jwt.utils import base64url_decode

from domain.errors import Unauthenticated
from domain.tokens import Claims
from integrations.issuers import KeySet
from integrations.signing_keys import SigningKeys

AUDIENCE = "marquee"
_OWN_TYPE = "at+jwt"  # RFC 9068
_LONGEST_TOKEN = 8192
_LEEWAY_SECONDS = 5
_BIGGEST_ID = 2**63 - 1
_LONGEST_SUBJECT = 255  # OpenID Connect Core, 2
_END_OF_CALENDAR = 253_402_300_800  # the year 10,000 in seconds since 1970
_COMPACT = re.compile(r"([\w-]+)\.([\w-]+)\.[\w-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class TrustedIssuer:
    """An issuer that settings name. Where `audience` is given, it must be in `aud`, or be `azp`."""

    issuer: str
    keys: KeySet
    audience: str | None = None


class JwtAccessTokens:
    """Speaks domain.tokens.AccessTokens. `issuer` is our own name in `iss`."""

    def __init__(self, issuer: str, own: SigningKeys, own_keys: KeySet, trusted: Sequence[TrustedIssuer]) -> None:
        self._issuer, self._own = issuer, own
        self._key_sets = {**{other.issuer: other.keys for other in trusted}, issuer: own_keys}
        self._audiences = {other.issuer: other.audience for other in trusted}

    def issue(self, user_id: int, session_id: int, lifetime: timedelta) -> tuple[str, datetime]:
        now = datetime.now(UTC).replace(microsecond=0)
        claims = {
            "iss": self._issuer,
            "aud": AUDIENCE,
            "sub": str(user_id),
            "sid": session_id,
            "iat": now,
            "nbf": now,
            "exp": now + lifetime,
            "jti": secrets.token_urlsafe(12),
        }
        return self._own.sign(claims, _OWN_TYPE), now + lifetime

    async def verify(self, token: str) -> Claims:
        """Header's kid, then the key with that kid, then signature, times and issuer (FEATURES A4)."""
        try:
            if len(token) > _LONGEST_TOKEN:
                raise Unauthenticated("The token is too long.")
            header, unverified = _read(token)
            issuer: Any = unverified.get("iss")
            keys = self._key_sets.get(issuer) if isinstance(issuer, str) else None
            if keys is None or header.get("alg") != "RS256" or not isinstance(header.get("kid"), str):
                raise Unauthenticated("The token is not one that is trusted here.")
            claims = self._checked(token, await keys.key(header["kid"]), issuer)
            return self._own_claims(header, claims) if issuer == self._issuer else self._others_claims(claims)
        except (jwt.InvalidTokenError, ValueError, TypeError, RecursionError) as error:
            raise Unauthenticated("The token is invalid or has expired. Please sign in again.") from error

    def _checked(self, token: str, key: Any, issuer: str) -> dict[str, Any]:
        return jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            issuer=issuer,
            leeway=_LEEWAY_SECONDS,
            options={"require": ["exp", "iss", "sub"], "verify_aud": False},
        )

    def _own_claims(self, header: Mapping[str, Any], claims: Mapping[str, Any]) -> Claims:
        session_id, subject = claims.get("sid"), claims["sub"]
        good_session = type(session_id) is int and 0 < session_id <= _BIGGEST_ID
        if header.get("typ") != _OWN_TYPE or claims.get("aud") != AUDIENCE or not good_session:
            raise Unauthenticated("The token is not an access token.")
        if not (subject.isascii() and subject.isdecimal() and int(subject) <= _BIGGEST_ID):
            raise Unauthenticated("The token is not an access token.")
        return Claims(self._issuer, subject, _expiry(claims), session_id=session_id)

    def _others_claims(self, claims: Mapping[str, Any]) -> Claims:
        audience = self._audiences[claims["iss"]]
        named = claims.get("aud") if isinstance(claims.get("aud"), list) else [claims.get("aud")]
        if audience is not None and audience not in (*(named or ()), claims.get("azp")):
            raise Unauthenticated("The token was issued for somebody else.")
        # Keycloak says "Bearer" of access tokens, "ID" and "Refresh" of those that are not for this door.
        if claims.get("typ", "Bearer") != "Bearer":
            raise Unauthenticated("The token is not an access token.")
        if not (0 < len(claims["sub"]) <= _LONGEST_SUBJECT and claims["sub"].isprintable()):
            raise Unauthenticated("The token names nobody.")
        email = claims.get("email")
        if not isinstance(email, str) or not email:
            raise Unauthenticated("The token names no e-mail address.")
        verified = email if claims.get("email_verified") is True else None
        return Claims(claims["iss"], claims["sub"], _expiry(claims), verified_email=verified)


def _read(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims, of which nothing is proven yet. Raises ValueError, RecursionError."""
    parts = _COMPACT.fullmatch(token)
    if parts is None:
        raise ValueError("not a JWS in its compact form")
    return _object(parts[1]), _object(parts[2])


def _object(part: str) -> dict[str, Any]:
    decoded = json.loads(base64url_decode(part), object_pairs_hook=_once_each)
    if not isinstance(decoded, dict):
        raise ValueError("not an object")
    return decoded


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two claims of one name would let two readers of one token see two people (RFC 7519, 4)."""
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a name twice")
    return dict(pairs)


def _expiry(claims: Mapping[str, Any]) -> datetime:
    """Raises ValueError for what is no moment of the calendar."""
    expires = claims["exp"]
    if isinstance(expires, bool) or not isinstance(expires, int | float) or not 0 < expires < _END_OF_CALENDAR:
        raise ValueError("not a moment")
    return datetime.fromtimestamp(expires, UTC)
