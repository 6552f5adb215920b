"""Signing a persona in at Meta (RFC 6749): there with a state that names it, and back within ten minutes, once."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from domain.codes import CodeStore, hash_of
from domain.errors import Refusal, RefusalCode
from domain.freshness import Freshness
from domain.instagram import Meta, not_configured
from domain.instagram_tokens import Tokens
from domain.personas import PersonaStore
from domain.sessions import SessionStore
from domain.users import Viewer

_AT_META = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Authorization:
    """What a state says: who began, in which session, for which persona."""

    user_id: int
    session_id: int
    persona_id: int | None


@dataclass(frozen=True, slots=True)
class AuthorizationStarted:
    """`url` is at Meta, and good once."""

    url: str


class States(Protocol):
    def sign(self, authorization: Authorization) -> str:
        """Another one each time."""

    def read(self, state: str) -> Authorization | None:
        """None for what we did not sign."""


class InstagramAuthorization:
    """`codes` knows which states are still to come back: each is good once, by the database's clock. `own_callback` is
    where settings say that Meta sends back to, whatever address we were called by.
    """

    def __init__(
        self,
        meta: Meta,
        personas: PersonaStore,
        tokens: Tokens,
        sessions: SessionStore,
        codes: CodeStore,
        states: States,
        own_callback: str | None,
        freshness: Freshness,
    ) -> None:
        self._meta, self._personas, self._tokens = meta, personas, tokens
        self._sessions, self._codes, self._states = sessions, codes, states
        self._own_callback, self._freshness = own_callback, freshness

    async def start(self, viewer: Viewer, persona_id: int, callback: str) -> AuthorizationStarted:
        """`callback` is where Meta sends back to. Raises Refusal: PERSONA_REQUIRED, NOT_CONFIGURED."""
        await self._require(viewer.user.id, persona_id)
        state = self._states.sign(Authorization(viewer.user.id, viewer.session_id, persona_id))
        url = self._meta.authorization_url(self._own_callback or callback, state)
        await self._codes.insert(_key(state), _AT_META, viewer.user.id)
        return AuthorizationStarted(url)

    async def complete(self, state: str, code: str | None, callback: str, comer: int | None) -> None:
        """`code` is Meta's, None where it sent the browser back without one; `comer` is whose session the browser has
        with it, if any. Raises Refusal: SESSION_EXPIRED, PERSONA_REQUIRED, BAD_CREDENTIALS, UPSTREAM_FAILED,
        NOT_CONFIGURED.
        """
        if not self._meta.is_configured:
            raise not_configured()
        begun = self._states.read(state)
        if begun is None:
            raise _expired()
        if begun.persona_id is None:
            raise _persona_required()
        if not await self._codes.take(_key(state)):
            raise _expired()
        # Who was talked into ending what another began would give that other what is theirs at Meta.
        if comer not in (None, begun.user_id):
            raise _expired()
        if await self._sessions.living_user(begun.session_id, begun.user_id) is None:
            raise _expired()
        await self._require(begun.user_id, begun.persona_id)
        if not code:
            raise Refusal(RefusalCode.BAD_CREDENTIALS, "Meta did not sign you in.")
        token = await self._meta.token(code, self._own_callback or callback)
        if not await self._tokens.keep(begun.user_id, begun.persona_id, token):
            raise _persona_required()
        await self._freshness.wrote(begun.user_id)

    async def _require(self, user_id: int, persona_id: int) -> None:
        (persona,) = await self._personas.by_ids(user_id, [persona_id])
        if persona is None:
            raise _persona_required()


def _key(state: str) -> bytes:
    return hash_of("instagram", state)


def _expired() -> Refusal:
    message = "This sign-in at Meta was begun by somebody else, or too long ago. Please start again."
    return Refusal(RefusalCode.SESSION_EXPIRED, message)


def _persona_required() -> Refusal:
    return Refusal(RefusalCode.PERSONA_REQUIRED, "Instagram is linked with a persona of yours. Please choose one.")
