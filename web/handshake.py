"""The WebSockets of uvicorn, bounded: readers who do not read, messages in a thousand pieces, and no messages."""

import asyncio
from contextlib import suppress
from typing import Any, cast

import structlog
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.http11 import Request

from web.bounds import Configuration
from web.errors import public_path
from web.line import Line
from web.refusals import Refused, as_bytes, refusal
from web.waiting import Gate, Mailbox

_log = structlog.get_logger("socket")
_VERSION = "13"


class Handshake(WebSocketsSansIOProtocol):
    """One socket, from its handshake on."""

    # uvicorn has too many of them for CPython to share their names: each socket would have a dictionary of its own.
    __slots__ = (
        "_bounds",
        "_line",
        "app",
        "app_state",
        "asgi_version",
        "config",
        "conn",
        "connections",
        "default_headers",
        "frames",
        "logger",
        "loop",
        "queue",
        "root_path",
        "tasks",
        "transport",
        "writable",
    )

    def __init__(self, config: Any, server_state: Any, app_state: Any, _loop: Any = None) -> None:
        super().__init__(config, server_state, app_state, _loop)
        assert isinstance(config, Configuration)
        self._bounds = config.bounds
        self.queue, self.writable = cast(Any, Mailbox()), cast(Any, Gate())

    def connection_made(self, transport: Any) -> None:
        self._line: Line = transport
        self._line.patience = self._bounds.socket_unread_seconds
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._line.lost()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._line.is_closing():
            self._line.drop(data)
            return
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self._line.is_closing():
            self._refuse(Refused(400, "This handshake of a WebSocket cannot be read."))

    def handle_connect(self, event: Request) -> None:
        if self.conn.accept(event).status_code == 101:
            super().handle_connect(event)
        elif event.headers.get("Sec-WebSocket-Version") != _VERSION:
            headers = {"Sec-WebSocket-Version": _VERSION}
            self._refuse(Refused(426, f"We speak version {_VERSION} of WebSocket.", headers))
        else:
            self._refuse(Refused(400, "This is no handshake of a WebSocket."))

    def start_keepalive(self) -> None:
        """The handshake is over; what was said in it is in the scope. The parser keeps the request for ever."""
        self.request.headers.clear()
        self.request = self.response = cast(Any, None)
        super().start_keepalive()

    def _refuse(self, refused: Refused) -> None:
        """A handshake."""
        path = public_path(self.scope["path"]) if hasattr(self, "scope") else ""
        self.handshake_complete = self.close_sent = True
        self._line.write(as_bytes(refusal(refused, path), self.default_headers))
        self._line.close()

    def handle_parser_exception(self) -> None:
        self._line.unread = lambda: True  # the code that says what was wrong must not be lost
        super().handle_parser_exception()

    def handle_cont(self, event: Frame) -> None:
        if self.close_sent:
            return  # what came in the same breath as a fault
        if len(self.frames) > self._bounds.fragments:
            self.conn.fail(1009, "This message has too many fragments.")
            self.handle_parser_exception()
        else:
            super().handle_cont(event)

    def send_receive_event_to_app(self) -> None:
        if self.close_sent:
            return
        if self.curr_msg_data_type == "text" and not _is_text(self.frames):
            self.frames = []
            self.conn.fail(1007, "A text message must be UTF-8.")
            self.handle_parser_exception()
        else:
            super().send_receive_event_to_app()

    def handle_ping(self) -> None:
        """One who does not read is not answered; what would be said to it would pile up."""
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._line.watch()

    def resume_writing(self) -> None:
        super().resume_writing()
        if not self._line.is_closing():
            self._line.unwatch()

    def shutdown(self) -> None:
        self._line.unread = lambda: True
        if self.handshake_complete or self.close_sent:
            super().shutdown()
        else:
            self._refuse(Refused(503, "The server is ending.", {"Retry-After": "1"}))

    def cut(self) -> None:
        self._line.abort()

    async def run_asgi(self) -> None:
        """The application, whose faults are told in the log and close the socket by a code."""
        with suppress(ClientDisconnected):
            try:
                await self.app(self.scope, self.receive, self.send)
            except asyncio.CancelledError:
                self._line.abort()  # at the end of the process; nobody waits for this task
            except Exception:
                _log.exception("fault")
                if self.handshake_complete and not self.close_sent:
                    await self.send({"type": "websocket.close", "code": 1011})
            else:
                if not (self.handshake_complete or self.initial_response):
                    _log.error("not_answered")
        self.send_500_response()  # where there was no other
        if self.close_timer is None:
            self.transport.close()


def _is_text(frames: list[bytes]) -> bool:
    try:
        b"".join(frames).decode()
    except UnicodeDecodeError:
        return False
    return True
