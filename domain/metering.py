"""What one request, operation of a socket or run of a job has cost and come to, and who is told of it."""

import secrets
import time
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol


class Observer(Protocol):
    """Is told how things go. Nothing that it does may wait or fail. All times are in seconds."""

    def request_began(self, meter: "Meter", traceparent: str | None) -> None:
        """`traceparent` is the caller's own, by W3C Trace Context, if it sent one."""

    def request_ended(self, meter: "Meter", seconds: float) -> None: ...

    def operation_began(self, meter: "Meter") -> None: ...

    def operation_ended(self, meter: "Meter") -> None:
        """What an HTTP request's operation came to is known when the request ends; a socket's is known now."""

    def job_began(self, meter: "Meter") -> None: ...

    def job_ended(self, meter: "Meter", seconds: float, *, failed: bool) -> None: ...

    def statement_ended(self, meter: "Meter", sql: str, seconds: float, error: BaseException | None) -> None: ...

    def gathered(self, meter: "Meter", seconds: float) -> None:
        """It was answered by a statement of another's, which it waited for as long as that."""

    def stranger_asked(self, meter: "Meter", name: str, seconds: float, outcome: str) -> None:
        """`outcome` is "answered", "failed", or "left alone" where it was not asked at all."""

    def event_sent(self) -> None: ...

    def opened(self, what: str) -> None:
        """`what` is a "socket" or an "event stream"."""

    def closed(self, what: str) -> None: ...


Observers = tuple[Observer, ...]


@dataclass(slots=True)
class Meter:
    """`door` is where a request came in; `kind` is query, mutation or subscription. For a job, `request_id` is that of
    this run. `span` is a tracer's own affair.
    """

    request_id: str
    observers: Observers = ()
    started: float = field(default_factory=time.monotonic)
    socket_id: str | None = None
    job: str | None = None
    door: str = ""
    method: str = ""
    status: int = 0
    statements: int = 0
    gathered: int = 0  # how often a statement of another's served it too
    cost: int = 0  # of the operation, once it is judged
    operation: str | None = None
    kind: str | None = None
    operation_seconds: float = 0.0
    user_id: int | None = None
    codes: dict[str, int] = field(default_factory=dict)  # of errors, and how often each
    refusals: dict[str, int] = field(default_factory=dict)
    bytes_sent: int = 0
    span: Any = None
    trace_id: str | None = None

    def note_error(self, code: str) -> None:
        self.codes[code] = self.codes.get(code, 0) + 1

    def note_gathered(self, seconds: float) -> None:
        self.gathered += 1
        for observer in self.observers:
            observer.gathered(self, seconds)

    def note_refusal(self, code: str) -> None:
        self.refusals[code] = self.refusals.get(code, 0) + 1


class Timed:
    """Around one statement. A class, because a generator would cost three times as much."""

    __slots__ = ("_meter", "_sql", "_started")

    def __init__(self, sql: str) -> None:
        self._sql, self._meter = sql, meter.get()

    def __enter__(self) -> None:
        if self._meter:
            self._meter.statements += 1
            self._started = time.perf_counter()

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if self._meter:
            seconds = time.perf_counter() - self._started
            for observer in self._meter.observers:
                observer.statement_ended(self._meter, self._sql, seconds, error)


@dataclass(frozen=True, slots=True)
class Socket:
    """A WebSocket: what its operations have in common."""

    id: str
    observers: Observers


meter: ContextVar[Meter | None] = ContextVar("meter", default=None)
socket: ContextVar[Socket | None] = ContextVar("socket", default=None)


def new_meter() -> Meter:
    """For an operation of the socket that we are at, if at any."""
    here = socket.get()
    return Meter(secrets.token_hex(16), here.observers, socket_id=here.id) if here else Meter(secrets.token_hex(16))
