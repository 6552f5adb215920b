"""Identities: people as another issuer knows them, by (issuer, subject), and the providers that vouch for them."""

import enum
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.errors import Refusal, RefusalCode, UserNotFound, not_found
from domain.passwords import PasswordStore
from domain.ports import Database, Transaction
from domain.registration import spelling_of
from domain.sessions import Sessions
from domain.tokens import Claims
from domain.users import NewUser, User, UserStore, Viewer


class IdentityProvider(enum.Enum):
    KEYCLOAK = "KEYCLOAK"
    GOOGLE = "GOOGLE"
    GITHUB = "GITHUB"
    KAKAO = "KAKAO"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True)
class Identity:
    provider: IdentityProvider
    issuer: str
    subject: str
    linked_at: datetime


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
class Flow:
    """One way to a provider and back, bound to one browser. `redirect_uri` is where the provider sends it back to,
    `nonce` and `code_verifier` (RFC 7636) are secrets that return to us alone.
    """

    redirect_uri: str
    state: str
    nonce: str
    code_verifier: str


class Provider(Protocol):
    """A place to sign in by redirects (OAuth 2.0). Every method raises Refusal UPSTREAM_FAILED, within five seconds,
    where the provider cannot be reached, fails, or answers nonsense.
    """

    @property
    def kind(self) -> IdentityProvider: ...

    async def authorization_url(self, flow: Flow) -> str:
        """Where the browser is sent: with state, nonce where the provider knows it, and an S256 code challenge."""

    async def profile(self, flow: Flow, code: str) -> Profile:
        """Who came back with this code. Raises Refusal BAD_CREDENTIALS where the provider does not take the code, or
        where its ID token is not for this flow.
        """

    async def unlink(self, subject: str) -> None:
        """Tells the provider that this person does not want to be known here any longer, where it has to be told;
        somebody it does not know is no fault. Raises Refusal NOT_CONFIGURED where a key for that is missing.
        """


class IdentityStore(Protocol):
    async def person(self, transaction: Transaction, issuer: str, subject: str) -> User | None: ...

    async def by_email(self, transaction: Transaction, email: str) -> User | None:
        """By the one spelling."""

    async def pin(
        self, transaction: Transaction, user_id: int, provider: IdentityProvider, issuer: str, subject: str
    ) -> bool:
        """False where this person is somebody else at this issuer, or this subject another person."""

    async def hold_proven(self, transaction: Transaction, user_id: int) -> bool:
        """Whether the person's e-mail was proven before; nobody else changes it until the transaction ends."""

    async def prove(self, transaction: Transaction, user_id: int) -> None: ...

    async def keep_only(self, transaction: Transaction, user_id: int, issuer: str) -> None:
        """Forgets who this person is at every other issuer."""

    async def of_user(self, user_id: int) -> list[Identity]:
        """First linked first."""

    async def held(self, transaction: Transaction, user_id: int) -> list[Identity]:
        """The same, and nobody else changes them until the transaction ends."""

    async def remove(self, transaction: Transaction, user_id: int, provider: IdentityProvider) -> list[Identity]: ...


class _Overtaken(Exception):
    """Somebody else has just linked or made what this was about to; nothing of it may stay."""


