"""Who keeps the passwords: this house, or the platform's own identity provider."""

import asyncio
from contextlib import suppress
from typing import Protocol

from domain.accounts import Accounts, NewAccount
from domain.attempts import Attempts
from domain.errors import RateLimited, Refusal, RefusalCode, Unauthenticated, Unavailable
from domain.identities import Identities, IdentityStore
from domain.passwords import Passwords, PasswordStore
from domain.ports import Database
from domain.registration import Registration, spelling_of
from domain.sessions import Client, Sessions, SignedIn
from domain.tokens import AccessTokens, Claims
from domain.users import UserStore, Viewer

# How often a password is looked at again when its hash is replaced meanwhile.
_LOOKS = 3


class PasswordBackend(Protocol):
    @property
    def takes_passwords(self) -> bool: ...

    async def register(self, new: Registration, client: Client) -> SignedIn:
        """`new` is checked already. Raises Refusal ALREADY_EXISTS where the e-mail is taken in any spelling."""

    async def login(self, email: str, password: str, client: Client) -> SignedIn | None:
        """None for an unknown person and a wrong password, after the same time."""

    async def change(self, viewer: Viewer, current: str, new: str, client: Client) -> SignedIn | None:
        """Ends every session and begins one. None where the current password is another."""

    async def end_sessions(self, viewer: Viewer) -> None:
        """Ends what is signed in where the password is kept, if that is not here. Raises Refusal UPSTREAM_FAILED."""

    async def end_session(self, issuer: str, origin: str) -> None:
        """The same for one session that tokens of that issuer opened."""

    async def account_of(self, user_id: int) -> str | None:
        """What `forget` needs to know, once the person is gone."""

    async def forget(self, account: str | None) -> None:
        """Deletes the account where the password is kept, if that is not here. Raises Refusal UPSTREAM_FAILED."""


class LocalPasswords:
    """The hashes are here."""

    takes_passwords = True

    def __init__(
        self, database: Database, users: UserStore, store: PasswordStore, passwords: Passwords, sessions: Sessions
    ) -> None:
        self._database, self._users, self._store = database, users, store
        self._passwords, self._sessions = passwords, sessions

    async def register(self, new: Registration, client: Client) -> SignedIn:
        password_hash = await self._passwords.hash(new.password)
        async with self._database.writing() as transaction:
            user = await self._users.insert(transaction, new.person(password_hash))
            if user is None:
                raise _taken()
            return await self._sessions.begin(transaction, user, client)

    async def login(self, email: str, password: str, client: Client) -> SignedIn | None:
        for _ in range(_LOOKS):
            user, known = await self._store.credentials(email) or (None, None)
            fits, better = await self._passwords.verify(password, known)
            if user is None or known is None or not fits:
                return None
            async with self._database.writing() as transaction:
                # While the password was looked at, its hash may have been replaced by a new password's, or by a better
                # one of the same; or its owner deleted.
                still = await self._store.still(transaction, user.id, known)
                if still is not None:
                    if better:
                        await self._store.replace(transaction, user.id, known, better)
                    return await self._sessions.begin(transaction, still, client)
        return None

    async def change(self, viewer: Viewer, current: str, new: str, client: Client) -> SignedIn | None:
        known = await self._store.hash_of(viewer.user.id)
        if known is None:
            raise _without_password()
        fits, _ = await self._passwords.verify(current, known)
        if not fits:
            return None
        password_hash = await self._passwords.hash(new)
        async with self._database.writing() as transaction:
            if not await self._store.replace(transaction, viewer.user.id, known, password_hash):
                return None
            await self._sessions.end_all(transaction, viewer.user.id)
            return await self._sessions.begin(transaction, viewer.user, client)

    async def end_sessions(self, viewer: Viewer) -> None:
        """All sessions are here."""

    async def end_session(self, issuer: str, origin: str) -> None:
        """None of these issuers is ours to tell."""

    async def account_of(self, user_id: int) -> str | None:
        return None

    async def forget(self, account: str | None) -> None:
        """The hash goes with the person."""


