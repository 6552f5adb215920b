"""Signing in by redirects (RFC 6749, by the rules of RFC 9700): to a provider and back, in one browser, once."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from domain.codes import CodeStore, hash_of, new_code
from domain.errors import Refusal, RefusalCode
from domain.identities import Identities, IdentityProvider, Provider, Trip

_AT_THE_PROVIDER = timedelta(minutes=10)
_ON_THE_WAY_BACK = timedelta(seconds=60)
LOGIN = "login code"


class TripSecrets(Protocol):
    def derive(self, purpose: str, browser: str, state: str) -> str:
        """At least 43 characters that RFC 7636 allows, always the same for the same, which nobody else can tell."""


@dataclass(frozen=True, slots=True)
class Departure:
    """Where a browser is sent, and what it has to keep, so that nobody else comes back in its place."""

    url: str
    browser: str


class OAuth:
    """Nonce and code verifier are derived from what the browser keeps, and kept nowhere; of the state, a hash is."""

    def __init__(
        self,
        providers: Mapping[IdentityProvider, Provider],
        identities: Identities,
        codes: CodeStore,
        trip_secrets: TripSecrets,
    ) -> None:
        self._providers, self._identities = providers, identities
        self._codes, self._secrets = codes, trip_secrets

    @property
    def providers(self) -> list[IdentityProvider]:
        """Those that settings name, in the order of their names here."""
        return list(self._providers)

    async def depart(self, kind: IdentityProvider, redirect_uri: str, browser: str | None) -> Departure:
        """`browser` is what this browser keeps from another tab's way. Raises Refusal: NOT_CONFIGURED,
        UPSTREAM_FAILED.
        """
        provider = self._provider(kind)
        browser, state = browser or secrets.token_urlsafe(32), new_code()
        url = await provider.authorization_url(self._trip(browser, state, redirect_uri))
        await self._codes.insert(_key(kind, browser, state), _AT_THE_PROVIDER)
        return Departure(url, browser)

    async def arrive(
        self, kind: IdentityProvider, redirect_uri: str, browser: str | None, state: str, code: str | None
    ) -> str:
        """A code for exchangeLoginCode, good once within a minute. `code` is the provider's, None where it sent the
        browser back without one. Raises Refusal: SESSION_EXPIRED where this way was not begun in this browser, is over
        or was gone before; BAD_CREDENTIALS, CONFLICT, UPSTREAM_FAILED, NOT_CONFIGURED.
        """
        provider = self._provider(kind)
        if browser is None or not await self._codes.take(_key(kind, browser, state)):
            message = "This sign-in was begun in another browser, or too long ago. Please try again."
            raise Refusal(RefusalCode.SESSION_EXPIRED, message)
        if not code:
            raise Refusal(RefusalCode.BAD_CREDENTIALS, "The provider did not sign you in.")
        profile = await provider.profile(self._trip(browser, state, redirect_uri), code)
        user = await self._identities.arrived(profile)
        login_code = new_code()
        await self._codes.insert(hash_of(LOGIN, login_code), _ON_THE_WAY_BACK, user.id)
        return login_code

    def _provider(self, kind: IdentityProvider) -> Provider:
        if kind not in self._providers:
            raise Refusal(RefusalCode.NOT_CONFIGURED, f"This server is not set up for sign-in by {kind.value.title()}.")
        return self._providers[kind]

    def _trip(self, browser: str, state: str, redirect_uri: str) -> Trip:
        nonce, verifier = (self._secrets.derive(purpose, browser, state) for purpose in ("nonce", "code verifier"))
        return Trip(redirect_uri, state, nonce, verifier)


def _key(kind: IdentityProvider, browser: str, state: str) -> bytes:
    return hash_of("oauth", kind.value, browser, state)
