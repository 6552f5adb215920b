"""Instagram: the accounts that a persona may speak for, and the one that it is linked with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.errors import Refusal, RefusalCode
from domain.instagram_tokens import DeadToken, MetaToken, Tokens
from domain.personas import Persona, PersonaStore, own_persona
from domain.users import Viewer


@dataclass(frozen=True, slots=True)
class InstagramAccount:
    """An account at Instagram, and the page at Facebook that it belongs to. Both ids are theirs."""

    instagram_user_id: str
    username: str
    facebook_page_id: str
    facebook_page_name: str


@dataclass(frozen=True, slots=True)
class InstagramLink:
    persona_id: int
    instagram_user_id: str
    username: str
    facebook_page_id: str
    linked_at: datetime


@dataclass(frozen=True, slots=True)
class InstagramAccountList:
    accounts: Sequence[InstagramAccount]


class Meta(Protocol):
    """Whose Instagram is. Everything raises Refusal UPSTREAM_FAILED; nothing that is raised holds a token."""

    @property
    def is_configured(self) -> bool:
        """Whether we have an app there, by which people can sign in."""

    def authorization_url(self, redirect_uri: str, state: str) -> str:
        """Where a browser is sent. Raises Refusal NOT_CONFIGURED."""

    async def token(self, code: str, redirect_uri: str) -> MetaToken:
        """Raises Refusal: NOT_CONFIGURED, BAD_CREDENTIALS for a code that Meta does not take."""

    async def renewed(self, token: str) -> MetaToken:
        """Another one for the same, good for longer. Raises DeadToken, Refusal NOT_CONFIGURED."""

    async def accounts(self, token: str) -> list[InstagramAccount]:
        """Raises DeadToken, or Refusal PERSONA_OAUTH_REQUIRED where not everything was allowed that we need."""


class LinkStore(Protocol):
    async def links(self, persona_ids: Sequence[int]) -> list[InstagramLink | None]: ...

    async def link(self, persona_id: int, account: InstagramAccount, *, by_own_token: bool) -> bool:
        """In place of another. False where the persona is gone by now; or, if it was by its own token, that is."""

    async def unlink(self, persona_id: int) -> None:
        """Forgets the link, and the token."""


class Instagram:
    """`lent` is a token for personas without one of their own, for development."""

    def __init__(
        self, meta: Meta, personas: PersonaStore, links: LinkStore, tokens: Tokens, *, lent: str | None
    ) -> None:
        self._meta, self._personas, self._links = meta, personas, links
        self._tokens, self._lent = tokens, lent or None

    async def accounts(self, viewer: Viewer, persona_id: int) -> InstagramAccountList:
        """Raises Refusal: NOT_FOUND, PERSONA_OAUTH_REQUIRED, NOT_CONFIGURED, UPSTREAM_FAILED."""
        await own_persona(self._personas, viewer, persona_id)
        accounts, _own = await self._behind(persona_id)
        return InstagramAccountList(accounts)

    async def link(self, viewer: Viewer, persona_id: int, instagram_user_id: str, facebook_page_id: str) -> Persona:
        """Only with an account that is behind the persona's token. Raises Refusal as `accounts` does."""
        persona = await own_persona(self._personas, viewer, persona_id)
        accounts, own = await self._behind(persona_id)
        for account in accounts:
            if (account.instagram_user_id, account.facebook_page_id) == (instagram_user_id, facebook_page_id):
                if await self._links.link(persona_id, account, by_own_token=own):
                    return persona
                raise self._no_token()
        message = "This Instagram account is not among those that this persona may speak for."
        raise Refusal(RefusalCode.NOT_FOUND, message)

    async def unlink(self, viewer: Viewer, persona_id: int) -> Persona:
        """Linking anew begins with signing in at Meta. Raises Refusal NOT_FOUND for a persona of nobody's or another's,
        and does nothing where nothing is linked.
        """
        persona = await own_persona(self._personas, viewer, persona_id)
        await self._links.unlink(persona_id)
        return persona

    async def _behind(self, persona_id: int) -> tuple[list[InstagramAccount], bool]:
        """The accounts behind the persona's token, and whether that is its own."""
        own = await self._tokens.of_persona(persona_id)
        text = own.text if own else self._lent
        if text is None:
            raise self._no_token()
        try:
            return await self._meta.accounts(text), own is not None
        except DeadToken:
            if own is None:
                message = "The token that this server lends to personas is no longer good at Meta."
                raise Refusal(RefusalCode.UPSTREAM_FAILED, message) from None
            await self._tokens.forget(own)
        raise self._no_token()

    def _no_token(self) -> Refusal:
        if self._meta.is_configured:
            message = "This persona is not signed in at Meta, or not any more. Please sign in there."
            return Refusal(RefusalCode.PERSONA_OAUTH_REQUIRED, message)
        return not_configured()


def not_configured() -> Refusal:
    message = "This server has no app at Meta: its settings META_APP_ID and META_APP_SECRET are empty."
    return Refusal(RefusalCode.NOT_CONFIGURED, message)
