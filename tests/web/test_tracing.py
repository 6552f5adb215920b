"""Traces, as a collector of OpenTelemetry receives them. D9."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from starlette.requests import Request
from starlette.responses import Response
from structlog.testing import capture_logs

from composition import Marquee
from domain import ids
from domain.metering import Meter
from integrations.tracing import Tracing
from tests.api.conftest import Api, World
from tests.api.issuer import application, settings_like
from tests.api.test_subscriptions import connected, until
from tests.serving import serving
from tests.web.test_graphql_over_http import post
from web.log import joined

ROOT = Path(__file__).resolve().parents[2]
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
LIST = "query List { contents { nodes { title genres { name } } } }"


class Collector:
    """Takes OTLP over HTTP, as soon as it may."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.resources: list[dict[str, Any]] = []
        self.paths: set[str] = set()
        self.may = asyncio.Event()
        self.may.set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        self.paths.add(request.url.path)
        told = ExportTraceServiceRequest.FromString(await request.body())
        await self.may.wait()
        for of_resource in told.resource_spans:
            self.resources.append(attributes(of_resource.resource.attributes))
            for of_scope in of_resource.scope_spans:
                self.spans += of_scope.spans
        await Response(b"", media_type="application/x-protobuf")(scope, receive, send)

    def named(self, name: str) -> list[Span]:
        return [span for span in self.spans if span.name == name]


def attributes(pairs: Any) -> dict[str, Any]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in pairs}


@asynccontextmanager
async def traced(
    marquee: Marquee, collector: Collector, proxies: Sequence[str] = ("127.0.0.0/8",)
) -> AsyncIterator[tuple[Marquee, Api]]:
    """A Marquee beside the other, which is called by a proxy; when it has ended, all its spans have arrived."""
    async with serving(collector) as url:
        changes: dict[str, Any] = {"otel_exporter_otlp_endpoint": url, "trusted_proxies": list(proxies)}
        async with application(settings_like(marquee, **changes)) as pair:
            yield pair


async def test_a_request_its_operation_and_its_statements_are_one_trace(marquee: Marquee, world: World) -> None:
    collector = Collector()
    await world.content(title="find-me", genres=("Drama",))
    body = {"query": LIST + " query B($t: String) { contents(filter: {titleContains: $t}) { totalCount } }"}
    async with traced(marquee, collector) as (_, api):
        sent = {"traceparent": f"00-{TRACE}-{PARENT}-01", "x_request_id": "mine"}
        await post(api, {**body, "operationName": "List"}, **sent)
        await post(api, {**body, "operationName": "B", "variables": {"t": "find-me"}}, **sent)
    assert {span.trace_id.hex() for span in collector.spans} == {TRACE}
    (request, second) = collector.named("POST graphql")
    assert request.parent_span_id.hex() == second.parent_span_id.hex() == PARENT
    (operation,) = collector.named("query List")
    assert operation.parent_span_id == request.span_id
    statements = [span for span in collector.named("SELECT") if span.parent_span_id == operation.span_id]
    assert len(statements) == 2
    for span in statements:
        assert operation.start_time_unix_nano <= span.start_time_unix_nano <= span.end_time_unix_nano
        assert attributes(span.attributes)["db.query.text"].startswith("SELECT")
    told = attributes(operation.attributes)
    assert (told["graphql.operation.type"], told["graphql.operation.name"]) == ("query", "List")
    assert (told["marquee.statements"], told["marquee.request_id"]) == (2, "mine")
    assert attributes(request.attributes)["http.response.status_code"] == 200
    assert collector.named("query B"), "the second was traced too"
    assert "find-me" not in str(collector.spans), "values are nobody's business"
    assert collector.paths == {"/v1/traces"}
    assert collector.resources[0]["service.name"] == "Marquee"


