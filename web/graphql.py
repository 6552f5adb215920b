"""GraphQL over HTTP, by the draft of that name: queries by GET and POST, mutations by POST, streams as server-sent
events. WebSockets are at the same address.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

import strawberry
from graphql import DocumentNode, GraphQLError, GraphQLSyntaxError, parse
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send
from strawberry.http.streaming import SSETransport, merge_stream_with_heartbeat
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType
from strawberry.utils.operation import get_operation_type

from domain.errors import CodedError
from domain.metering import meter
from resolvers.context import Context, House
from web.asking import Asked, NotRun, read, which
from web.authentication import Doorkeeper
from web.cookies import Cookies
from web.errors import CODES, extensions, presented, waiting
from web.events import Events
from web.json import json_response, text
from web.listeners import Listeners
from web.negotiation import EVENTS, GRAPHQL_JSON, JSON, media_type
from web.operations import MOST_TOKENS
from web.persisted import Documents, PersistedQueryNotFound
from web.sockets import Sockets

_BY_GET = frozenset({OperationType.QUERY})
_BY_POST = frozenset({OperationType.QUERY, OperationType.MUTATION})


class GraphQLDoor:
    """An ASGI application. `page` answers browsers, where there is a page to show."""

    def __init__(
        self,
        schema: strawberry.Schema,
        house: House,
        base_url: Callable[[HTTPConnection], str],
        page: Callable[[], Response] | None,
        cookies: Cookies,
        origins: list[str],
        documents: Documents,
        public_seconds: int,
    ) -> None:
        self._schema, self._house, self._base_url, self._page = schema, house, base_url, page
        self._cookies, self._doorkeeper = cookies, Doorkeeper(house.services.authentication, cookies)
        self._listeners = Listeners()
        authentication = house.services.authentication
        self._sockets = Sockets(schema, self._context, self._doorkeeper, authentication, origins, self._listeners)
        self._events = SSETransport()
        self._documents, self._cached = documents, _cached(public_seconds)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._sockets(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            response = await self._respond(request)
        except HTTPException as error:
            response = _refused(request, error.status_code, error.detail, error.headers)
        except (PersistedQueryNotFound, NotRun) as error:
            # Older clients read what is said only where the status is 200; then they send the text, for one.
            told = GraphQLError(error.message, extensions=extensions(error.code, error.status)).formatted
            response = _answer(request, {"errors": [told]}, _never_ran(request))
        except CodedError as error:
            response = refused(request, error)
        except GraphQLSyntaxError as error:
            response = _answer(request, {"errors": [presented(error).formatted]}, _never_ran(request))
        # What says nothing of caches, they may keep: a refusal, say, or a document that is not known yet.
        response.headers.setdefault("Cache-Control", "no-store")
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        if request.method not in {"GET", "POST"}:
            raise HTTPException(405, "GraphQL is asked by GET or POST.", {"Allow": "GET, POST"})
        if self._page and request.method == "GET" and _is_browser(request):
            return self._page()
        asked = await read(request, self._documents)
        context = self._context(request)
        await self._doorkeeper.admit(request, context)
        if media_type(request.headers) == EVENTS:
            response = await self._stream(request, asked, context)
        else:
            context.takes_cookies = True
            response = await self._execute(request, asked, context)
        if context.cookie:
            self._cookies.set_session(response, context.cookie)
        if context.viewer or context.cookie:
            # Caches know of themselves that what a token asked is private, but not what a cookie did.
            response.headers["Cache-Control"] = "private, no-store"
        return response

    async def _execute(self, request: Request, asked: Asked, context: Context) -> Response:
        try:
            result = await self._schema.execute(
                asked.query,
                variable_values=asked.variables,
                context_value=context,
                operation_name=asked.operation_name,
                allowed_operation_types=_BY_POST if request.method == "POST" else _BY_GET,
                operation_extensions=asked.extensions,
            )
        except InvalidOperationTypeError as error:
            raise _not_by_this_method(request.method, error) from error
        except CannotGetOperationTypeError as error:
            raise which() from error
        executed = result.data is not None or any(error.path for error in result.errors or ())
        body: dict[str, Any] = {"data": result.data} if executed else {}
        if result.errors:
            body["errors"] = [presented(error).formatted for error in result.errors]
        if result.extensions:
            body["extensions"] = result.extensions
        if not executed:
            return _answer(
                request,
                body,
                _status(request, result.errors or ()),
                waiting(*(error.original_error for error in result.errors or ())),
            )
        await self._documents.keep(asked.query, asked.extensions)
        cached = self._cached if request.method == "GET" and not result.errors else {}
        return _answer(
            request, body, 200, {**cached, **waiting(*(error.original_error for error in result.errors or ()))}
        )

    async def _stream(self, request: Request, asked: Asked, context: Context) -> Response:
        allowed = _BY_POST if request.method == "POST" else _BY_GET
        # Once the stream has begun, it is too late for a status.
        kind = _kind_of(parse(asked.query, no_location=True, max_tokens=MOST_TOKENS), asked.operation_name)
        if kind not in allowed | {OperationType.SUBSCRIPTION}:
            raise _not_by_this_method(request.method, InvalidOperationTypeError(kind))
        results: AsyncIterator[Any] = await self._schema.stream(
            asked.query,
            variable_values=asked.variables,
            context_value=context,
            operation_name=asked.operation_name,
            allowed_operation_types=allowed | {OperationType.SUBSCRIPTION},
            operation_extensions=asked.extensions,
        )

        async def events() -> Any:
            async for result in results:
                body: dict[str, Any] = {} if isinstance(result, PreExecutionError) else {"data": result.data}
                if result.errors:
                    body["errors"] = [presented(error).formatted for error in result.errors]
                if result.extensions:
                    body["extensions"] = result.extensions
                yield self._events.encode_next(body, text)  # type: ignore[arg-type]
            yield self._events.encode_complete()

        stream = merge_stream_with_heartbeat(
            events, lambda: self._events.heartbeat_message(text), interval=15, send_initial_heartbeat=True
        )
        if kind is not OperationType.SUBSCRIPTION:
            return StreamingResponse(stream(), headers=dict(self._events.headers))
        return Events(stream(), dict(self._events.headers), self._listeners.stream(context))

    def _context(self, connection: HTTPConnection) -> Context:
        current = meter.get()
        return Context(
            house=self._house,
            request_id=current.request_id if current else "",
            base_url=self._base_url(connection),
            user_agent=connection.headers.get("user-agent"),
            address=connection.client.host if connection.client else "",
        )


def _kind_of(document: DocumentNode, operation_name: str | None) -> OperationType:
    """Raises HTTPException where there is no such operation."""
    try:
        return get_operation_type(document, operation_name)
    except RuntimeError as error:
        raise which() from error


def _is_browser(request: Request) -> bool:
    return "query" not in request.query_params and "text/html" in request.headers.get("accept", "")


def _not_by_this_method(method: str, error: InvalidOperationTypeError) -> HTTPException:
    if error.operation_type is OperationType.SUBSCRIPTION:
        return HTTPException(400, "A subscription needs a WebSocket, or Accept: text/event-stream.")
    return HTTPException(405, f"A mutation must be sent by POST, not {method}.", {"Allow": "POST"})


def _never_ran(request: Request) -> int:
    """Old clients, which accept application/json alone, take any status but 200 for a fault of the network."""
    return 200 if media_type(request.headers) == JSON else 400


def _status(request: Request, errors: Sequence[GraphQLError]) -> int:
    """Of what was not executed. That something must wait, everybody between us and the client should know."""
    coded = [error.original_error.status for error in errors if isinstance(error.original_error, CodedError)]
    return next((status for status in coded if status in {403, 429, 503, 504}), _never_ran(request))


def _cached(seconds: int) -> dict[str, str]:
    """What is said of an answer that is the same for everybody."""
    if not seconds:
        return {"Cache-Control": "no-store"}
    return {"Cache-Control": f"public, max-age={seconds}", "Vary": "Accept, Authorization, Cookie"}


def refused(connection: HTTPConnection, error: CodedError) -> Response:
    """What is answered to a request that never became an operation, for this reason."""
    return _refused(connection, error.status, error.message, waiting(error), error.code, error.details)


def _answer(
    connection: HTTPConnection, body: dict[str, Any], status: int, headers: Mapping[str, str] | None = None
) -> Response:
    kind = GRAPHQL_JSON if media_type(connection.headers) == GRAPHQL_JSON else JSON
    return json_response(body, status, media_type=f"{kind}; charset=utf-8", headers=headers)


def _refused(
    connection: HTTPConnection,
    status: int,
    message: str,
    headers: Mapping[str, str] | None = None,
    code: str | None = None,
    details: Sequence[str] = (),
) -> Response:
    beside = extensions(code or CODES.get(status, "BAD_REQUEST"), status, details)
    error = GraphQLError(message, extensions=beside).formatted
    challenge = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    return _answer(connection, {"errors": [error]}, status, {**challenge, **(headers or {})})
