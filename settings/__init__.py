"""Every setting, once: read from the environment (and a .env file), by the names that docs/settings.md lists."""

import secrets
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import AwareDatetime, Field, StringConstraints, model_validator
from pydantic_settings import SettingsConfigDict
from sqlalchemy.engine import make_url

from settings.guard import Guard
from settings.keeping import write_once
from settings.kinds import Address, Bucket, Host, IssuerSetting, Origin, Word

__all__ = ["IssuerSetting", "Settings"]


class Settings(Guard):
    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore", hide_input_in_errors=True)

    app_name: str = Field("Marquee", description="the name shown in GraphiQL and /health")
    app_version: str = Field("0.1.0", description="the version shown in /health")
    environment: Literal["development", "test", "production"] = Field(
        "development", description="production hides GraphiQL and introspection and insists on real parts"
    )
    debug: bool = Field(False, description="log more")
    host: str = Field("127.0.0.1", description="the address to listen at")
    port: int = Field(8000, ge=0, le=65535, description="the port to listen at")
    backend_url: str | None = Field(
        None, description="the address clients know this server by; otherwise the one they called"
    )
    frontend_url: Origin | None = Field(
        None, description="the origin of the single-page app: may send cookies, and is where sign-in comes back to"
    )
    strict_cors: bool = Field(False, description="only FRONTEND_URL may call from a browser; in production always so")

    database_url: str | None = Field(None, description="PostgreSQL 15 or newer; unset, an embedded one is started")
    db_port: int | None = Field(None, description="replaces the port in DATABASE_URL")
    db_name: str | None = Field(None, description="replaces the database in DATABASE_URL")
    database_direct_url: str | None = Field(
        None, description="the same database without PgBouncer, for LISTEN; otherwise DATABASE_URL"
    )
    database_pool_size: int = Field(16, ge=2, description="connections of each process")
    database_statement_cache: bool = Field(True, description="off behind PgBouncer in transaction mode")
    progress_gathered: bool = Field(
        True, description="progress that many report at once is written at once; off, each report by itself"
    )
    compiled_execution: bool = Field(True, description="plans execute operations; off, graphql-core alone does")
    marquee_home: Path = Field(Path(".marquee"), description="where the embedded parts keep their data")
    media_root: Path | None = Field(None, description="the folder of the embedded object store")
    s3_bucket_name: Bucket | None = Field(
        None, description="the bucket of the object store; unset, the folder MEDIA_ROOT is one"
    )
    s3_region: Word = Field("ap-northeast-2", description="the region of the bucket")
    s3_endpoint_url: Address | None = Field(
        None, description="where MinIO, R2 or another store that speaks S3 answers; unset, it is AWS"
    )
    s3_public_url: Address | None = Field(
        None, description="where browsers reach it, if by another address than this server"
    )
    s3_addressing_style: Literal["auto", "path", "virtual"] = Field(
        "auto", description="where addresses name the bucket; auto is path where S3_ENDPOINT_URL is set, else virtual"
    )
    cloudfront_domain: Host | None = Field(
        None, description="the host of the CDN in front of the bucket, such as d111111abcdef8.cloudfront.net"
    )
    cloudfront_key_pair_id: Word | None = Field(
        None, description="the id of the public key at CloudFront; where set, its addresses are signed"
    )
    cloudfront_private_key: str | None = Field(
        None, description="the RSA key that goes with it, in PEM, or the path of a file with it"
    )
    gif_uploads: bool = Field(False, description="GIF images may be uploaded too")
    demonstration: bool | None = Field(
        None, description="make the demonstration catalogue; by default where the database is the embedded one"
    )

    session_secret: str | None = Field(
        None, min_length=32, description="what every other key is derived from; made once and kept where unset"
    )
    access_token_minutes: int = Field(30, ge=1, description="how long an access token lives")
    refresh_token_days: int = Field(7, ge=1, description="how long a refresh token lives unused")
    session_days: int = Field(90, ge=1, description="when a session ends, however often it was refreshed")
    refresh_grace_seconds: int = Field(10, ge=0, description="how long a replaced refresh token still works")
    signing_key_days: int = Field(90, ge=1, description="when a new signing key is made")
    stream_ticket_minutes: int = Field(240, ge=1, description="how long the address of a stream works")
    trusted_issuers: list[IssuerSetting] = Field(
        [], description="JSON list of {issuer, jwks_url, audience} whose access tokens are accepted too"
    )
    jwt_algorithm: Literal["RS256"] = Field("RS256", description="how tokens are signed; there is no other")
    session_cookie_name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,60}$")] = Field(
        "marquee_session", description="the cookie of browsers that ask for one; in production behind __Host-"
    )
    sign_in_tries_per_account: int = Field(10, ge=1, description="wrong passwords for one e-mail address")
    sign_in_tries_per_address: int = Field(100, ge=1, description="wrong passwords from one network address")
    sign_in_tries_minutes: int = Field(15, ge=1, description="within which they are counted, and then forgotten")
    linking_takes_over: bool | None = Field(
        None,
        description="who first proves an e-mail ends the ways in, and sessions, of before; by default in production",
    )
    test_tokens: bool | None = Field(None, description="issueTestToken signs anybody in; by default not in production")
    consent_since: AwareDatetime | None = Field(
        None, description="who gave consent before this moment is asked again, such as 2026-11-21T00:00:00Z"
    )

    keycloak_url: str | None = Field(None, description="Keycloak, whose access tokens are accepted")
    keycloak_realm: str = Field("formation-lap", description="the realm there")
    keycloak_client_id: str = Field("marquee", description="our client there; tokens must name it in `aud` or `azp`")
    keycloak_client_secret: str | None = Field(None, description="the secret of our client there")
    keycloak_admin_username: str | None = Field(
        None, description="who may make accounts there; where set, register makes them there"
    )
    keycloak_admin_password: str | None = Field(None, description="the password of who may")
    keycloak_issuer: str | None = Field(
        None, description="what its tokens say in `iss`; otherwise KEYCLOAK_URL/realms/KEYCLOAK_REALM"
    )
    keycloak_password_grant: bool | None = Field(
        None, description="login asks Keycloak by the password grant; by default not in production"
    )
    google_client_id: str | None = Field(None, description="sign-in by Google, where set")
    google_client_secret: str | None = Field(None, description="the secret that goes with it")
    google_redirect_uri: str | None = Field(
        None, description="where Google sends back to; otherwise /auth/google/callback"
    )
    google_issuer: str = Field("https://accounts.google.com", description="where Google is")
    github_client_id: str | None = Field(None, description="sign-in by GitHub, where set")
    github_client_secret: str | None = Field(None, description="the secret that goes with it")
    github_redirect_uri: str | None = Field(
        None, description="where GitHub sends back to; otherwise /auth/github/callback"
    )
    github_url: str = Field("https://github.com", description="where GitHub is")
    github_api_url: str = Field("https://api.github.com", description="where GitHub answers")
    kakao_client_id: str | None = Field(None, description="sign-in by Kakao, where set: the REST API key")
    kakao_client_secret: str | None = Field(None, description="the secret that goes with it, if Kakao wants one")
    kakao_redirect_uri: str | None = Field(
        None, description="where Kakao sends back to; otherwise /auth/kakao/callback"
    )
    kakao_scope: str = Field("profile_nickname,profile_image", description="what Kakao is asked; no e-mail in any case")
    kakao_admin_key: Word | None = Field(None, description="with which a person is unlinked at Kakao")
    kakao_auth_url: str = Field("https://kauth.kakao.com", description="where Kakao signs in")
    kakao_api_url: str = Field("https://kapi.kakao.com", description="where Kakao answers")

    ai_service_url: Address | None = Field(None, description="generates images, by POST /predict; unset, we draw them")
    meta_app_id: Word | None = Field(None, description="our app at Meta, for Instagram; where set, its secret must be")
    meta_app_secret: Word | None = Field(None, description="the secret that goes with it")
    meta_redirect_uri: Address | None = Field(None, description="where it sends back; else /oauth/instagram/callback")
    meta_scopes: str = Field("pages_show_list,instagram_basic", description="what Meta is asked to allow")
    meta_graph: Address = Field("https://graph.facebook.com/v24.0", description="where Meta's Graph interface answers")
    meta_facebook: Address = Field("https://www.facebook.com/v24.0", description="where Meta signs in")
    ig_long_lived_user_token: Word | None = Field(None, description="for personas without a token; not in production")
    encryption_keys: list[Annotated[str, StringConstraints(min_length=32)]] = Field(
        [],
        description="JSON list of secrets that encrypt others' tokens, the newest first; unset, SESSION_SECRET",
    )
    fcm_service_account: str | None = Field(
        None, description="the JSON key of a service account that may push by FCM, or the path of a file with it"
    )
    fcm_url: Address = Field("https://fcm.googleapis.com", description="where FCM answers")

    meilisearch_url: str | None = Field(None, description="Meilisearch; unset, contents are searched in PostgreSQL")
    meilisearch_api_key: Word | None = Field(None, description="a key that may search there, and keep our index")
    meilisearch_index: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,60}$")] = Field(
        "contents", description="what our index is called there; `-rebuild` behind it is ours too"
    )
    search_fallback: bool = Field(False, description="search in PostgreSQL while Meilisearch cannot be reached")

    tmdb_api_key: Word | None = Field(None, description="an API read access token of TMDB's, to look films up there")
    tmdb_url: str = Field("https://api.themoviedb.org/3", description="where TMDB answers")
    tmdb_image_url: str = Field("https://image.tmdb.org/t/p", description="where TMDB's pictures are")
    tmdb_language: str = Field("ko-KR", description="the language of what TMDB tells")
    jobs_in_server: bool = Field(True, description="run the jobs in the server process; off beside `worker`")

    @model_validator(mode="after")
    def _production_names_its_parts(self) -> Self:
        if self.environment == "production":
            needed = ["database_url", "session_secret"]
            if self.google_client_id or self.github_client_id or self.kakao_client_id or self.meta_app_id:
                needed += ["frontend_url", "backend_url"]  # where these ways in end, and where providers send back to
            missing = [name.upper() for name in needed if getattr(self, name) is None]
            if missing:
                raise ValueError(f"In production these must be set: {', '.join(missing)}.")
        return self

    @model_validator(mode="after")
    def _an_app_at_meta_has_a_secret(self) -> Self:
        if (self.meta_app_id is None) != (self.meta_app_secret is None):
            raise ValueError("META_APP_ID and META_APP_SECRET belong together.")
        return self

    @model_validator(mode="after")
    def _cloudfront_can_sign(self) -> Self:
        pair = (self.cloudfront_key_pair_id, self.cloudfront_private_key)
        if pair == (None, None):
            return self
        if None in pair or self.cloudfront_domain is None:
            raise ValueError(
                "CLOUDFRONT_KEY_PAIR_ID and CLOUDFRONT_PRIVATE_KEY belong together, and to a CLOUDFRONT_DOMAIN."
            )
        try:
            key = load_pem_private_key(self.cloudfront_pem().encode(), None)
        except (OSError, ValueError, TypeError, UnsupportedAlgorithm):
            key = None
        if not isinstance(key, RSAPrivateKey):
            raise ValueError("CLOUDFRONT_PRIVATE_KEY is no RSA key in PEM without a password, nor a file with one.")
        return self

    @property
    def development(self) -> bool:
        return self.environment != "production"

    @property
    def shows_schema(self) -> bool:
        return self.development if self.introspection is None else self.introspection

    @property
    def shows_metrics(self) -> bool:
        return self.development or self.metrics_token is not None

    @property
    def is_https(self) -> bool:
        """Whether browsers reach this server by HTTPS, as they always do in production."""
        return not self.development or (self.backend_url or "").startswith("https:")

    @property
    def keycloak_realm_url(self) -> str:
        return f"{(self.keycloak_url or '').rstrip('/')}/realms/{self.keycloak_realm}"

    @property
    def keycloak_issuer_name(self) -> str:
        return self.keycloak_issuer or self.keycloak_realm_url

    @property
    def issuer(self) -> str:
        """Our own name in tokens. It does not follow the port, so that tokens outlive a restart on another one."""
        return self.backend_url or "marquee"

    @property
    def access_lifetime(self) -> timedelta:
        return timedelta(minutes=self.access_token_minutes)

    @property
    def s3_style(self) -> Literal["path", "virtual"]:
        """Where addresses name the bucket."""
        if self.s3_addressing_style == "auto":
            return "path" if self.s3_endpoint_url else "virtual"
        return self.s3_addressing_style

    def cloudfront_pem(self) -> str:
        """CLOUDFRONT_PRIVATE_KEY, wherever it is. Raises OSError or ValueError where that is no file of text."""
        given = self.cloudfront_private_key or ""
        if "-----BEGIN" in given:
            return given.replace("\\n", "\n")  # many ways to write an environment know no line breaks
        return Path(given).read_text()

    def dsn(self) -> str | None:
        """DATABASE_URL as asyncpg reads it, with DB_PORT and DB_NAME put in; None where the database is embedded."""
        if self.database_url is None:
            return None
        made = make_url(self.database_url).set(drivername="postgresql")
        made = made.set(port=self.db_port or made.port, database=self.db_name or made.database)
        return made.render_as_string(hide_password=False)

    def direct_dsn(self) -> str | None:
        """Where LISTEN and migrations go, past any PgBouncer."""
        if self.database_direct_url is None:
            return self.dsn()
        return _as_asyncpg_reads(self.database_direct_url)

    def replica_dsn(self) -> str | None:
        return _as_asyncpg_reads(self.database_replica_url) if self.database_replica_url else None

    def secret(self) -> str:
        """SESSION_SECRET, or one that is made at the first start and kept beside the embedded data."""
        if self.session_secret:
            return self.session_secret
        kept = self.marquee_home / "session-secret"
        if not kept.exists():
            write_once(kept, secrets.token_urlsafe(48))
        return kept.read_text()


def _as_asyncpg_reads(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