class Identities:
    """`issuers` says which provider an issuer is; one that it does not name is OTHER. `takes_over`: whether the first
    who proves that an e-mail is theirs ends the ways in and the sessions from before, which may be somebody else's.
    """

    def __init__(
        self,
        database: Database,
        store: IdentityStore,
        users: UserStore,
        passwords: PasswordStore,
        sessions: Sessions,
        providers: Mapping[IdentityProvider, Provider],
        issuers: Mapping[str, IdentityProvider],
        *,
        takes_over: bool,
    ) -> None:
        self._database, self._store, self._users = database, store, users
        self._passwords, self._sessions = passwords, sessions
        self._providers, self._issuers, self._takes_over = providers, issuers, takes_over

    async def of(self, viewer: Viewer) -> list[Identity]:
        return await self._store.of_user(viewer.user.id)

    async def person_of_claims(self, transaction: Transaction, claims: Claims) -> User:
        """Whose token of another issuer this is: by (issuer, subject), at first sight by its e-mail, which is verified.
        Raises UserNotFound.
        """
        user = await self._store.person(transaction, claims.issuer, claims.subject)
        if user is None and claims.email and _is_our_spelling(claims.email):
            user = await self._store.by_email(transaction, spelling_of(claims.email))
            if user and not await self._link(transaction, user, claims.issuer, claims.subject):
                user = await self._store.person(transaction, claims.issuer, claims.subject)
        if user is None:
            raise UserNotFound("User not found in database")
        return user

    async def pin(self, transaction: Transaction, user: User, issuer: str, subject: str) -> bool:
        provider = self._issuers.get(issuer, IdentityProvider.OTHER)
        return await self._store.pin(transaction, user.id, provider, issuer, subject)

    async def person_of_profile(self, profile: Profile) -> User:
        """The person who has just signed in at a provider; somebody new is written down. Raises Refusal CONFLICT where
        that cannot be said: the e-mail is not verified there, or another account of that provider is linked already.
        """
        for _ in range(2):  # whoever was overtaken finds what the other one made
            with suppress(_Overtaken):
                async with self._database.writing() as transaction:
                    return await self._linked(transaction, profile)
        message = "This e-mail address belongs to somebody who signs in with another account of that provider."
        raise Refusal(RefusalCode.CONFLICT, message)

    async def unlink(self, viewer: Viewer, provider: IdentityProvider) -> None:
        """Ends what that provider's tokens opened, too. Raises Refusal: NOT_FOUND, CONFLICT where it is the last way
        in, and what the provider raises that has to be told.
        """
        linked = await self._store.of_user(viewer.user.id)
        has_password = await self._passwords.hash_of(viewer.user.id) is not None
        _require_another_way(linked, provider, has_password)
        for identity in linked:
            if identity.provider is provider and provider in self._providers:
                await self._providers[provider].unlink(identity.subject)
        async with self._database.writing() as transaction:
            held = await self._store.held(transaction, viewer.user.id)
            _require_another_way(held, provider, has_password)
            for identity in await self._store.remove(transaction, viewer.user.id, provider):
                await self._sessions.end_of_issuer(transaction, viewer.user.id, identity.issuer)

    async def _linked(self, transaction: Transaction, profile: Profile) -> User:
        known = await self._store.person(transaction, profile.issuer, profile.subject)
        if known is not None:
            return known
        email = _proven_email(profile)
        user = await self._store.by_email(transaction, email) if email else None
        user = user or await self._users.insert(transaction, _newcomer(profile, email))
        if user is None or not await self._link(transaction, user, profile.issuer, profile.subject):
            raise _Overtaken
        return user

    async def _link(self, transaction: Transaction, user: User, issuer: str, subject: str) -> bool:
        """Pins somebody whose e-mail, if there is one, the issuer has verified. False where either is pinned to
        somebody else.
        """
        proven = await self._store.hold_proven(transaction, user.id)
        pinned = await self.pin(transaction, user, issuer, subject)
        if pinned and user.email and not proven:
            if self._takes_over:
                await self._passwords.forget(transaction, user.id)
                await self._store.keep_only(transaction, user.id, issuer)
                await self._sessions.end(transaction, user.id, None)
            await self._store.prove(transaction, user.id)
        return pinned


def _proven_email(profile: Profile) -> str | None:
    """In our spelling. Raises Refusal CONFLICT where the provider does not vouch for it."""
    if profile.email is None:
        return None
    if not profile.email_verified:
        raise Refusal(RefusalCode.CONFLICT, "Your e-mail address is not verified there. Please verify it first.")
    if not _is_our_spelling(profile.email):
        raise Refusal(RefusalCode.CONFLICT, "Your e-mail address is written in a way that is not taken here.")
    return spelling_of(profile.email)


def _is_our_spelling(email: str) -> bool:
    """But for upper case, of which even a sign for kelvin has one. What only becomes this address by being normalized
    was verified by nobody.
    """
    return spelling_of(email) == "".join(c.lower() if c.isascii() else c for c in email)


def _newcomer(profile: Profile, email: str | None) -> NewUser:
    return NewUser(
        email=email,
        password_hash=None,
        display_name=profile.name or (email or "").partition("@")[0] or "Somebody",
        picture_url=profile.picture_url,
    )


def _require_another_way(linked: Sequence[Identity], provider: IdentityProvider, has_password: bool) -> None:
    """Raises Refusal NOT_FOUND, or CONFLICT where nobody could sign in any more."""
    if all(identity.provider is not provider for identity in linked):
        raise not_found("linked account")
    if not has_password and all(identity.provider is provider for identity in linked):
        message = "This is the last way to sign in to this account. Link another one first."
        raise Refusal(RefusalCode.CONFLICT, message)
