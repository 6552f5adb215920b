"""Access tokens: RS256, signed with PyJWT. One verifier for our own and for every other trusted issuer's."""

import hashlib
import json
import re
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn, TypeGuard

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from jwt.utils import base64url_decode, base64url_encode

from domain.errors import Unauthenticated
from domain.tokens import Claims
from integrations.issuers import KeySet
from integrations.signing_keys import SigningKeys

AUDIENCE = "marquee"
_OWN_TYPE = "at+jwt"  # RFC 9068
_ACCESS_TYPES = frozenset({"jwt", "at+jwt"})
# What ID tokens and logout tokens alone say (OpenID Connect Core, 3.1.3.6 and 3.3.2.11; Back-Channel Logout, 2.4).
_NOT_FOR_ACCESS = frozenset({"at_hash", "c_hash", "events", "s_hash"})
# Each asks for something to be done with the payload before it is what it seems, or be refused (RFC 7515, 4.1.11).
_NOT_DONE_HERE = frozenset({"b64", "crit", "cty", "enc", "zip"})
_LONGEST_TOKEN = 8192
# How many tokens are remembered as proven: some 10 MB.
_MOST_PROVEN = 20_000
_LEEWAY_SECONDS = 5
_BIGGEST_ID = 2**63 - 1
_LONGEST_NAME = 255  # OpenID Connect Core, 2
_LONG_AGO = datetime.fromtimestamp(0, UTC)
_END_OF_CALENDAR = 253_402_300_800  # the year 10,000 in seconds since 1970
_COMPACT = re.compile(r"([\w-]+)\.([\w-]+)\.([\w-]+)", re.ASCII)
_PADDING, _HASH = PKCS1v15(), SHA256()


@dataclass(frozen=True, slots=True)
class TrustedIssuer:
    """An issuer that settings name. Where `audience` is given, it must be in `aud`, or be `azp`."""

    issuer: str
    keys: KeySet
    audience: str | None = None


@dataclass(frozen=True, slots=True)
class _Proven:
    """A good token: what it was signed with, from when until when it is good (seconds since 1970), what it says."""

    keys: KeySet
    kid: str
    key: Any
    begins: float
    ends: float
    claims: Claims


class JwtAccessTokens:
    """Speaks domain.tokens.AccessTokens. `issuer` is our own name in `iss`."""

    def __init__(self, issuer: str, own: SigningKeys, own_keys: KeySet, trusted: Sequence[TrustedIssuer]) -> None:
        self._issuer, self._own = issuer, own
        self._key_sets = {**{other.issuer: other.keys for other in trusted}, issuer: own_keys}
        # By the hash of all of it, its signature too.
        self._proven: dict[bytes, _Proven] = {}
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
        """Header's kid, then the key with that kid, then signature, times and issuer (FEATURES A4). What was proven
        once stays proven while the key of that name is the same.
        """
        try:
            if len(token) > _LONGEST_TOKEN:
                raise Unauthenticated("The token is too long.")
            digest = hashlib.sha256(token.encode()).digest()
            proven = self._proven.get(digest)
            if proven and await proven.keys.key(proven.kid) is proven.key:
                _refuse_untimely(proven.begins, proven.ends)
            else:
                proven = await self._prove(token)
                self._remember(digest, proven)
            return proven.claims
        except (InvalidSignature, ValueError, TypeError, RecursionError) as error:
            raise Unauthenticated("The token is invalid or has expired. Please sign in again.") from error

    async def _prove(self, token: str) -> "_Proven":
        header, claims, signature = _read(token)
        issuer, kid = claims.get("iss"), header.get("kid")
        keys = self._key_sets.get(issuer) if isinstance(issuer, str) else None
        if keys is None or header.get("alg") != "RS256" or not isinstance(kid, str):
            raise Unauthenticated("The token is not one that is trusted here.")
        key = await keys.key(kid)
        # PyJWT, which looks at every character in Python, takes half as long again: see benchmarks/verifier.py.
        key.verify(signature, token.rpartition(".")[0].encode(), _PADDING, _HASH)
        begins, ends = max(_seconds(claims, "nbf", 0), _seconds(claims, "iat", 0)), _seconds(claims, "exp")
        _refuse_untimely(begins, ends)
        own = issuer == self._issuer
        read = self._own_claims(header, claims) if own else self._others_claims(header, claims, token)
        return _Proven(keys, kid, key, begins, ends, read)

    def _remember(self, digest: bytes, proven: "_Proven") -> None:
        """Where there is no room: the oldest goes if it is over, else the newest. Who come in turn, and are more than
        there is room for, would otherwise push each other out before any of them comes again.
        """
        if len(self._proven) >= _MOST_PROVEN and digest not in self._proven:
            oldest = next(iter(self._proven))
            if self._proven[oldest].ends < time.time():
                del self._proven[oldest]
            else:
                self._proven.popitem()
        self._proven[digest] = proven

    def _own_claims(self, header: Mapping[str, Any], claims: Mapping[str, Any]) -> Claims:
        session_id, subject = claims.get("sid"), _subject(claims)
        good_session = type(session_id) is int and 0 < session_id <= _BIGGEST_ID
        if header.get("typ") != _OWN_TYPE or claims.get("aud") != AUDIENCE or not good_session:
            raise Unauthenticated("The token is not an access token.")
        if not (subject.isascii() and subject.isdecimal() and int(subject) <= _BIGGEST_ID):
            raise Unauthenticated("The token is not an access token.")
        return Claims(self._issuer, subject, _moment(claims, "exp"), session_id=session_id)

    def _others_claims(self, header: Mapping[str, Any], claims: Mapping[str, Any], token: str) -> Claims:
        audience = self._audiences[claims["iss"]]
        named = claims.get("aud") if isinstance(claims.get("aud"), list) else [claims.get("aud")]
        if audience is not None and audience not in (*(named or ()), claims.get("azp")):
            raise Unauthenticated("The token was issued for somebody else.")
        if not _is_for_access(header, claims):
            raise Unauthenticated("The token is not an access token.")
        email = claims.get("email")
        if not isinstance(email, str) or not email or not email.isprintable():
            raise Unauthenticated("The token names no e-mail address.")
        if claims.get("email_verified") is not True:
            raise Unauthenticated("The e-mail address of this token is not verified.")
        return Claims(
            claims["iss"],
            _subject(claims),
            _moment(claims, "exp"),
            email=email,
            # A token that does not say it is older than every sign-out: what was ended, it never opens again.
            issued_at=_moment(claims, "iat") if "iat" in claims else _LONG_AGO,
            origin=_origin(claims, token),
        )


