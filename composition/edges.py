"""What settings say of the outermost layers."""

from collections.abc import Mapping
from functools import partial
from typing import Any, cast

import strawberry
from starlette.types import ASGIApp
from strawberry.extensions import DisableIntrospection
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

import execution
import schema
from domain.persisted import sha256
from resolvers.nobody import Nobody
from settings import Settings
from web.deadline import Deadline
from web.judging import Judging
from web.judging.known import Library
from web.operations import MOST_TOKENS, SurroundOperation
from web.persisted import OnlyListed, read_list
from web.proxies import Unbelieving
from web.traces import TracesOf


def listed_operations(settings: Settings) -> dict[str, str] | None:
    """The only operations that may run, by name, where there is a list of them."""
    if settings.operations_file is None:
        return None
    try:
        return read_list(settings.operations_file.read_text())
    except (OSError, ValueError) as error:
        raise SystemExit(f"OPERATIONS_FILE cannot be used: {error}.") from None


def build_schema(settings: Settings, listed: Mapping[str, str] | None = None) -> strawberry.Schema:
    """Production answers no introspection, and no guesses at what a client may have meant."""
    hidden = [] if settings.shows_schema else [DisableIntrospection]
    only = [] if listed is None else [partial(OnlyListed, frozenset(map(sha256, listed.values())))]
    judging = partial(Judging, Library(MOST_TOKENS), settings.operation_cost_limit, suggestions=settings.shows_schema)
    return schema.build(
        SurroundOperation,
        lambda: Deadline(settings.operation_seconds),
        *only,
        *hidden,
        judging,
        suggestions=settings.shows_schema,
        executor=execution.executor(Nobody, planned=settings.compiled_execution),
    )


def believing(app: ASGIApp, proxies: list[str]) -> ASGIApp:
    """What these networks say of the client's address and scheme, and of the trace that a request belongs to, is
    believed, and what anybody else says is not.
    """
    if not proxies:
        return TracesOf(lambda _: False, Unbelieving(app))
    # uvicorn types what an ASGI application is in its own way.
    believed = ProxyHeadersMiddleware(cast(Any, app), proxies)
    return TracesOf(lambda address: address in believed.trusted_hosts, cast(ASGIApp, believed))
