"""Who is asking: by an access token, ours or another issuer's, or by a cookie; and whether they still may."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from domain.endings import Ending, Endings
from domain.errors import Unauthenticated, Unavailable
from domain.freshness import Freshness
from domain.gathering import Gathering
from domain.identities import Identities
from domain.ports import Database, Signals, Transaction
from domain.sessions import (
    Client,
    Cookie,
    Presented,
    RefreshState,
    SessionRules,
    Sessions,
    SessionStore,
    remaining_seconds,
)
from domain.tokens import AccessTokens, Claims, CsrfTokens, RefreshSecrets
from domain.users import User, Viewer

# So many are looked for at once, so many wait to be, and so long.
_GROUP = 16
_MOST_WAITING = 10_000
_PATIENCE_SECONDS = 4.5
_ENDED = "This session has ended. Please sign in again."


@dataclass(frozen=True, slots=True)
class Resumed:
    """Whom a cookie speaks for, and the cookie that takes its place from now on, where one does."""

    viewer: Viewer
    renewed: Cookie | None


class Authentication:
    def __init__(
        self,
        database: Database,
        store: SessionStore,
        sessions: Sessions,
        identities: Identities,
        access_tokens: AccessTokens,
        cookies: RefreshSecrets,
        csrf_tokens: CsrfTokens,
        signals: Signals,
        rules: SessionRules,
        freshness: Freshness,
        group_failed: Callable[[int, Exception], None],
    ) -> None:
        self._database, self._store, self._sessions = database, store, sessions
        self._identities, self._access_tokens, self._cookies = identities, access_tokens, cookies
        self._csrf_tokens, self._rules, self._freshness = csrf_tokens, rules, freshness
        self._endings = Endings(signals, self.renewed)
        # On a busy server many ask in the same breath, and each asks this first.
        self._living = Gathering(self._users, self._user, group_failed, most=_GROUP, most_waiting=_MOST_WAITING)

    async def by_token(self, token: str, client: Client) -> Viewer:
        """Who an access token speaks for. Raises Unauthenticated, or UserNotFound for a stranger's good token."""
        claims = await self._access_tokens.verify(token)
        if claims.session_id is None:
            return await self._by_others_token(claims, client)
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                user = await self._living.ask((claims.session_id, int(claims.subject)), 1)
        except TimeoutError as error:
            raise Unavailable("Who is asking could not be found out in time. Please try again.") from error
        return Viewer(user, claims.session_id, claims.expires_at)

    async def by_cookie(self, value: str, *, renewing: bool) -> Resumed | None:
        """None for a cookie that opens nothing, or no longer. One that was replaced and comes back ends its session,
        but for the last one: it stays good until its successor has been seen, for an answer may be lost on its way,
        and for a few seconds after, for requests may overtake each other. `renewing`: whether the asker can be given
        another.
        """
        session_id, secret_hash = self._cookies.read(value)
        state = await self._store.state(session_id)
        if state is None or not state.alive:
            return None
        if secret_hash == state.refresh_hash and state.successor_seen and not (renewing and self._is_due(state)):
            return Resumed(Viewer(state.user, session_id, state.expires_at), None)
        async with self._database.writing() as transaction:
            return await self._resume(transaction, session_id, value, secret_hash, renewing)

    async def renewed(self, viewer: Viewer) -> Viewer | None:
        """The viewer as they are now; None where their session has ended. For what lives longer than a request."""
        user = await self._store.living_user(viewer.session_id, viewer.user.id)
        return replace(viewer, user=user) if user else None

    def csrf_token(self, viewer: Viewer) -> str:
        """What a page of the platform says beside a cookie, to show that it may read our answers."""
        return self._csrf_tokens.token(viewer.session_id)

    def ending(self, viewer: Viewer, then: Callable[[], None], *, by_rights: bool = False) -> Ending:
        """`then` is called as soon as this viewer's session or token ends, wherever it was ended; or, if asked, as soon
        as the person has another role or company than it was given for. Until then it must be cancelled by whoever no
        longer waits for it.
        """
        return self._endings.of(viewer, then, by_rights=by_rights)

    async def _users(self, asked: Sequence[tuple[int, int]]) -> list[User | Exception]:
        """Of these sessions and people."""
        return [user or Unauthenticated(_ENDED) for user in await self._store.living_users(asked)]

    async def _user(self, asked: tuple[int, int]) -> User:
        user = await self._store.living_user(*asked)
        if user is None:
            raise Unauthenticated(_ENDED)
        return user

    async def _by_others_token(self, claims: Claims, client: Client) -> Viewer:
        """Another issuer's token has a session here too, so that it can be listed and ended like any other."""
        known = await self._store.adopted(claims)
        if known is not None:
            return Viewer(*known, claims.expires_at)
        async with self._database.writing() as transaction:
            user = await self._identities.person_of_claims(transaction, claims)
            session = await self._store.adopt(transaction, user.id, client.label, claims)
            if session is None:
                raise Unauthenticated(_ENDED)
        await self._freshness.wrote(user.id)  # a person, perhaps, and a session
        return Viewer(user, session.id, claims.expires_at)

    async def _resume(
        self, transaction: Transaction, session_id: int, value: str, secret_hash: bytes, renewing: bool
    ) -> Resumed | None:
        """The same with the session held, for what changes it."""
        state = await self._store.for_refresh(transaction, session_id)
        if state is None or not state.alive:
            return None
        viewer = Viewer(state.user, session_id, state.expires_at)
        presented = state.judge(secret_hash, self._rules.grace)
        if presented is Presented.REPLAYED:
            await self._sessions.end(transaction, state.user.id, session_id)
            return None
        if presented is Presented.PREDECESSOR:
            lives_for = int((state.expires_at - state.now).total_seconds())
            return Resumed(viewer, Cookie(self._cookies.successor(value), lives_for))
        if not state.successor_seen:
            await self._store.saw_successor(transaction, session_id)
        elif renewing and self._is_due(state):
            return await self._replace(transaction, value, viewer)
        return Resumed(viewer, None)

    async def _replace(self, transaction: Transaction, value: str, viewer: Viewer) -> Resumed:
        successor = self._cookies.successor(value)
        secret_hash = self._cookies.read(successor)[1]
        session = await self._store.replace_hash(transaction, viewer.session_id, secret_hash, self._rules, seen=False)
        renewed = Cookie(successor, remaining_seconds(session))
        return Resumed(replace(viewer, expires_at=session.expires_at), renewed)

    def _is_due(self, state: RefreshState) -> bool:
        return state.now - state.rotated_at > self._rules.access
