"""The whole application in this process, called as uvicorn calls it, without a socket."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import orjson
from starlette.types import ASGIApp, Message, Scope
from uvicorn.loops.auto import auto_loop_factory

from benchmarks.data import Size
from benchmarks.ground import copied
from benchmarks.operations import Cast, Operation
from benchmarks.stage import settings, signed_in
from composition import Marquee
from web.log import configure_log

Call = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Stage:
    app: ASGIApp
    cast: Cast
    tokens: dict[int, str]


class Caller:
    """Calls an application with one operation after the other."""

    def __init__(self, stage: Stage, operation: Operation) -> None:
        self._stage, self._operation = stage, operation

    def call(self, number: int) -> Call:
        """The request with this number, made ready."""
        operation, cast = self._operation, self._stage.cast
        person, variables = cast.person(number), operation.variables(cast, number)
        asked = {"query": operation.document, "operationName": operation.name, "variables": variables}
        body = orjson.dumps(asked)
        headers = {
            "host": "127.0.0.1:8000",
            "authorization": f"Bearer {self._stage.tokens[person]}",
            "content-type": "application/json",
            "accept": "application/graphql-response+json",
            "content-length": str(len(body)),
        }
        scope = _scope([(name.encode(), value.encode()) for name, value in headers.items()])
        return lambda: self._run(dict(scope), body)

    async def _run(self, scope: Scope, body: bytes) -> None:
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        # A task of its own, as under uvicorn: what it sets for itself ends with it.
        await asyncio.create_task(self._stage.app(scope, receive, send))  # type: ignore[arg-type]
        answer = b"".join(message.get("body", b"") for message in sent)
        if self._operation.proof not in answer:
            raise SystemExit(f"This is no answer: {answer[:500]!r}")


def _scope(headers: list[tuple[bytes, bytes]]) -> Scope:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 50000),
        "scheme": "http",
        "method": "POST",
        "root_path": "",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "query_string": b"",
        "headers": headers,
        "state": {},
    }


@asynccontextmanager
async def _living(app: ASGIApp) -> AsyncIterator[None]:
    """With all that runs beside the requests."""
    inbox, started, ended = asyncio.Queue[Message](), asyncio.Event(), asyncio.Event()

    async def send(message: Message) -> None:
        (started if message["type"].startswith("lifespan.startup") else ended).set()

    scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
    life: asyncio.Task[None] = asyncio.create_task(app(scope, inbox.get, send))  # type: ignore[arg-type]
    await inbox.put({"type": "lifespan.startup"})
    await started.wait()
    try:
        yield
    finally:
        await inbox.put({"type": "lifespan.shutdown"})
        await life


def inside(measure: Callable[[Stage], Awaitable[None]]) -> None:
    """On a copy of the data set; what is logged goes to a file, as it would."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Path(folder, "log").open("w") as log,
        copied(Size()) as dsn,
        asyncio.Runner(loop_factory=auto_loop_factory()) as runner,
    ):
        runner.run(_staged(measure, dsn, Path(folder), log))


async def _staged(measure: Callable[[Stage], Awaitable[None]], dsn: str, folder: Path, log: TextIO) -> None:
    with contextlib.redirect_stderr(log):
        configure_log(debug=False, for_people=False)
    size = Size()
    marquee = Marquee(settings(dsn, folder), dsn)
    app = marquee.application()
    async with _living(app):
        tokens = await signed_in(marquee, size)
        await measure(Stage(app, Cast(size, list(tokens)), tokens))