async def test_who_is_served_by_anothers_statement_shows_that_they_waited_for_it(
    marquee: Marquee, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for patience in ("_PATIENCE_SECONDS", "_ALL_SECONDS"):
        monkeypatch.setattr(f"persistence.lookups.{patience}", 20.0)
    collector, content = Collector(), await world.content()
    one = "query One($id: ID!) { content(id: $id) { title } }"
    async with traced(marquee, collector) as (_, api):
        asked = {"query": one, "variables": {"id": ids.encode("Content", content.id)}}
        await asyncio.gather(*(post(api, asked) for _ in range(20)))
    operations = {span.span_id: attributes(span.attributes) for span in collector.named("query One")}
    waits = collector.named("wait for a shared statement")
    assert waits
    assert {span.parent_span_id for span in waits} < set(operations)
    for span in waits:
        told = operations[span.parent_span_id]
        assert (told["marquee.statements"], told["marquee.gathered"]) == (0, 1)
    assert len(waits) + len(collector.named("SELECT")) == len(operations) == 20


async def test_a_caller_who_does_not_trace_is_not_traced(marquee: Marquee, world: World) -> None:
    collector = Collector()
    async with traced(marquee, collector) as (_, api):
        await post(api, {"query": LIST}, traceparent=f"00-{TRACE}-{PARENT}-00")
        await post(api, {"query": "query Other { __typename }"}, traceparent="rubbish")
    assert collector.named("query List") == []
    assert len(collector.named("query Other")) == 1


@pytest.mark.parametrize("proxies", [[], ["10.0.0.0/8"]])
async def test_a_stranger_does_not_say_which_trace_it_is_nor_whether_it_is_kept(
    marquee: Marquee, world: World, proxies: list[str]
) -> None:
    collector = Collector()
    async with traced(marquee, collector, proxies) as (_, api):
        for flags in ("00", "01"):
            await post(api, {"query": LIST}, traceparent=f"00-{TRACE}-{PARENT}-{flags}", x_forwarded_for="10.0.0.1")
    assert len(collector.named("query List")) == 2
    assert TRACE not in {span.trace_id.hex() for span in collector.spans}


async def test_an_operation_of_a_socket_is_a_trace_of_its_own(marquee: Marquee, world: World) -> None:
    collector, person = Collector(), await world.person()
    with capture_logs(processors=[joined]) as lines:
        async with serving(collector) as url:
            settings = settings_like(marquee, otel_exporter_otlp_endpoint=url)
            other = Marquee(settings, settings.dsn() or "").application()
            async with serving(other) as address, connected(address, person) as socket:
                await socket.answer("query One { viewer { email } }")
                await socket.answer("query Two { viewer { email } }")
    (one,), (two,) = collector.named("query One"), collector.named("query Two")
    assert one.trace_id != two.trace_id
    told = {line["operation"]: line["trace_id"] for line in lines if line["event"] == "socket_operation"}
    assert told == {"One": one.trace_id.hex(), "Two": two.trace_id.hex()}


async def test_the_lines_of_a_request_say_its_trace(marquee: Marquee, world: World) -> None:
    collector = Collector()
    with capture_logs(processors=[joined]) as lines:
        async with traced(marquee, collector) as (_, api):
            await post(api, {"query": LIST}, traceparent=f"00-{TRACE}-{PARENT}-01")
    assert [line["trace_id"] for line in lines if line["event"] == "request"] == [TRACE]


async def test_nobody_waits_for_a_collector_that_is_gone(marquee: Marquee, world: World) -> None:
    settings = settings_like(marquee, otel_exporter_otlp_endpoint="http://127.0.0.1:9")
    async with application(settings) as (_, api):
        for _ in range(20):
            assert (await api.ask(LIST)).data
        started = time.monotonic()
    assert time.monotonic() - started < 8, "the last spans are given up after two seconds"


async def test_the_end_does_not_wait_for_a_collector_that_hangs() -> None:
    collector = Collector()
    collector.may.clear()
    async with serving(collector) as url:
        tracing = Tracing(url, "Marquee", "0", "test")
        for _ in range(2048):  # four batches, for each of which the exporter itself would wait three seconds
            own = Meter("x", (tracing,), door="graphql", method="POST")
            tracing.request_began(own, None)
            tracing.request_ended(own, 0.1)
        async with asyncio.timeout(8):
            await tracing.close()
        collector.may.set()


async def test_what_nobody_takes_is_dropped_and_memory_is_bounded() -> None:
    collector = Collector()
    collector.may.clear()
    async with serving(collector) as url:
        tracing = Tracing(url, "Marquee", "0", "test")
        for _ in range(10_000):
            own = Meter("x", (tracing,), door="graphql", method="POST")
            tracing.request_began(own, None)
            tracing.request_ended(own, 0.1)
        await asyncio.sleep(0)
        collector.may.set()
        await tracing.close()
        await until(lambda: len(collector.spans) >= 2048)
    assert len(collector.spans) < 4096


@pytest.mark.parametrize("missing", ["opentelemetry", "google.protobuf"])
def test_without_the_extra_the_start_says_what_is_missing(missing: str, dsn: str) -> None:
    code = f"import sys; sys.modules[{missing!r}] = None; import server; server.cli()"
    environment = {**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "DATABASE_URL": dsn}
    ran = subprocess.run(
        [sys.executable, "-c", code, "search-check"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 1
    assert "extra `opentelemetry`" in ran.stderr
    assert "Traceback" not in ran.stderr