class DelegatedPasswords:
    """The account is at the provider that is `issuer` in tokens, the person here; neither is made without the other.
    `takes_passwords`: whether that provider may be asked about one.
    """

    def __init__(
        self,
        database: Database,
        users: UserStore,
        accounts: Accounts,
        identities: Identities,
        identity_store: IdentityStore,
        access_tokens: AccessTokens,
        sessions: Sessions,
        attempts: Attempts,
        issuer: str,
        *,
        takes_passwords: bool,
    ) -> None:
        self._database, self._users, self._accounts, self._sessions = database, users, accounts, sessions
        self._identities, self._identity_store = identities, identity_store
        self._access_tokens, self._attempts = access_tokens, attempts
        self._issuer, self.takes_passwords = issuer, takes_passwords

    async def register(self, new: Registration, client: Client) -> SignedIn:
        """An account that is there already is taken over by who knows its password: their first try may have been cut
        off in the middle.
        """
        account = NewAccount(new.email, new.password, new.first_name, new.last_name)
        subject = await self._accounts.create(account)
        if subject is not None:
            return await self._written_or_undone(new, subject, client)
        return await self._written(new, await self._own_subject(new, client), client)

    async def login(self, email: str, password: str, client: Client) -> SignedIn | None:
        claims = await self._claims(email, password)
        if claims is None:
            return None
        async with self._database.writing() as transaction:
            user = await self._identities.person_of_claims(transaction, claims)
            if not await self._sessions.is_after_sign_out(transaction, user, claims):
                return None  # of a password that was changed while this one was looked at
            return await self._sessions.begin(transaction, user, client)

    async def change(self, viewer: Viewer, current: str, new: str, client: Client) -> SignedIn | None:
        if not self.takes_passwords:
            message = "This server takes no passwords. Change yours at the identity provider."
            raise Refusal(RefusalCode.NOT_CONFIGURED, message)
        subject = await self.account_of(viewer.user.id)
        if subject is None or viewer.email is None:
            raise _without_password()
        claims = await self._claims(viewer.email, current)
        if claims is None or claims.subject != subject:
            return None
        try:
            await self._accounts.set_password(subject, new)
        except Refusal as refusal:
            if refusal.refused.code is RefusalCode.UPSTREAM_FAILED:  # which may have come after the change
                await self._sessions.revoke_all(viewer)
            raise
        async with self._database.writing() as transaction:
            await self._sessions.end_all(transaction, viewer.user.id)
            return await self._sessions.begin(transaction, viewer.user, client)

    async def end_sessions(self, viewer: Viewer) -> None:
        subject = await self.account_of(viewer.user.id)
        if subject is not None:
            await self._accounts.end_sessions(subject)

    async def end_session(self, issuer: str, origin: str) -> None:
        if issuer == self._issuer:
            await self._accounts.end_session(origin)

    async def account_of(self, user_id: int) -> str | None:
        identities = await self._identity_store.of_user(user_id)
        return next((identity.subject for identity in identities if identity.issuer == self._issuer), None)

    async def forget(self, account: str | None) -> None:
        if account is not None:
            await self._accounts.delete(account)

    async def _own_subject(self, new: Registration, client: Client) -> str:
        """Raises Refusal ALREADY_EXISTS, unless this is the account's own e-mail and password, as far as that can be
        told now; a guess at these counts as one at the door would.
        """
        claims: Claims | None = None
        with suppress(RateLimited, Refusal):
            async with self._attempts.counted(new.email, client.address) as attempt:
                claims = await self._claims(new.email, new.password) if self.takes_passwords else None
                attempt.succeeded = claims is not None
        if claims is None or spelling_of(claims.email or "") != new.email:
            raise _taken()
        return claims.subject

    async def _claims(self, email: str, password: str) -> Claims | None:
        """Raises Refusal BAD_CREDENTIALS for an account whose tokens are not good here."""
        token = await self._accounts.sign_in(email, password)
        if token is None:
            return None
        try:
            return await self._access_tokens.verify(token)
        except Unauthenticated as error:
            raise Refusal(RefusalCode.BAD_CREDENTIALS, error.message) from error

    async def _written(self, new: Registration, subject: str, client: Client) -> SignedIn:
        async with self._database.writing() as transaction:
            user = await self._users.insert(transaction, new.person(None))
            if user is None or not await self._identities.pin(transaction, user, self._issuer, subject):
                raise _taken()
            return await self._sessions.begin(transaction, user, client)

    async def _written_or_undone(self, new: Registration, subject: str, client: Client) -> SignedIn:
        try:
            return await self._written(new, subject, client)
        except BaseException:  # a request that was given up, too
            await asyncio.shield(self._undo(subject))
            raise

    async def _undo(self, subject: str) -> None:
        """Takes the account back, unless the person was written after all: a commit's answer may be lost. Where this
        fails, the log has it, and whoever tries again with the same password takes the account over.
        """
        with suppress(Refusal, Unavailable):
            async with self._database.single() as connection:
                written = await self._identity_store.person(connection, self._issuer, subject)
            if written is None:
                await self._accounts.delete(subject)


def _taken() -> Refusal:
    return Refusal(RefusalCode.ALREADY_EXISTS, "There is already an account with this e-mail address.")


def _without_password() -> Refusal:
    return Refusal(RefusalCode.CONFLICT, "This account has no password: it signs in with a linked account.")
