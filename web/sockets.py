"""GraphQL over WebSockets: graphql-transport-ws by Strawberry, with our way of signing in and out."""

import asyncio
from collections.abc import Callable
from contextvars import Context as Surroundings
from contextvars import copy_context
from datetime import timedelta
from functools import partial
from json import JSONDecodeError
from typing import Any

import orjson
import strawberry
from graphql import GraphQLError, GraphQLSyntaxError
from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect
from strawberry.asgi import ASGIWebSocketAdapter, GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler
from strawberry.subscriptions.protocols.graphql_transport_ws.types import (
    ConnectionInitMessage,
    PingMessage,
    SubscribeMessage,
)
from strawberry.types.unset import UNSET

from domain.authentication import Authentication
from domain.errors import CodedError, Unavailable
from resolvers.context import Context
from resolvers.nobody import Shared
from web.authentication import Doorkeeper
from web.errors import extensions, presented, refused_plainly
from web.json import text
from web.listeners import Listeners, TooManyListeners
from web.operations import MOST_CHARACTERS
from web.refusals import Refused, refusal

_PATIENCE = timedelta(seconds=10)
_ENDED = 4403
_TRY_AGAIN = 1013  # RFC 6455's registry: the server cannot just now
_MOST_OPERATIONS = 50
# Nobody in particular can only ask, so that a socket of theirs on which nothing is asked is of no use to them.
_SILENCE_SECONDS = 60.0
_DONE = 1000  # and not a code upon which clients come again at once
_LONGEST_REASON = 123  # bytes, by RFC 6455; with more, the close frame would be none
_LONGEST_ID = 1000  # it goes along with every event


class _Connection(ASGIWebSocketAdapter):
    async def send_text(self, text: str) -> None:
        try:
            await self.ws.send_text(text)
        except WebSocketDisconnect as error:
            raise WebSocketDisconnected from error

    async def close(self, code: int, reason: str) -> None:
        """Strawberry tells clients what they have said, however much that was."""
        await super().close(code, _brief(reason))


class _Handler(BaseGraphQLTransportWSHandler[Context, None]):
    websocket: _Connection
    _is_silent = False

    async def handle_connection_init(self, message: ConnectionInitMessage) -> None:
        await super().handle_connection_init(message)
        if not self.connection_acknowledged:
            return
        self.connection_init_timeout_task = None  # a cancelled task keeps all its frames
        if self.context.viewer is None and self.context.watch is None:
            self.context.watch = asyncio.create_task(self._close_when_silent())

    async def _close_when_silent(self) -> None:
        while not self._is_silent:
            self._is_silent = True
            await asyncio.sleep(_SILENCE_SECONDS)
        await self.websocket.close(_DONE, "Nothing was asked. Please connect again when there is something.")

    async def handle_ping(self, message: PingMessage) -> None:
        said = message.get("payload")
        await self.send_message({"type": "pong"} if said is None else {"type": "pong", "payload": said})

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        """Too much of it fails by itself, and neither what runs nor the socket with it."""
        self._is_silent = False
        known = message["id"] in self.operations or not self.connection_acknowledged
        if known or len(self.operations) < _MOST_OPERATIONS:
            await super().handle_subscribe(message)
            return
        beside = extensions("TOO_MANY_OPERATIONS", 429)
        error = GraphQLError(f"A socket may have {_MOST_OPERATIONS} operations at once.", extensions=beside)
        await self.send_message({"id": message["id"], "type": "error", "payload": [error.formatted]})

    async def send_message(self, message: Any) -> None:
        """What many are told is written once; only the envelope is everybody's own."""
        payload = message.get("payload") if message["type"] == "next" else None
        if payload and len(payload) == 1 and isinstance(data := payload["data"], Shared):
            data.text = data.text or text(data)
            await self.websocket.send_text(
                f'{{"id":{text(message["id"])},"type":"next","payload":{{"data":{data.text}}}}}'
            )
        else:
            await super().send_message(message)

    async def _send_result_stream(self, operation: Any, result_source: Any) -> None:
        """What is refused while it is parsed comes out as if it were our fault; the client is told of its own."""
        try:
            await super()._send_result_stream(operation, result_source)
        except GraphQLSyntaxError as error:
            await operation.send_initial_errors([presented(error)])
        except CodedError as error:
            await operation.send_initial_errors([presented(GraphQLError(error.message, original_error=error))])


