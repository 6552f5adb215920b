"""Sessions: begun by a sign-in, refreshed without ever letting a refresh token work twice, ended at once."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from domain.errors import Refusal, RefusalCode, not_found
from domain.ports import Database, Signals, Transaction
from domain.tokens import AccessTokens, Claims, RefreshSecrets
from domain.users import User, Viewer


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
class Client:
    """What asks: how it calls itself, from which network address, and whether a cookie shall carry its session."""

    user_agent: str | None
    address: str
    wants_cookie: bool = False

    @property
    def label(self) -> str | None:
        """As a session is listed."""
        return self.user_agent[:300] if self.user_agent else None


@dataclass(frozen=True, slots=True)
class Tokens:
    """`expires_in` and `refresh_expires_in` are in seconds. Where a cookie carries the session, there are no tokens to
    hand out: the access token is empty, and `expires_in` is how long the cookie lives.
    """

    access_token: str
    expires_in: int
    refresh_token: str | None
    refresh_expires_in: int | None
    token_type: str


@dataclass(frozen=True, slots=True)
class Cookie:
    """What a browser keeps where no script can read it; `max_age` is in seconds."""

    value: str
    max_age: int


CLEARED = Cookie("", 0)


@dataclass(frozen=True, slots=True)
class SignedIn:
    tokens: Tokens
    viewer: Viewer
    cookie: Cookie | None = None


@dataclass(frozen=True, slots=True)
class SessionRules:
    """How long things last. A replaced refresh token still works within `grace`, so that two tabs do not sign each
    other out. A cookie is replaced as often as an access token would be.
    """

    access: timedelta
    refresh: timedelta
    absolute: timedelta
    grace: timedelta


class Presented(enum.Enum):
    """What somebody holds who wants a session to go on."""

    CURRENT = enum.auto()
    PREDECESSOR = enum.auto()
    REPLAYED = enum.auto()


@dataclass(frozen=True, slots=True)
class RefreshState:
    """What renewing a session needs to know of it; the times are the database's own. `successor_seen`: whether what
    replaced the previous secret has come back to us, as a refresh token's is taken to have.
    """

    user: User
    refresh_hash: bytes
    previous_hash: bytes | None
    rotated_at: datetime
    successor_seen: bool
    expires_at: datetime
    alive: bool
    now: datetime

    def judge(self, secret_hash: bytes, grace: timedelta) -> Presented:
        """A predecessor counts until its successor has been seen, and within `grace` after that."""
        if secret_hash == self.refresh_hash:
            return Presented.CURRENT
        in_grace = not self.successor_seen or self.now - self.rotated_at <= grace
        return Presented.PREDECESSOR if secret_hash == self.previous_hash and in_grace else Presented.REPLAYED


class SessionStore(Protocol):
    async def insert(
        self, transaction: Transaction, user_id: int, user_agent: str | None, secret_hash: bytes, rules: SessionRules
    ) -> Session: ...

    async def adopt(
        self, transaction: Transaction, user_id: int, user_agent: str | None, claims: Claims
    ) -> Session | None:
        """The session that another issuer's token belongs to, made where it is new, alive as long as the token; None
        where it, or all of the person's, was ended after the token was issued.
        """

    async def replace_hash(
        self, transaction: Transaction, session_id: int, secret_hash: bytes, rules: SessionRules, *, seen: bool
    ) -> Session: ...

    async def saw_successor(self, transaction: Transaction, session_id: int) -> None: ...

    async def state(self, session_id: int) -> RefreshState | None: ...

    async def for_refresh(self, transaction: Transaction, session_id: int) -> RefreshState | None:
        """Locks the session until the transaction ends."""

    async def touch(self, transaction: Transaction, session_id: int) -> Session: ...

    async def living_user(self, session_id: int, user_id: int) -> User | None:
        """The person, if this session of theirs is alive."""

    async def living_users(self, asked: Sequence[tuple[int, int]]) -> list[User | None]:
        """The same for many of such sessions and people, in their order."""

    async def adopted(self, claims: Claims) -> tuple[User, int] | None:
        """The person and the session of another issuer's token, if both are known and nothing about it is new."""

    async def living(self, user_id: int) -> list[Session]:
        """Last used first."""

    async def origin(self, session_id: int) -> tuple[str, str] | None:
        """Issuer and name over there of a session that another issuer's tokens opened."""

    async def revoke(self, transaction: Transaction, user_id: int, session_id: int | None) -> list[Session]:
        """Ends one session of this person, or all of them; answers those that were alive."""

    async def sign_out(self, transaction: Transaction, user_id: int) -> None:
        """Notes that all of this person's sessions are ended now; login codes open none any more either."""

    async def is_after_sign_out(self, transaction: Transaction, user_id: int, claims: Claims) -> bool:
        """Holds the person until the transaction ends."""

    async def revoke_of_issuer(self, transaction: Transaction, user_id: int, issuer: str) -> None:
        """Ends what another issuer's tokens opened; and login codes, which may be of it, open nothing."""


