"""What settings say of the outermost layers."""

from typing import Any, cast

import strawberry
from starlette.types import ASGIApp
from strawberry.extensions import DisableIntrospection, MaxTokensLimiter
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

import schema
from settings import Settings
from web.operations import MOST_TOKENS, SurroundOperation


def build_schema(settings: Settings) -> strawberry.Schema:
    """Production answers no introspection, and no guesses at what a client may have meant."""
    hidden = [] if settings.development else [DisableIntrospection]
    return schema.build(
        SurroundOperation, lambda: MaxTokensLimiter(MOST_TOKENS), *hidden, suggestions=settings.development
    )


def believing(app: ASGIApp, proxies: list[str]) -> ASGIApp:
    """What these networks say of the client's address and scheme is believed, and what anybody else says is not."""
    # uvicorn types what an ASGI application is in its own way.
    return cast(ASGIApp, ProxyHeadersMiddleware(cast(Any, app), proxies)) if proxies else app