class Sockets(GraphQL[Context, None]):
    """A socket signs in by `authorization` in its connection_init, by the header where a client can set one, or by our
    cookie; with a cookie, `x-csrf-token` in the connection_init is needed for mutations. It is closed with 4403 as soon
    as its session or token ends.
    """

    graphql_transport_ws_handler_class = _Handler
    websocket_adapter_class = _Connection

    def __init__(
        self,
        schema: strawberry.Schema,
        context: Callable[[HTTPConnection], Context],
        doorkeeper: Doorkeeper,
        authentication: Authentication,
        origins: list[str],
        listeners: Listeners,
    ) -> None:
        super().__init__(
            schema,
            graphql_ide=None,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            connection_init_wait_timeout=_PATIENCE,
            max_subscriptions_per_connection=None,
            allowed_origins=origins,
        )
        self._new_context, self._doorkeeper, self._authentication = context, doorkeeper, authentication
        self._listeners = listeners

    async def on_ws_connect(self, context: Context) -> Any:
        said = {name.lower(): value for name, value in (context.connection_params or {}).items()}
        claimed, context.csrf_token = said.get("authorization"), said.get("x-csrf-token")
        if not isinstance(claimed, str | None) or not isinstance(context.csrf_token, str | None):
            raise ConnectionRejectionError
        try:
            await self._doorkeeper.admit_socket(context.socket, context, claimed)
        except CodedError as error:
            # What may succeed later must not look like a session that has ended.
            code = _TRY_AGAIN if isinstance(error, Unavailable) else _ENDED
            await context.socket.close(code, _brief(error.message))
            raise WebSocketDisconnected from error
        if context.viewer is not None:
            await self._enter(context.viewer.user.id, context.socket)
            # The close is written in the log as this socket's.
            close = partial(self._close_ended, context, copy_context())
            context.watch = self._authentication.ending(context.viewer, close)
        _forget_what_was_said(context)
        return UNSET

    async def _enter(self, user_id: int, socket: WebSocket) -> None:
        try:
            self._listeners.sign_in(socket, user_id)
        except TooManyListeners as error:
            await socket.close(_TRY_AGAIN, _brief(f"{error.code}: {error.message}"))
            raise WebSocketDisconnected from error

    async def reject_websocket(self, request: WebSocket) -> WebSocket:
        message = "A page of that origin may not open a WebSocket here."
        await request.send_denial_response(refusal(Refused(403, message), request.url.path))
        return request

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        socket = WebSocket(scope, receive, send)
        context = self._new_context(socket)
        context.socket = socket
        try:
            self._listeners.come(socket, context.address)
            await self.run(socket, context)
        except TooManyListeners as error:
            await socket.send_denial_response(refused_plainly(socket, error))
        finally:
            if context.watch:
                context.watch.cancel()
            self._listeners.leave(socket, context.address, context.viewer.user.id if context.viewer else None)

    def _close_ended(self, context: Context, here: Surroundings) -> None:
        closing = context.socket.close(_ENDED, "This session has ended.")
        context.watch = asyncio.create_task(closing, context=here)

    def decode_json(self, data: str | bytes) -> object:
        """A well-formed message. Raises JSONDecodeError, upon which the socket is closed with 4400."""
        message = orjson.loads(data)
        if not _is_well_formed(message):
            raise JSONDecodeError("not a message of this protocol", "", 0)
        if message.get("payload", UNSET) is None:
            del message["payload"]  # which Strawberry takes for one of the wrong kind
        elif message["type"] == "subscribe" and message["payload"].get("operationName") == "":
            del message["payload"]["operationName"]  # as by HTTP: an empty name is none
        return message

    def encode_json(self, data: object) -> str:
        """Text and not bytes: bytes would leave as binary frames."""
        return text(data)


def _is_well_formed(message: Any) -> bool:
    """Whether a message has what its type must have. Types that do not exist are left to Strawberry."""
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        return False
    if message["type"] in {"subscribe", "complete"} and not (
        _is_text(message.get("id")) and len(message["id"]) <= _LONGEST_ID
    ):
        return False
    payload = message.get("payload")
    if message["type"] != "subscribe":
        return payload is None or isinstance(payload, dict)
    return (
        isinstance(payload, dict)
        and _is_text(payload.get("query"))
        and len(payload["query"]) <= MOST_CHARACTERS
        and isinstance(payload.get("operationName"), str | None)
        and all(isinstance(payload.get(name), dict | None) for name in ("variables", "extensions"))
    )


def _forget_what_was_said(context: Context) -> None:
    """To connect. A socket may be open for days; its tokens and headers are of no use any more."""
    context.connection_params = None
    context.socket.scope["headers"].clear()


def _brief(reason: str) -> str:
    return reason.encode()[:_LONGEST_REASON].decode(errors="ignore")


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""
