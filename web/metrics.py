"""How it goes, in numbers for Prometheus. Every label is of a bounded number: none holds what a client chose freely."""

from typing import Any, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector

from domain.metering import Meter

T = TypeVar("T", Counter, Gauge, Histogram)

# Names of operations are chosen by clients. So many that ran well are told apart, and all others are one. No person
# takes more of these places than that, nor do all together who are not signed in.
MOST_OPERATIONS, MOST_OF_ONE = 200, 50
ANONYMOUS, OTHER = "anonymous", "other"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "OPTIONS"})
_SECONDS = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_STATEMENT_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0)
_LAG_SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)
_JOB_SECONDS = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 60.0, 600.0)
_COSTS = (1, 3, 10, 30, 100, 300, 1000, 3000, 10_000)
_STATEMENTS = (0, 1, 2, 3, 5, 8, 13, 21, 34)


class Metrics:
    """An Observer that counts, in a registry of its own: several of them may live in one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self._requests = self._count("requests", "Requests", "door", "method", "status")
        self._request_seconds = self._spread("request_seconds", "How long requests took", _SECONDS, "door")
        self._bytes = self._count("sent_bytes", "Bytes of answers' bodies", "door")
        self._operations = self._count("operations", "Operations", "operation", "kind", "outcome")
        self._busy = self._count("operation_busy_seconds", "All the time operations of this name took", "operation")
        self._operation_seconds = self._spread("operation_seconds", "How long operations took", _SECONDS, "kind")
        self._costs = self._spread("operation_cost", "What operations cost", _COSTS)
        self._statements = self._spread("operation_statements", "SQL statements of an operation", _STATEMENTS)
        self._statement_seconds = self._spread("statement_seconds", "How long SQL took", _STATEMENT_SECONDS)
        self._statement_errors = self._count("statement_errors", "SQL that failed, by SQLSTATE class", "sqlstate")
        self._gathered = self._count("gathered", "Askers whom a statement of another's served too")
        self._errors = self._count("errors", "Errors told to clients", "code")
        self._refusals = self._count("refusals", "What mutations refused", "code")
        self._open = self._gauge("open", "Sockets, event streams and operations of sockets that are open", "what")
        self._events = self._count("events", "Results sent to subscribers")
        self._jobs = self._count("jobs", "Runs of jobs", "job", "outcome")
        self._job_seconds = self._spread("job_seconds", "How long jobs took", _JOB_SECONDS, "job")
        self._job_success = self._gauge("job_last_success_timestamp_seconds", "When it last went well", "job")
        self._strangers = self._count("stranger_requests", "What strangers were asked", "stranger", "outcome")
        self.lag = self._spread("loop_lag_seconds", "How late the event loop is", _LAG_SECONDS)
        self._names: dict[str, int | None] = {}  # and who took the place
        self._children: dict[tuple[Any, ...], Any] = {}

    def _count(self, name: str, help: str, *labels: str) -> Counter:
        return Counter(f"marquee_{name}", help, labels, registry=self.registry)

    def _gauge(self, name: str, help: str, *labels: str) -> Gauge:
        return Gauge(f"marquee_{name}", help, labels, registry=self.registry)

    def _spread(self, name: str, help: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(f"marquee_{name}", help, labels, buckets=buckets, registry=self.registry)

    def _of(self, family: T, *labels: str) -> T:
        """As `family.labels`, which takes three times as long."""
        key = (family, *labels)
        if (child := self._children.get(key)) is None:
            child = self._children[key] = family.labels(*labels)
        found: T = child
        return found

    def request_began(self, meter: Meter, traceparent: str | None) -> None: ...

    def request_ended(self, meter: Meter, seconds: float) -> None:
        method = meter.method if meter.method in _METHODS else OTHER
        self._of(self._requests, meter.door, method, str(meter.status)).inc()
        self._of(self._request_seconds, meter.door).observe(seconds)
        self._of(self._bytes, meter.door).inc(meter.bytes_sent)
        self._count_operation(meter)

    def operation_began(self, meter: Meter) -> None:
        if meter.socket_id:
            self.opened("socket operation")

    def operation_ended(self, meter: Meter) -> None:
        if meter.socket_id:
            self.closed("socket operation")
            self._count_operation(meter)

    def _count_operation(self, meter: Meter) -> None:
        for code, times in meter.codes.items():
            self._of(self._errors, code).inc(times)
        for code, times in meter.refusals.items():
            self._of(self._refusals, code).inc(times)
        if meter.kind is None:
            return
        outcome = next(iter(meter.codes), "OK")
        name = self._name(meter.operation, outcome, meter.user_id)
        self._of(self._operations, name, meter.kind, outcome).inc()
        self._of(self._busy, name).inc(meter.operation_seconds)
        self._of(self._operation_seconds, meter.kind).observe(meter.operation_seconds)
        self._statements.observe(meter.statements)
        self._costs.observe(meter.cost)

    def _name(self, name: str | None, outcome: str, user_id: int | None) -> str:
        """A name takes its place by an operation that ran well, so that nonsense does not take them all."""
        if name is None:
            return ANONYMOUS
        if name not in self._names and outcome == "OK" and self._has_place_for(user_id):
            self._names[name] = user_id
        return name if name in self._names else OTHER

    def _has_place_for(self, user_id: int | None) -> bool:
        takers = list(self._names.values())
        return len(takers) < MOST_OPERATIONS and takers.count(user_id) < MOST_OF_ONE

    def job_began(self, meter: Meter) -> None: ...

    def job_ended(self, meter: Meter, seconds: float, *, failed: bool) -> None:
        job = meter.job or ""
        self._of(self._jobs, job, "failed" if failed else "OK").inc()
        self._of(self._job_seconds, job).observe(seconds)
        if not failed:
            self._of(self._job_success, job).set_to_current_time()

    def statement_ended(self, meter: Meter, sql: str, seconds: float, error: BaseException | None) -> None:
        self._statement_seconds.observe(seconds)
        if error is not None:
            state = getattr(error, "sqlstate", None)
            self._of(self._statement_errors, state[:2] if state else "none").inc()

    def gathered(self, meter: Meter, seconds: float) -> None:
        self._gathered.inc()

    def stranger_asked(self, meter: Meter, name: str, seconds: float, outcome: str) -> None:
        self._of(self._strangers, name, outcome).inc()

    def event_sent(self) -> None:
        self._events.inc()

    def opened(self, what: str) -> None:
        self._of(self._open, what).inc()

    def closed(self, what: str) -> None:
        self._of(self._open, what).dec()
