"""Everything that signs people in, put together: keys and tokens, passwords, providers, sessions."""

from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property

import httpx2

import domain.sessions
import domain.users
import persistence.attempts
import persistence.codes
import persistence.identities
import persistence.passwords
import persistence.profiles
import persistence.sessions
from composition.gathering import failing
from composition.including import included
from composition.sharing import Sharing
from domain.attempts import AttemptRules, Attempts
from domain.authentication import Authentication
from domain.identities import Identities, IdentityProvider, Provider
from domain.oauth import OAuth
from domain.password_backends import DelegatedPasswords, LocalPasswords
from domain.ports import Signals
from domain.profiles import Profiles
from domain.sessions import SessionRules
from domain.sign_in import SignIn
from domain.users import UserStore
from integrations.issuers import KeySet, RemoteKeys
from integrations.keycloak import Keycloak
from integrations.passwords import PwdlibPasswords
from integrations.secrets import CsrfTokens, FlowSecrets, RefreshTokens
from integrations.signing_keys import SigningKeys
from integrations.tokens import JwtAccessTokens, TrustedIssuer
from persistence.database import Database
from settings import Settings


class WaysIn:
    """`http` asks strangers; `signing_keys` sign our own tokens, and `own_keys` check them."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        signals: Signals,
        http: httpx2.AsyncClient,
        users: UserStore,
        signing_keys: SigningKeys,
        own_keys: KeySet,
        passwords: PwdlibPasswords,
        sharing: Sharing,
    ) -> None:
        self._settings, self._database, self._signals, self._http = settings, database, signals, http
        self._users, self._signing_keys, self._own_keys, self._passwords = users, signing_keys, own_keys, passwords
        self._secret, self._allowance, self._freshness = settings.secret(), sharing.allowance, sharing.freshness
        self._cookies = RefreshTokens(self._secret, "session cookie")
        self.session_store = persistence.sessions.Sessions(database)
        self.codes = persistence.codes.Codes(database)
        self.attempts = persistence.attempts.Attempts(database)
        self.identity_store = persistence.identities.Identities(database)
        self.password_store = persistence.passwords.Passwords(database)

    @cached_property
    def people(self) -> domain.users.Users:
        return domain.users.Users(self._database, self._users, self._signals)

    @cached_property
    def sessions(self) -> domain.sessions.Sessions:
        return domain.sessions.Sessions(
            self._database,
            self.session_store,
            self._access_tokens,
            RefreshTokens(self._secret),
            self._cookies,
            self._signals,
            self._rules,
        )

    @cached_property
    def identities(self) -> Identities:
        settings, wanted = self._settings, self._settings.linking_takes_over
        return Identities(
            self._database,
            self.identity_store,
            self._users,
            self.password_store,
            self.sessions,
            self._providers,
            self._issuers,
            takes_over=not settings.development if wanted is None else wanted,
        )

    @cached_property
    def authentication(self) -> Authentication:
        return Authentication(
            self._database,
            self.session_store,
            self.sessions,
            self.identities,
            self._access_tokens,
            self._cookies,
            CsrfTokens(self._secret),
            self._signals,
            self._rules,
            self._freshness,
            failing("sessions"),
        )

    @cached_property
    def oauth(self) -> OAuth:
        return OAuth(self._providers, self.identities, self.codes, FlowSecrets(self._secret), self._allowance)

    @cached_property
    def sign_in(self) -> SignIn:
        settings = self._settings
        test_tokens = settings.development if settings.test_tokens is None else settings.test_tokens
        return SignIn(
            self._database,
            self.sessions,
            self.people,
            self.password_store,
            LocalPasswords(self._database, self._users, self.password_store, self._passwords, self.sessions),
            self._delegated,
            self.codes,
            self._counted,
            self._allowance,
            test_tokens=test_tokens,
        )

    @cached_property
    def _counted(self) -> Attempts:
        settings = self._settings
        window = timedelta(minutes=settings.sign_in_tries_minutes)
        rules = AttemptRules(settings.sign_in_tries_per_account, settings.sign_in_tries_per_address, window)
        return Attempts(self.attempts, rules)

    @cached_property
    def profiles(self) -> Profiles:
        return Profiles(self._database, persistence.profiles.Profiles(self._database), self._settings.consent_since)

    @property
    def redirect_uris(self) -> Mapping[IdentityProvider, str | None]:
        """Where providers send back to, where settings name it."""
        return {
            IdentityProvider.GOOGLE: self._settings.google_redirect_uri,
            IdentityProvider.GITHUB: self._settings.github_redirect_uri,
            IdentityProvider.KAKAO: self._settings.kakao_redirect_uri,
        }

    @cached_property
    def _rules(self) -> SessionRules:
        settings = self._settings
        return SessionRules(
            access=settings.access_lifetime,
            refresh=timedelta(days=settings.refresh_token_days),
            absolute=timedelta(days=settings.session_days),
            grace=timedelta(seconds=settings.refresh_grace_seconds),
        )

    @cached_property
    def _access_tokens(self) -> JwtAccessTokens:
        settings = self._settings
        trusted = [(other.issuer, other.jwks_url, other.audience) for other in settings.trusted_issuers]
        if settings.keycloak_url:
            keys = f"{settings.keycloak_realm_url}/protocol/openid-connect/certs"
            trusted.append((settings.keycloak_issuer_name, keys, settings.keycloak_client_id))
        issuers = [
            TrustedIssuer(issuer, KeySet(RemoteKeys(self._http, url)), audience) for issuer, url, audience in trusted
        ]
        return JwtAccessTokens(settings.issuer, self._signing_keys, self._own_keys, issuers)

    @cached_property
    def _delegated(self) -> DelegatedPasswords | None:
        """Keycloak, where accounts may be made there."""
        settings = self._settings
        if not (settings.keycloak_url and settings.keycloak_admin_username and settings.keycloak_admin_password):
            return None
        granted = settings.keycloak_password_grant
        return DelegatedPasswords(
            self._database,
            self._users,
            Keycloak(
                client=self._http,
                url=settings.keycloak_url,
                realm=settings.keycloak_realm,
                client_id=settings.keycloak_client_id,
                client_secret=settings.keycloak_client_secret,
                admin_username=settings.keycloak_admin_username,
                admin_password=settings.keycloak_admin_password,
            ),
            self.identities,
            self.identity_store,
            self._access_tokens,
            self.sessions,
            self._counted,
            settings.keycloak_issuer_name,
            takes_passwords=settings.development if granted is None else granted,
        )

    @cached_property
    def _providers(self) -> Mapping[IdentityProvider, Provider]:
        """Those that settings name."""
        settings = self._settings
        if not (settings.google_client_id or settings.github_client_id or settings.kakao_client_id):
            return {}
        found: Mapping[IdentityProvider, Provider] = included("providers").providers(settings, self._http)
        return found

    @property
    def _issuers(self) -> Mapping[str, IdentityProvider]:
        settings = self._settings
        known = {
            settings.google_issuer: IdentityProvider.GOOGLE,
            settings.github_url: IdentityProvider.GITHUB,
            settings.kakao_auth_url: IdentityProvider.KAKAO,
        }
        return known | ({settings.keycloak_issuer_name: IdentityProvider.KEYCLOAK} if settings.keycloak_url else {})