class Sessions:
    def __init__(
        self,
        database: Database,
        store: SessionStore,
        access_tokens: AccessTokens,
        refresh_tokens: RefreshSecrets,
        cookies: RefreshSecrets,
        signals: Signals,
        rules: SessionRules,
    ) -> None:
        self._database, self._store, self._signals, self._rules = database, store, signals, rules
        self._access_tokens, self._refresh_tokens, self._cookies = access_tokens, refresh_tokens, cookies

    async def begin(self, transaction: Transaction, user: User, client: Client) -> SignedIn:
        secrets = self._cookies if client.wants_cookie else self._refresh_tokens
        secret = secrets.first()
        session = await self._store.insert(transaction, user.id, client.label, secrets.hash_of(secret), self._rules)
        carried = secrets.token(session.id, secret)
        return _by_cookie(user, session, carried) if client.wants_cookie else self._by_tokens(user, session, carried)

    async def refresh(self, refresh_token: str) -> SignedIn:
        """Rotates both tokens. Raises Refusal SESSION_EXPIRED; a replayed token ends its whole session first."""
        session_id, secret_hash = self._refresh_tokens.read(refresh_token)
        async with self._database.writing() as transaction:
            state = await self._store.for_refresh(transaction, session_id)
            if state and state.alive:
                presented = state.judge(secret_hash, self._rules.grace)
                if presented is Presented.CURRENT:
                    return await self._rotate(transaction, session_id, refresh_token, state)
                if presented is Presented.PREDECESSOR:
                    session = await self._store.touch(transaction, session_id)
                    return self._by_tokens(state.user, session, self._refresh_tokens.successor(refresh_token))
                await self.end(transaction, state.user.id, session_id)
        raise Refusal(RefusalCode.SESSION_EXPIRED, "This session has ended. Please sign in again.")

    async def revoke(self, viewer: Viewer, session_id: int) -> Session:
        """Raises Refusal NOT_FOUND for anything but a living session of the viewer's own."""
        async with self._database.writing() as transaction:
            ended = await self.end(transaction, viewer.user.id, session_id)
        if not ended:
            raise not_found("session")
        return ended[0]

    async def revoke_all(self, viewer: Viewer) -> int:
        async with self._database.writing() as transaction:
            return len(await self.end_all(transaction, viewer.user.id))

    async def living(self, viewer: Viewer) -> list[Session]:
        return await self._store.living(viewer.user.id)

    async def origin(self, session: Session) -> tuple[str, str] | None:
        return await self._store.origin(session.id)

    async def end(self, transaction: Transaction, user_id: int, session_id: int | None) -> Sequence[Session]:
        """Ends one session of this person, or all; whoever watches one hears of it when the transaction commits."""
        ended = await self._store.revoke(transaction, user_id, session_id)
        if ended:
            await self._signals.announce(transaction, "person", user_id, [])
        return ended

    async def end_all(self, transaction: Transaction, user_id: int) -> Sequence[Session]:
        """Ends all, and lets no token of another issuer that was issued before open one any more."""
        await self._store.sign_out(transaction, user_id)
        return await self.end(transaction, user_id, None)

    async def is_after_sign_out(self, transaction: Transaction, user: User, claims: Claims) -> bool:
        """Whether this token of another issuer was issued after all of the person's sessions were last ended."""
        return await self._store.is_after_sign_out(transaction, user.id, claims)

    async def end_of_issuer(self, transaction: Transaction, user_id: int, issuer: str) -> None:
        """Ends what this issuer's tokens opened."""
        await self._store.revoke_of_issuer(transaction, user_id, issuer)
        await self._signals.announce(transaction, "person", user_id, [])

    async def _rotate(
        self, transaction: Transaction, session_id: int, refresh_token: str, state: RefreshState
    ) -> SignedIn:
        successor = self._refresh_tokens.successor(refresh_token)
        secret_hash = self._refresh_tokens.read(successor)[1]
        session = await self._store.replace_hash(transaction, session_id, secret_hash, self._rules, seen=True)
        return self._by_tokens(state.user, session, successor)

    def _by_tokens(self, user: User, session: Session, refresh_token: str) -> SignedIn:
        access_token, expires_at = self._access_tokens.issue(user.id, session.id, self._rules.access)
        access_for = int(self._rules.access.total_seconds())
        tokens = Tokens(access_token, access_for, refresh_token, remaining_seconds(session), "bearer")
        return SignedIn(tokens, Viewer(user, session.id, expires_at))


def _by_cookie(user: User, session: Session, value: str) -> SignedIn:
    lives_for = remaining_seconds(session)
    tokens = Tokens("", lives_for, None, None, "cookie")
    return SignedIn(tokens, Viewer(user, session.id, session.expires_at), Cookie(value, lives_for))


def remaining_seconds(session: Session) -> int:
    """How long a session that was used just now goes on without being used again."""
    return int((session.expires_at - session.last_used_at).total_seconds())
