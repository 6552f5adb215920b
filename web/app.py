"""The plain doors, beside GraphQL."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from domain.errors import CodedError
from resolvers.instagram import CALLBACK
from web import graphiql, showcase, sign_in_page
from web.errors import on_coded_error, on_fault, on_http_exception
from web.health import Health
from web.instagram import InstagramDoor
from web.json import json_response
from web.media import MediaDoor, StreamDoor
from web.oauth import OAuthDoors


def plain_doors(
    *,
    stream: StreamDoor,
    media: MediaDoor | None,
    oauth: OAuthDoors,
    instagram: InstagramDoor,
    published_keys: Callable[[], Mapping[str, Any]],
    health: Health,
    metrics: Callable[[Request], Awaitable[Response]] | None,
    with_graphiql: bool,
    lifespan: Callable[[Any], AbstractAsyncContextManager[None]],
) -> Starlette:
    """Everything that is not GraphQL."""

    async def keys(_request: Request) -> Response:
        return json_response(published_keys(), headers={"Cache-Control": "public, max-age=300"})

    routes: list[Route | Mount] = [
        Route("/stream/{ticket}", stream.__call__),
        Route("/auth/{provider}/login", oauth.login),
        Route("/auth/{provider}/callback", oauth.callback),
        Route(CALLBACK, instagram.callback),
        Route("/.well-known/jwks.json", keys),
        Route("/health", health.alive),
        Route("/ready", health.ready),
    ]
    if media:
        routes.append(Route("/media/{key:path}", media.__call__, methods=["GET", "PUT"]))
    if metrics:
        routes.append(Route("/metrics", metrics))
    if with_graphiql:
        routes += [Route("/graphql/examples.json", graphiql.examples), Mount("/graphql/static", graphiql.Assets())]
        routes += [*sign_in_page.routes(), *showcase.routes()]
    handlers: dict[Any, Any] = {
        CodedError: on_coded_error,
        HTTPException: on_http_exception,
        Exception: on_fault,
    }
    return Starlette(routes=routes, exception_handlers=handlers, lifespan=lifespan)
