"""Signing in by redirects (RFC 6749, by the rules of RFC 9700): to a provider and back, in one binding, once."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from domain.allowance import Allowance, Limited
from domain.codes import CodeStore, hash_of, new_code
from domain.errors import Refusal, RefusalCode
from domain.identities import Flow, Identities, IdentityProvider, Provider

_AT_THE_PROVIDER = timedelta(minutes=10)
_ON_THE_WAY_BACK = timedelta(seconds=60)
LOGIN = "login code"


class FlowSecrets(Protocol):
    def derive(self, purpose: str, binding: str, state: str) -> str:
        """At least 43 characters that RFC 7636 allows, always the same for the same, which nobody else can tell."""


@dataclass(frozen=True, slots=True)
class Begun:
    """Where a browser is sent, and the binding that it has to keep, so that nobody else comes back in its place."""

    url: str
    binding: str


class OAuth:
    """Nonce and code verifier are derived from the binding and kept nowhere; of the state, a hash is. `address` is the
    browser's: from one, there and back are limited like any other way to sign in.
    """

    def __init__(
        self,
        providers: Mapping[IdentityProvider, Provider],
        identities: Identities,
        codes: CodeStore,
        flow_secrets: FlowSecrets,
        allowance: Allowance,
    ) -> None:
        self._providers, self._identities = providers, identities
        self._codes, self._secrets, self._allowance = codes, flow_secrets, allowance

    @property
    def providers(self) -> list[IdentityProvider]:
        """Those that settings name, in the order of their names here."""
        return list(self._providers)

    async def begin(self, kind: IdentityProvider, redirect_uri: str, binding: str | None, address: str) -> Begun:
        """`binding` is what this browser keeps from another tab's flow. Raises Refusal: NOT_CONFIGURED,
        UPSTREAM_FAILED; and RateLimited.
        """
        await self._allowance.count(Limited.SIGN_IN, address)
        provider = self._provider(kind)
        binding, state = binding or secrets.token_urlsafe(32), new_code()
        url = await provider.authorization_url(self._flow(binding, state, redirect_uri))
        await self._codes.insert(_key(kind, binding, state), _AT_THE_PROVIDER)
        return Begun(url, binding)

    async def complete(
        self,
        kind: IdentityProvider,
        redirect_uri: str,
        binding: str | None,
        state: str,
        code: str | None,
        address: str,
    ) -> str:
        """A code for exchangeLoginCode, good once within a minute. `code` is the provider's, None where it sent the
        browser back without one. Raises Refusal: SESSION_EXPIRED where this flow was not begun in this browser, is over
        or was completed before; BAD_CREDENTIALS, CONFLICT, UPSTREAM_FAILED, NOT_CONFIGURED. Raises RateLimited, after
        which the same may be tried again.
        """
        await self._allowance.count(Limited.SIGN_IN, address)
        provider = self._provider(kind)
        if binding is None or not await self._codes.take(_key(kind, binding, state)):
            message = "This sign-in was begun in another browser, or too long ago. Please try again."
            raise Refusal(RefusalCode.SESSION_EXPIRED, message)
        if not code:
            raise Refusal(RefusalCode.BAD_CREDENTIALS, "The provider did not sign you in.")
        profile = await provider.profile(self._flow(binding, state, redirect_uri), code)
        user = await self._identities.person_of_profile(profile)
        login_code = new_code()
        await self._codes.insert(hash_of(LOGIN, login_code), _ON_THE_WAY_BACK, user.id)
        return login_code

    def _provider(self, kind: IdentityProvider) -> Provider:
        if kind not in self._providers:
            raise Refusal(RefusalCode.NOT_CONFIGURED, f"This server is not set up for sign-in by {kind.value.title()}.")
        return self._providers[kind]

    def _flow(self, binding: str, state: str, redirect_uri: str) -> Flow:
        nonce, verifier = (self._secrets.derive(purpose, binding, state) for purpose in ("nonce", "code verifier"))
        return Flow(redirect_uri, state, nonce, verifier)


def _key(kind: IdentityProvider, binding: str, state: str) -> bytes:
    return hash_of("oauth", kind.value, binding, state)
