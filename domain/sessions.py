"""Sessions: signing up, signing in, refreshing without ever letting a refresh token work twice, signing out at once."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from domain.errors import Refusal, RefusalCode, Unauthenticated, UserNotFound, not_found
from domain.patience import patiently
from domain.ports import Database, Signals, Transaction
from domain.registration import Registration, spelling_of
from domain.tokens import AccessTokens, Claims, RefreshSecrets
from domain.users import User, UserStore, Viewer


@dataclass(frozen=True, slots=True)
class Session:
    """One device's stay. `expires_at` moves with each refresh, up to the absolute end set when the person signed in."""

    id: int
    user_id: int
    user_agent: str | None
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Tokens:
    """`expires_in` and `refresh_expires_in` are in seconds."""

    access_token: str
    expires_in: int
    refresh_token: str
    refresh_expires_in: int
    token_type: str = "bearer"  # noqa: S105


@dataclass(frozen=True, slots=True)
class SignedIn:
    tokens: Tokens
    viewer: Viewer


@dataclass(frozen=True, slots=True)
class SessionRules:
    """How long things last. A replaced refresh token still works within `grace`, so that two tabs do not sign each
    other out.
    """

    access: timedelta
    refresh: timedelta
    absolute: timedelta
    grace: timedelta


@dataclass(frozen=True, slots=True)
class RefreshState:
    """What a refresh must know of a session; the times are the database's own."""

    user: User
    refresh_hash: bytes
    previous_hash: bytes | None
    rotated_at: datetime
    alive: bool
    now: datetime


class Passwords(Protocol):
    """Hashing takes a tenth of a second of computing, so it never runs on the event loop."""

    async def hash(self, password: str) -> str: ...

    async def verify(self, password: str, password_hash: str | None) -> tuple[bool, str | None]:
        """Whether it fits, and a better hash where the old one is of an older kind. Takes as long for no hash."""


class SessionStore(Protocol):
    async def insert(
        self, transaction: Transaction, user_id: int, user_agent: str | None, secret_hash: bytes, rules: SessionRules
    ) -> Session: ...

    async def replace_hash(
        self, transaction: Transaction, session_id: int, secret_hash: bytes, rules: SessionRules
    ) -> Session: ...

    async def for_refresh(self, transaction: Transaction, session_id: int) -> RefreshState | None:
        """Locks the session until the transaction ends."""

    async def touch(self, transaction: Transaction, session_id: int) -> Session: ...

    async def living_user(self, session_id: int, user_id: int) -> User | None:
        """The person, if this session of theirs is alive."""

    async def living(self, user_id: int) -> list[Session]:
        """Last used first."""

    async def revoke(self, transaction: Transaction, user_id: int, session_id: int | None) -> list[Session]:
        """Ends one session of this person, or all of them; answers those that were alive."""


