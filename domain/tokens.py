"""What tokens say, and the ports that make and check them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Claims:
    """A verified access token. Our own names a session. Another issuer's names a verified e-mail, says when it was
    issued, and has an origin: by what it is recognised, and with it all others of the same stay at that issuer.
    """

    issuer: str
    subject: str
    expires_at: datetime
    session_id: int | None = None
    email: str | None = None
    issued_at: datetime | None = None
    origin: str | None = None


class AccessTokens(Protocol):
    def issue(self, user_id: int, session_id: int, lifetime: timedelta) -> tuple[str, datetime]:
        """A signed token of our own, and when it expires."""

    async def verify(self, token: str) -> Claims:
        """Raises Unauthenticated for anything but a living access token of a trusted issuer."""


class RefreshSecrets(Protocol):
    """Refresh tokens are "session id.secret.seal"; only a hash of the secret is stored. A token's successor is derived
    from it with a key of the server's, so that tabs which refresh at the same moment receive the same one.
    """

    def first(self) -> str: ...

    def token(self, session_id: int, secret: str) -> str: ...

    def read(self, token: str) -> tuple[int, bytes]:
        """The session's id (0 for anything we never made) and the hash of the secret."""

    def successor(self, token: str) -> str: ...

    def hash_of(self, secret: str) -> bytes: ...


class CsrfTokens(Protocol):
    def token(self, session_id: int) -> str:
        """Always the same for a session, and nobody else can tell it."""


class Tickets(Protocol):
    """Signed, short-lived permission to fetch one video in one session."""

    def sign(self, stream_id: str, session_id: int, user_id: int, asset_id: int, expires_at: datetime) -> str: ...

    def read(self, ticket: str) -> tuple[int, int, int, datetime] | None:
        """Session, user, asset and end; None for anything tampered with or never made. Whether the end has come is for
        the database's clock to say.
        """


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A signing key of our own as it is kept; `private_key` is encrypted."""

    kid: str
    private_key: bytes
    created_at: datetime


class KeyStore(Protocol):
    async def all(self) -> list[StoredKey]:
        """Newest first."""

    async def add(self, kid: str, private_key: bytes, unless_younger: timedelta) -> None:
        """Adds a key, unless there is one younger than that: of many processes that find none, one adds one."""
