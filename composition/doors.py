"""The ASGI application: every door, with what settings say of each."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from starlette.datastructures import URL
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp

from composition.edges import believing, build_schema, listed_operations
from composition.observing import Observing
from composition.storing import Storing
from composition.ways_in import WaysIn
from domain.persisted import PersistedQueries
from resolvers.context import House
from settings import Settings
from web import graphiql
from web.app import plain_doors
from web.cookies import Cookies
from web.cors import Cors
from web.errors import refused_plainly
from web.front import Front
from web.graphql import GraphQLDoor, refused
from web.health import Health
from web.instagram import InstagramDoor
from web.media import StreamDoor
from web.oauth import OAuthDoors
from web.persisted import Documents
from web.rates import Rates


@dataclass(frozen=True)
class Doors:
    """`parts` are what /ready names, `published_keys` what others verify our tokens with."""

    settings: Settings
    house: House
    storing: Storing
    ways_in: WaysIn
    observing: Observing
    published_keys: Callable[[], Mapping[str, Any]]
    parts: Mapping[str, Callable[[], Awaitable[None]]]
    persisted: PersistedQueries

    def application(self, lifespan: Callable[[Any], AbstractAsyncContextManager[None]]) -> ASGIApp:
        settings, services = self.settings, self.house.services
        cookies = Cookies(settings.session_cookie_name, secure=settings.is_https)
        health = Health(settings.app_name, settings.app_version, self.parts)
        doors = plain_doors(
            stream=StreamDoor(services.playback, self.house.objects, self.storing.cdn),
            media=self.storing.door(),
            oauth=OAuthDoors(services.oauth, cookies, self.ways_in.redirect_uris, self.base_url, self.frontend_url),
            instagram=InstagramDoor(
                services.instagram_authorization, services.authentication, cookies, self.base_url, self.frontend_url
            ),
            published_keys=self.published_keys,
            health=health,
            metrics=self.observing.door(health.states),
            with_graphiql=settings.development,
            lifespan=lifespan,
        )
        cors = partial(Cors, frontend=settings.frontend_url, strict=settings.strict_cors or not settings.development)
        front = Front(
            Rates(self._graphql(cookies), self.house.allowance, refused),
            Rates(doors, self.house.allowance, refused_plainly),
            tells_cost=settings.development,
            cors=cors,
            observers=self.observing.observers,
        )
        return believing(front, [str(network) for network in settings.trusted_proxies])

    def _graphql(self, cookies: Cookies) -> GraphQLDoor:
        settings = self.settings
        origins = [settings.frontend_url] if settings.frontend_url else []
        page = graphiql.page if settings.development else None
        listed = listed_operations(settings)
        return GraphQLDoor(
            build_schema(settings, listed),
            self.house,
            self.base_url,
            page,
            cookies,
            origins,
            Documents(self.persisted, listed),
            settings.public_cache_seconds,
        )

    def base_url(self, connection: HTTPConnection) -> str:
        if self.settings.backend_url:
            return self.settings.backend_url.rstrip("/")
        scope = connection.scope
        return _address(scope["scheme"], connection.headers.get("host"), scope.get("server"))

    def frontend_url(self, connection: HTTPConnection) -> str | None:
        """Where people are sent when they have signed in: in development to a page of our own, if to no other."""
        return self.settings.frontend_url or (self.base_url(connection) if self.settings.development else None)


@lru_cache(maxsize=200)
def _address(scheme: str, host: str | None, server: tuple[str, int | None] | None) -> str:
    """This server's, as a client called it."""
    headers = [(b"host", host.encode("latin-1"))] if host else []
    url = URL(scope={"scheme": scheme, "server": server, "path": "/", "headers": headers})
    return f"{url.scheme.replace('ws', 'http')}://{url.netloc}"
