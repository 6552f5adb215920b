"""Identities: people as another issuer knows them, by (issuer, subject), and the providers that vouch for them."""

import enum
from dataclasses import dataclass
from typing import Protocol


class IdentityProvider(enum.Enum):
    KEYCLOAK = "KEYCLOAK"
    GOOGLE = "GOOGLE"
    GITHUB = "GITHUB"
    KAKAO = "KAKAO"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True)
class Profile:
    """What a provider says of somebody who has just signed in there. `email` is as the provider writes it, None where
    it tells none; only a verified one says who somebody is. `picture_url` is an https address or None.
    """

    issuer: str
    subject: str
    email: str | None
    email_verified: bool
    name: str | None
    picture_url: str | None


@dataclass(frozen=True, slots=True)
class Trip:
    """One way to a provider and back, bound to one browser. `redirect_uri` is where the provider sends it back to,
    `nonce` and `code_verifier` (RFC 7636) are secrets that return to us alone.
    """

    redirect_uri: str
    state: str
    nonce: str
    code_verifier: str


class Provider(Protocol):
    """A place to sign in by redirects (OAuth 2.0). Both methods raise Refusal UPSTREAM_FAILED, within five seconds,
    where the provider cannot be reached, fails, or answers nonsense.
    """

    @property
    def kind(self) -> IdentityProvider: ...

    async def authorization_url(self, trip: Trip) -> str:
        """Where the browser is sent: with state, nonce where the provider knows it, and an S256 code challenge."""

    async def profile(self, trip: Trip, code: str) -> Profile:
        """Who came back with this code. Raises Refusal BAD_CREDENTIALS where the provider does not take the code, or
        where its ID token is not for this trip.
        """

    async def unlink(self, subject: str) -> None:
        """Tells the provider that this person does not want to be known here any longer, where it has to be told;
        somebody it does not know is no fault. Raises Refusal NOT_CONFIGURED where a key for that is missing.
        """
