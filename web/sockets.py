"""GraphQL over WebSockets: graphql-transport-ws by Strawberry, with our way of signing in and out."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
import strawberry
from starlette.requests import HTTPConnection
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.unset import UNSET

from domain.errors import CodedError
from domain.sessions import Sessions
from resolvers.context import Context
from web.authentication import viewer_of
from web.json import text

_ENDED = 4403
_MOST_OPERATIONS = 50


class Sockets(GraphQL[Context, None]):
    """A socket signs in by `authorization` in its connection_init, or by the header where a client can set one. It is
    closed with 4403 as soon as its session or token ends.
    """

    def __init__(
        self,
        schema: strawberry.Schema,
        context: Callable[[HTTPConnection], Context],
        sessions: Sessions,
        origins: list[str],
    ) -> None:
        super().__init__(
            schema,
            graphql_ide=None,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            connection_init_wait_timeout=timedelta(seconds=10),
            max_subscriptions_per_connection=_MOST_OPERATIONS,
            allowed_origins=origins,
        )
        self._new_context, self._sessions = context, sessions

    async def get_context(self, request: Any, response: Any) -> Context:
        context = self._new_context(request)
        context.socket = response
        return context

    async def on_ws_connect(self, context: Context) -> Any:
        params = context.connection_params or {}
        claimed = params.get("authorization", params.get("Authorization"))
        header = context.socket.headers.get("authorization")
        if claimed is not None and not isinstance(claimed, str):
            raise ConnectionRejectionError
        try:
            context.viewer = await viewer_of(self._sessions, claimed if claimed is not None else header)
        except CodedError as error:
            raise ConnectionRejectionError from error
        if context.viewer is not None:
            context.watch = asyncio.create_task(self._close_when_ended(context))
        return UNSET

    async def run(self, request: Any, context: Any = UNSET, root_value: Any = UNSET) -> Any:
        context = await self.get_context(request, request) if context is UNSET else context
        try:
            return await super().run(request, context, root_value)
        finally:
            if context.watch:
                context.watch.cancel()

    async def _close_when_ended(self, context: Context) -> None:
        assert context.viewer is not None
        async with self._sessions.ending(context.viewer) as ended:
            await ended.wait()
        await context.socket.close(_ENDED, "This session has ended.")

    def decode_json(self, data: str | bytes) -> object:
        return orjson.loads(data)

    def encode_json(self, data: object) -> str:
        """Text and not bytes: bytes would leave as binary frames."""
        return text(data)