def _read(token: str) -> tuple[dict[str, Any], dict[str, Any], bytes]:
    """Header, claims and signature, of which nothing is proven yet. Raises ValueError, RecursionError."""
    parts = _COMPACT.fullmatch(token)
    if parts is None:
        raise ValueError("not a JWS in its compact form")
    header, claims = _object(parts[1]), _object(parts[2])
    if not header.keys().isdisjoint(_NOT_DONE_HERE):
        raise ValueError("not a plain JWS")
    return header, claims, _bytes(parts[3])


def _bytes(part: str) -> bytes:
    """Raises ValueError, also for bits that say nothing: one token must not have two spellings."""
    decoded = base64url_decode(part)
    if base64url_encode(decoded) != part.encode():
        raise ValueError("not written as RFC 4648 wants it")
    return decoded


def _object(part: str) -> dict[str, Any]:
    decoded = _JSON.decode(_bytes(part).decode())
    if not isinstance(decoded, dict):
        raise ValueError("not an object")
    return decoded


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two claims of one name would let two readers of one token see two people (RFC 7519, 4)."""
    named = dict(pairs)
    if len(named) < len(pairs):
        raise ValueError("a name twice")
    return named


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_JSON = json.JSONDecoder(object_pairs_hook=_once_each, parse_constant=_no_number)


def _seconds(claims: Mapping[str, Any], name: str, otherwise: float | None = None) -> float:
    """Since 1970. Raises ValueError for what is no moment of the calendar."""
    value = claims.get(name, otherwise)
    if type(value) not in (int, float) or not 0 <= value < _END_OF_CALENDAR:
        raise ValueError(f"{name} is not a moment")
    return float(value)


def _moment(claims: Mapping[str, Any], name: str) -> datetime:
    """Raises ValueError, also for zero, which is written where nothing is known."""
    seconds = _seconds(claims, name)
    if seconds == 0:
        raise ValueError(f"{name} is not said")
    return datetime.fromtimestamp(seconds, UTC)


def _refuse_untimely(begins: float, ends: float) -> None:
    """Raises ValueError."""
    if not begins - _LEEWAY_SECONDS <= time.time() < ends + _LEEWAY_SECONDS:
        raise ValueError("not now")


def _subject(claims: Mapping[str, Any]) -> str:
    subject = claims.get("sub")
    if not _is_name(subject):
        raise Unauthenticated("The token names nobody.")
    return subject


def _is_name(value: Any) -> TypeGuard[str]:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_NAME and value.isprintable()


def _is_for_access(header: Mapping[str, Any], claims: Mapping[str, Any]) -> bool:
    """Keycloak says "Bearer" of access tokens, "ID", "Refresh" and "Logout" of those that are not for this door; of the
    others' it shows in what only they say. A nonce is for ID tokens, but older Keycloaks put it in access tokens too.
    """
    kind = header.get("typ", "JWT")
    if not isinstance(kind, str) or kind.lower().removeprefix("application/") not in _ACCESS_TYPES:
        return False
    if claims.get("typ", "Bearer") != "Bearer" or not claims.keys().isdisjoint(_NOT_FOR_ACCESS):
        return False
    return "nonce" not in claims or "typ" in claims


def _origin(claims: Mapping[str, Any], token: str) -> str:
    """The stay at the issuer, or at least this token, by its own name or by its hash."""
    names = (claims.get("sid"), claims.get("jti"))
    return next(filter(_is_name, names), None) or hashlib.sha256(token.encode()).hexdigest()