class Sessions:
    def __init__(
        self,
        database: Database,
        store: SessionStore,
        users: UserStore,
        passwords: Passwords,
        access_tokens: AccessTokens,
        secrets: RefreshSecrets,
        signals: Signals,
        rules: SessionRules,
    ) -> None:
        self._database, self._store, self._users = database, store, users
        self._passwords, self._access_tokens, self._secrets = passwords, access_tokens, secrets
        self._signals, self._rules = signals, rules

    async def register(self, new: Registration, user_agent: str | None) -> SignedIn:
        """Raises Refusal: VALIDATION_FAILED, or ALREADY_EXISTS where the e-mail is taken in any spelling."""
        checked = new.checked()
        password_hash = await self._passwords.hash(new.password)
        async with self._database.writing() as transaction:
            user = await self._users.insert(transaction, checked.person(password_hash))
            if user is None:
                raise Refusal(RefusalCode.ALREADY_EXISTS, "There is already an account with this e-mail address.")
            return await self._begin(transaction, user, user_agent)

    async def login(self, email: str, password: str, user_agent: str | None) -> SignedIn:
        """Raises Refusal BAD_CREDENTIALS, in the same time and words for an unknown person and a wrong password."""
        found = await self._users.credentials(spelling_of(email))
        user, known_hash = found or (None, None)
        fits, better_hash = await self._passwords.verify(password, known_hash)
        if user is None or not fits:
            raise Refusal(RefusalCode.BAD_CREDENTIALS, "The e-mail address or the password is wrong.")
        if better_hash:
            await self._users.replace_hash(user.id, better_hash)
        async with self._database.writing() as transaction:
            return await self._begin(transaction, user, user_agent)

    async def refresh(self, refresh_token: str) -> SignedIn:
        """Rotates both tokens. Raises Refusal SESSION_EXPIRED; a replayed token ends its whole session first."""
        session_id, secret_hash = self._secrets.read(refresh_token)
        async with self._database.writing() as transaction:
            state = await self._store.for_refresh(transaction, session_id)
            if state and state.alive:
                if secret_hash == state.refresh_hash:
                    return await self._rotate(transaction, session_id, refresh_token, state)
                if secret_hash == state.previous_hash and state.now - state.rotated_at <= self._rules.grace:
                    session = await self._store.touch(transaction, session_id)
                    return self._signed_in(state.user, session, self._secrets.successor(refresh_token))
                await self._end(transaction, state.user.id, session_id)
        raise Refusal(RefusalCode.SESSION_EXPIRED, "This session has ended. Please sign in again.")

    async def logout(self, viewer: Viewer) -> bool:
        """Ends the session of this very token; False where there is none to end (a token of another issuer)."""
        if viewer.session_id is None:
            return False
        async with self._database.writing() as transaction:
            return bool(await self._end(transaction, viewer.user.id, viewer.session_id))

    async def revoke(self, viewer: Viewer, session_id: int) -> Session:
        """Raises Refusal NOT_FOUND for anything but a living session of the viewer's own."""
        async with self._database.writing() as transaction:
            ended = await self._end(transaction, viewer.user.id, session_id)
        if not ended:
            raise not_found("session")
        return ended[0]

    async def revoke_all(self, viewer: Viewer) -> int:
        async with self._database.writing() as transaction:
            return len(await self._end(transaction, viewer.user.id, None))

    async def living(self, viewer: Viewer) -> list[Session]:
        return await self._store.living(viewer.user.id)

    async def authenticate(self, token: str) -> Viewer:
        """Who an access token speaks for. Raises Unauthenticated, or UserNotFound for a stranger's good token."""
        claims = await self._access_tokens.verify(token)
        if claims.session_id is None:
            return Viewer(await self._stranger(claims), None, claims.expires_at)
        user = await self._store.living_user(claims.session_id, int(claims.subject))
        if user is None:
            raise Unauthenticated("This session has ended. Please sign in again.")
        return Viewer(user, claims.session_id, claims.expires_at)

    async def renewed(self, viewer: Viewer) -> Viewer | None:
        """The viewer as they are now; None where their session has ended. For what lives longer than a request."""
        if viewer.session_id is None:
            user = (await self._users.by_ids([viewer.user.id]))[0]
        else:
            user = await self._store.living_user(viewer.session_id, viewer.user.id)
        return replace(viewer, user=user) if user else None

    @asynccontextmanager
    async def ending(self, viewer: Viewer, *, by_rights: bool = False) -> AsyncIterator[asyncio.Event]:
        """An event that is set as soon as this viewer's session or token ends, wherever it was ended; or, if asked,
        as soon as the person has another role or company than it was given for.
        """
        ended = asyncio.Event()
        watch = asyncio.create_task(self._watch(viewer, ended, by_rights))
        try:
            yield ended
        finally:
            watch.cancel()

    async def _watch(self, viewer: Viewer, ended: asyncio.Event, by_rights: bool) -> None:
        remaining = (viewer.expires_at - datetime.now(UTC)).total_seconds()
        try:
            async with asyncio.timeout(max(remaining, 0)):
                await self._revocation(viewer, by_rights)
        except TimeoutError:
            pass  # the token itself has expired, which is an ending too
        finally:
            ended.set()  # also where the watch failed: what is not watched must not go on

    async def _revocation(self, viewer: Viewer, by_rights: bool) -> None:
        with self._signals.listen(("person", viewer.user.id)) as inbox:
            while await self._stands(viewer, by_rights):
                await inbox.wait()

    async def _stands(self, viewer: Viewer, by_rights: bool) -> bool:
        now = await patiently(lambda: self.renewed(viewer))
        return now is not None and (not by_rights or now.rights == viewer.rights)

    async def _stranger(self, claims: Claims) -> User:
        """The person behind another issuer's token: by (issuer, subject), at first sight by verified e-mail."""
        user = await self._users.by_identity(claims.issuer, claims.subject)
        if user is None and claims.verified_email:
            email = spelling_of(claims.verified_email)
            async with self._database.writing() as transaction:
                user = await self._users.pin_identity(transaction, claims.issuer, claims.subject, email)
        if user is None:
            raise UserNotFound("User not found in database")
        return user

    async def _begin(self, transaction: Transaction, user: User, user_agent: str | None) -> SignedIn:
        secret = self._secrets.first()
        label = user_agent[:300] if user_agent else None
        secret_hash = self._secrets.hash_of(secret)
        session = await self._store.insert(transaction, user.id, label, secret_hash, self._rules)
        return self._signed_in(user, session, self._secrets.token(session.id, secret))

    async def _rotate(
        self, transaction: Transaction, session_id: int, refresh_token: str, state: RefreshState
    ) -> SignedIn:
        successor = self._secrets.successor(refresh_token)
        secret_hash = self._secrets.read(successor)[1]
        session = await self._store.replace_hash(transaction, session_id, secret_hash, self._rules)
        return self._signed_in(state.user, session, successor)

    async def _end(self, transaction: Transaction, user_id: int, session_id: int | None) -> Sequence[Session]:
        ended = await self._store.revoke(transaction, user_id, session_id)
        if ended:
            await self._signals.announce(transaction, "person", user_id, [])
        return ended

    def _signed_in(self, user: User, session: Session, refresh_token: str) -> SignedIn:
        access_token, expires_at = self._access_tokens.issue(user.id, session.id, self._rules.access)
        refresh_for = int((session.expires_at - session.last_used_at).total_seconds())
        tokens = Tokens(access_token, int(self._rules.access.total_seconds()), refresh_token, refresh_for)
        return SignedIn(tokens, Viewer(user, session.id, expires_at))
