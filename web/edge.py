"""The HTTP of uvicorn, bounded: what is too large, too slow or no HTTP is refused before an application hears of it."""

import asyncio
import enum
from functools import partial
from typing import Any, cast

import httptools
import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from web.bounds import Configuration
from web.crowd import peer_of
from web.errors import public_path
from web.heads import head_too_large, judge_head, judge_upgrade
from web.line import Line
from web.refusals import Refused, as_bytes, refusal

_log = structlog.get_logger("edge")
# Bodies that may be large, and whose door has a patience of its own.
_UPLOADS = b"/media/"
# How many bytes there may be around one byte of a body, in chunks of one byte and a few words about each.
_FRAMING = 16
# How many connections there may be, above those that are served, to be told that there are too many.
_TURNED_AWAY = 100


class Part(enum.Enum):
    """What of a request is still coming."""

    NOTHING = enum.auto()
    HEAD = enum.auto()
    BODY = enum.auto()


class Edge(HttpToolsProtocol):
    """One connection. What is refused is answered behind what was asked before it, and then nothing more is heard."""

    def __init__(self, config: Any, server_state: Any, app_state: Any, _loop: Any = None) -> None:
        super().__init__(config, server_state, app_state, _loop)
        assert isinstance(config, Configuration)
        self._bounds, self._waiting, self._crowd = config.bounds, config.waiting, config.crowd
        self._part = Part.NOTHING
        # Since when it is waited for what is coming; None while it is not waited for anything.
        self._since: float | None = self.loop.time()
        self._heard = self.loop.time()
        # Bytes: of the piece that is being read, of what this head came with, around this body, and of it.
        self._piece = self._fed = self._framing = self._body = 0
        self._refused: Refused | None = None
        self._deaf = self._ending = self._upgrades = False
        self._watch: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        self._line = Line(transport, self._bounds, lambda: self._deaf or self._part is Part.BODY)
        super().connection_made(cast(asyncio.Transport, self._line))
        self._waiting[self] = None
        self._watch = self.loop.call_later(self._bounds.glance_seconds, self._glance)
        self._come()

    def connection_lost(self, exc: Exception | None) -> None:
        self._leave()
        self._line.lost()
        super().connection_lost(exc)

    def _leave(self) -> None:
        self._waiting.pop(self, None)
        if self._watch:
            self._watch.cancel()
            self._watch = None

    def _come(self) -> None:
        """In a full house others give way, and those of one's own address where it has its share of the house."""
        self._peer = peer_of(self.client[0], self._bounds.proxies) if self.client else None
        if self._peer is not None:
            self._crowd.enter(self._peer, self._line)
            self._line.at_end = partial(self._crowd.leave, self._peer, self._line)
        own, most = self._crowd.count(self._peer), self._bounds.connections_of_an_address
        if len(self.connections) > self._bounds.connections:
            self._make_room(next(iter(self._waiting)), len(self.connections) - self._bounds.connections)
        elif own > most:
            self._make_room(next(one for one in self._waiting if one._peer == self._peer), own - most)

    def _make_room(self, longest: "Edge", above: int) -> None:
        """Whoever has held a connection the longest without asking anything gives way."""
        if longest is not self:
            longest.hang_up()
        elif above > _TURNED_AWAY:
            self._line.abort()
        else:
            self._refuse(Refused(503, "There are too many connections.", {"Retry-After": "1"}))

    def hang_up(self) -> None:
        self._waiting.pop(self, None)
        if not self._is_answering:
            self.transport.close()

    @property
    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _glance(self) -> None:
        """Now and then: has it taken too long?"""
        self._watch = self.loop.call_later(self._bounds.glance_seconds, self._glance)
        now = self.loop.time()
        if self._deaf or self._since is None:
            return
        if self._is_answering:
            if self._part is Part.BODY and self._is_late(now, self._since):
                self._refuse(Refused(408, "The body of the request did not come in time."))
        elif now - self._since > self._bounds.head_seconds:
            if self._part is Part.HEAD:
                self._refuse(Refused(408, "The head of the request did not come in time."))
            else:
                self.hang_up()

    def _is_late(self, now: float, since: float) -> bool:
        if self.flow.read_paused or self.url.startswith(_UPLOADS):
            return False
        return now - since > self._bounds.body_seconds or now - self._heard > self._bounds.body_silence_seconds

    def data_received(self, data: bytes) -> None:
        self._heard = self.loop.time()
        if self._deaf or self._line.is_closing():
            self._line.drop(data)
            return
        self._unset_keepalive_if_required()
        if self._since is None:
            self._since = self._heard
        self._piece = len(data)
        self._fed += self._piece
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._upgrade()
        except httptools.HttpParserError as error:
            said = error.__context__
            self._refuse(said if isinstance(said, Refused) else Refused(400, "This is not HTTP as we read it."))
        else:
            self._judge_rest()

    def _judge_rest(self) -> None:
        """What has come of a request that is not whole yet."""
        if self._part is Part.HEAD:
            if self._fed - self._piece > self._bounds.head_bytes:
                self._refuse(head_too_large())
        elif self._part is Part.BODY:
            self._framing += self._piece
            if self._framing > self._bounds.head_bytes + _FRAMING * self._body:
                self._refuse(Refused(400, "There is far more around the body than in it."))

    def on_message_begin(self) -> None:
        if len(self.pipeline) >= self._bounds.requests_in_line:
            raise Refused(503, "Too many requests are waiting for an answer.", {"Retry-After": "1"})
        super().on_message_begin()
        self._part, self._fed, self._upgrades = Part.HEAD, self._piece, False

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > self._bounds.url_bytes:
            raise Refused(414, f"An address may have at most {self._bounds.url_bytes} bytes.")

    def on_headers_complete(self) -> None:
        self._judge_head()
        self._waiting.pop(self, None)
        self._part, self._since, self._framing, self._body = Part.BODY, self._heard, -self._piece, 0
        super().on_headers_complete()
        if self._upgrades:
            return
        if self._ending or self.parser.should_upgrade():
            self.cycle.keep_alive = False
        # What follows a body in chunks is no part of the head, whatever it calls itself.
        self.headers = []

    def _judge_head(self) -> None:
        judge_head(self.url, self.headers, self.parser.get_http_version(), self._fed, self._bounds)
        if not self.parser.should_upgrade():
            return
        self._upgrades = super()._should_upgrade()
        by_get = not self._upgrades or self.parser.get_method() == b"GET"
        judge_upgrade(self.headers, by_get=by_get, behind_others=self._is_answering)
        if self._ending and self._upgrades:
            raise _ending()  # the sockets have been told by now to come again, and this one would not be

    def _should_upgrade(self) -> bool:
        return self._upgrades

    def _upgrade(self) -> None:
        if self._upgrades:
            self._leave()
            self._line.unread = lambda: False
            self.handle_websocket_upgrade()
        else:
            self._deaf = True  # it goes on as HTTP, but what comes behind may be anything

    def on_body(self, body: bytes) -> None:
        self._body += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._part, self._since = Part.NOTHING, None

    def on_response_complete(self) -> None:
        others_wait = bool(self.pipeline)
        super().on_response_complete()
        if self._line.is_closing() or others_wait:
            return
        if self._refused:
            self._answer(self._refused)
            return
        self._waiting[self] = None
        if self._part is Part.HEAD:
            self._since = self.loop.time()

    def _refuse(self, refused: Refused) -> None:
        """What is being read now, as soon as what came before it is answered."""
        self._deaf = True
        self._waiting.pop(self, None)
        own = self.cycle if self._part is Part.BODY else None
        if own and self.pipeline and self.pipeline[0][0] is own:
            self.pipeline.popleft()
            self._refused = refused
        elif self._is_answering and not own:
            self._refused = refused
        else:
            self._answer(refused)

    def _answer(self, refused: Refused) -> None:
        """In the place of the application, if it has not answered yet."""
        if self._is_answering:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            if self.cycle.response_started:
                self._line.abort()
                return
        path = public_path(getattr(self, "url", b"").partition(b"?")[0].decode("latin-1"))
        self._deaf = True
        self.transport.write(as_bytes(refusal(refused, path), self.server_state.default_headers))
        self.transport.close()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        super()._start_asgi_task(cycle, cast(Any, partial(self._run, cycle, app)))

    async def _run(self, cycle: RequestResponseCycle, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """The application, whose faults are told in the log and end the connection."""
        try:
            await app(scope, receive, self._line.joining(_closing(cycle, send) if cycle.more_body else send))
        except asyncio.CancelledError:
            pass  # at the end of the process, when the client knows already; nobody waits for this task
        except Exception:
            _log.exception("fault")
        if not cycle.response_complete and not cycle.disconnected:
            cycle.disconnected = True
            self._line.abort()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._line.watch()

    def resume_writing(self) -> None:
        super().resume_writing()
        if not self._line.is_closing():
            self._line.unwatch()

    def shutdown(self) -> None:
        """What was asked is answered; whoever asks nothing may ask once more, for the question may be on its way."""
        self._ending = True
        if self._is_answering:
            self.cycle.keep_alive = False
        elif self._part is Part.HEAD:
            self.hang_up()
        else:
            self.loop.call_later(self._bounds.last_request_seconds, self.hang_up)

    def cut(self) -> None:
        """Nothing is waited for any more."""
        if self._line.is_closing() or self.pipeline or self._refused or not self._is_answering:
            self._line.abort()
        else:
            self._answer(_ending())


def _ending() -> Refused:
    return Refused(503, "The server is ending. Please ask again.", {"Retry-After": "1"})


def _closing(cycle: RequestResponseCycle, send: Send) -> Send:
    """An answer that comes before the whole body has come is the last: the rest is not worth reading."""

    async def passing(message: Message) -> None:
        if message["type"] == "http.response.start" and cycle.more_body:
            cycle.keep_alive = False
        await send(message)

    return passing
