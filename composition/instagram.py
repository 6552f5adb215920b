"""Instagram for personas: Meta, the tokens it gave, and the ways to it."""

from functools import cached_property

import httpx2

import domain.instagram
import persistence.codes
import persistence.instagram
import persistence.instagram_tokens
import persistence.sessions
from domain.freshness import Freshness
from domain.instagram_authorization import InstagramAuthorization
from domain.instagram_tokens import Tokens
from domain.personas import PersonaStore
from integrations.encryption import Sealing
from integrations.instagram import MetaGraph
from integrations.secrets import InstagramStates
from jobs.clock import Job
from jobs.instagram import RenewInstagramTokens
from persistence.database import Database
from settings import Settings


class Instagram:
    """`http` asks Meta."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        http: httpx2.AsyncClient,
        personas: PersonaStore,
        freshness: Freshness,
    ) -> None:
        self._settings, self._database, self._personas = settings, database, personas
        self._freshness = freshness
        self.links = persistence.instagram.InstagramLinks(database)
        self.token_store = persistence.instagram_tokens.InstagramTokens(database)
        self.meta = MetaGraph(
            client=http,
            app_id=settings.meta_app_id,
            app_secret=settings.meta_app_secret,
            scopes=settings.meta_scopes,
            graph=settings.meta_graph,
            facebook=settings.meta_facebook,
        )

    @cached_property
    def tokens(self) -> Tokens:
        secrets = [*self._settings.encryption_keys, self._settings.secret()]
        return Tokens(self.token_store, Sealing(secrets, "tokens of strangers"))

    @cached_property
    def service(self) -> domain.instagram.Instagram:
        lent = self._settings.ig_long_lived_user_token if self._settings.development else None
        return domain.instagram.Instagram(self.meta, self._personas, self.links, self.tokens, lent=lent)

    @cached_property
    def authorization(self) -> InstagramAuthorization:
        return InstagramAuthorization(
            self.meta,
            self._personas,
            self.tokens,
            persistence.sessions.Sessions(self._database),
            persistence.codes.Codes(self._database),
            InstagramStates(self._settings.secret()),
            self._settings.meta_redirect_uri,
            self._freshness,
        )

    def jobs(self) -> list[Job]:
        return [Job("renew Instagram tokens", 3600, RenewInstagramTokens(self.meta, self.tokens))]
