"""Everything that hangs from SESSION_SECRET: each purpose has a key of its own, derived by HKDF."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlencode

import jwt
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from domain.instagram_authorization import Authorization

_BIGGEST_ID = 2**63 - 1
_LONGEST_STATE = 500


def derive(secret: str, purpose: str) -> bytes:
    """32 bytes for one purpose (RFC 5869)."""
    return HKDF(hashes.SHA256(), 32, salt=None, info=f"marquee/{purpose}".encode()).derive(secret.encode())


def box(secret: str, purpose: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(derive(secret, purpose)))


class RefreshTokens:
    """Speaks domain.tokens.RefreshSecrets. A seal at the end tells what we made from what somebody made up: a replay
    ends its session, and nobody shall end the sessions of others by counting through their ids. What is made for one
    purpose is unknown to every other: a cookie is no refresh token.
    """

    def __init__(self, secret: str, purpose: str = "refresh token") -> None:
        self._key, self._seal_key = derive(secret, f"{purpose}s"), derive(secret, f"{purpose} seals")

    def first(self) -> str:
        return secrets.token_urlsafe(32)

    def token(self, session_id: int, secret: str) -> str:
        return f"{session_id}.{secret}.{self._seal(session_id, secret)}"

    def read(self, token: str) -> tuple[int, bytes]:
        session_id, secret = self._opened(token) or (0, "")
        return session_id, self.hash_of(secret)

    def successor(self, token: str) -> str:
        session_id, secret = self._opened(token) or (0, "")
        return self.token(session_id, _mac(self._key, session_id, secret))

    def hash_of(self, secret: str) -> bytes:
        return hashlib.sha256(secret.encode()).digest()

    def _seal(self, session_id: int, secret: str) -> str:
        return _mac(self._seal_key, session_id, secret)[:22]

    def _opened(self, token: str) -> tuple[int, str] | None:
        """The session's id and the secret of a token that we made, in exactly the spelling that we gave it."""
        digits, _, sealed = token.partition(".")
        if not (token.isascii() and digits.isdecimal() and len(digits) < 20 and int(digits) <= _BIGGEST_ID):
            return None
        session_id, secret = int(digits), sealed.rpartition(".")[0]
        good = hmac.compare_digest(self.token(session_id, secret).encode(), token.encode())
        return (session_id, secret) if good else None


def _mac(key: bytes, session_id: int, secret: str) -> str:
    made = hmac.digest(key, f"{session_id}.{secret}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()


class CsrfTokens:
    """Speaks domain.tokens.CsrfTokens."""

    def __init__(self, secret: str) -> None:
        self._key = derive(secret, "CSRF tokens")

    def token(self, session_id: int) -> str:
        return _mac(self._key, session_id, "")


class FlowSecrets:
    """Speaks domain.oauth.FlowSecrets."""

    def __init__(self, secret: str) -> None:
        self._key = derive(secret, "ways through a provider")

    def derive(self, purpose: str, browser: str, state: str) -> str:
        said = "\n".join((purpose, browser, state)).encode(errors="surrogatepass")
        made = hmac.digest(self._key, said, hashlib.sha256)
        return base64.urlsafe_b64encode(made).rstrip(b"=").decode()


class StreamTickets:
    """Speaks domain.tokens.Tickets: a JWT signed with a key that signs nothing else."""

    def __init__(self, secret: str) -> None:
        self._key = derive(secret, "stream tickets")

    def sign(self, stream_id: str, session_id: int, user_id: int, asset_id: int, expires_at: datetime) -> str:
        claims: dict[str, object] = {
            "jti": stream_id,
            "sid": session_id,
            "uid": user_id,
            "asset": asset_id,
            "exp": int(expires_at.timestamp()),
        }
        return jwt.encode(claims, self._key, algorithm="HS256")

    def read(self, ticket: str) -> tuple[int, int, int, datetime] | None:
        try:
            claims = jwt.decode(
                ticket, self._key, algorithms=["HS256"], options={"require": ["exp"], "verify_exp": False}
            )
        except jwt.InvalidTokenError:
            return None
        return claims["sid"], claims["uid"], claims["asset"], datetime.fromtimestamp(claims["exp"], UTC)


class InstagramStates:
    """Speaks domain.instagram_authorization.States. When a state is over, the database knows."""

    def __init__(self, secret: str) -> None:
        self._key = derive(secret, "Instagram states")

    def sign(self, authorization: Authorization) -> str:
        claims: dict[str, object] = {
            "jti": secrets.token_urlsafe(16),
            "uid": authorization.user_id,
            "sid": authorization.session_id,
            "persona": authorization.persona_id,
        }
        return jwt.encode(claims, self._key, algorithm="HS256")

    def read(self, state: str) -> Authorization | None:
        if not state.isascii() or len(state) > _LONGEST_STATE:
            return None
        try:
            claims = jwt.decode(state, self._key, algorithms=["HS256"])
            return Authorization(claims["uid"], claims["sid"], claims["persona"])
        except (jwt.InvalidTokenError, KeyError):
            return None


class SignedPaths:
    """Signs what may be done with one file, until when, and with what; a query string carries it all."""

    def __init__(self, secret: str) -> None:
        self._key = derive(secret, "media addresses")

    def sign(self, method: str, key: str, expires: int, **bound: str) -> str:
        """`expires` is in seconds since 1970. What is bound stands in the query string, and cannot be changed there."""
        said = {"expires": str(expires), **bound}
        return urlencode({**said, "signature": self._signature(method, key, said)})

    def is_good(self, method: str, key: str, asked: Mapping[str, str]) -> bool:
        """Whether we signed exactly this, whatever order it is in, and its time is not over. Who may GET may HEAD."""
        said = {name: value for name, value in asked.items() if name != "signature"}
        expires, signature = said.get("expires", ""), asked.get("signature", "")
        if not (expires.isascii() and expires.isdecimal() and len(expires) < 12 and signature.isascii()):
            return False
        signed = hmac.compare_digest(self._signature("GET" if method == "HEAD" else method, key, said), signature)
        return signed and int(expires) > datetime.now(UTC).timestamp()

    def _signature(self, method: str, key: str, said: Mapping[str, str]) -> str:
        # JSON keeps apart what would otherwise read the same when joined, and is ASCII whatever it is given.
        text = json.dumps([method, key, sorted(said.items())])
        return hmac.digest(self._key, text.encode(), hashlib.sha256).hex()
