"""What a request costs inside of the process: `python -m benchmarks.profile Q2 [--times 500] [--calls]`.

The whole ASGI application is called as uvicorn calls it, one request after the other, without a socket. Prints the CPU
microseconds of one call; and of one for which the driver answers from memory what it has answered to the same request
before, so that all that is left is ours. `--calls` says where that goes, function by function.

Settings come from the environment as usual: COMPILED_EXECUTION=false measures graphql-core's executor.
"""

import argparse
import asyncio
import contextlib
import cProfile
import pstats
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TextIO

import orjson
from starlette.types import ASGIApp, Message, Scope
from uvicorn.loops.auto import auto_loop_factory

from benchmarks.data import Size
from benchmarks.ground import copied
from benchmarks.operations import OPERATIONS, Cast, Operation
from benchmarks.stage import settings, signed_in
from composition import Marquee
from persistence.pool import Session
from web.log import configure_log

ROUNDS = 7
_ANSWERING = ("fetch", "fetch_anew", "execute")
Call = Callable[[], Awaitable[None]]


class Remembering:
    """Stands before the driver. What it has seen asked, it can answer without the database."""

    def __init__(self) -> None:
        self.answers, self.asked, self.missed = dict[Any, Any](), 0, 0
        self.is_on = False
        for name in _ANSWERING:
            setattr(Session, name, self._before(getattr(Session, name)))

    def _before(self, ask: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def asking(connection: Any, sql: str, *values: Any, **more: Any) -> Any:
            self.asked += ask.__name__ != "execute"
            if not self.is_on:
                return await ask(connection, sql, *values, **more)
            key = (sql, *(tuple(value) if type(value) is list else value for value in values))
            if key not in self.answers:
                self.missed += 1
                self.answers[key] = await ask(connection, sql, *values, **more)
            return self.answers[key]

        return asking


class Caller:
    """Calls an application with one operation after the other."""

    def __init__(self, app: ASGIApp, operation: Operation, cast: Cast, tokens: dict[int, str]) -> None:
        self._app, self._operation, self._cast, self._tokens = app, operation, cast, tokens

    def call(self, number: int) -> Call:
        """The request with this number, made ready."""
        operation, person = self._operation, self._cast.person(number)
        variables = operation.variables(self._cast, number)
        asked = {"query": operation.document, "operationName": operation.name, "variables": variables}
        body = orjson.dumps(asked)
        headers = {
            "host": "127.0.0.1:8000",
            "authorization": f"Bearer {self._tokens[person]}",
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
        await asyncio.create_task(self._app(scope, receive, send))  # type: ignore[arg-type]
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
async def living(app: ASGIApp) -> AsyncIterator[None]:
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


async def spent(calls: Sequence[Call]) -> float:
    """CPU microseconds for each."""
    begun = time.process_time()
    for call in calls:
        await call()
    return (time.process_time() - begun) / len(calls) * 1e6


async def measured(caller: Caller, driver: Remembering, times: int, *, calls: bool) -> None:
    await spent([caller.call(number) for number in range(times)])
    same = [caller.call(number) for number in range(times, 2 * times)]
    driver.is_on = True
    await spent(same)
    alone, whole = [], []
    for turn in range(2, ROUNDS + 2):
        driver.is_on, driver.asked = False, 0
        whole.append(await spent([caller.call(number) for number in range(turn * times, (turn + 1) * times)]))
        statements = driver.asked / times
        driver.is_on, driver.missed = True, 0
        alone.append(await spent(same))
    print(f"whole call           {statistics.median(whole):8.1f} µs of CPU, at best {min(whole):.1f}")
    print(f"without the driver   {statistics.median(alone):8.1f} µs of CPU, at best {min(alone):.1f}")
    print(f"statements           {statements:8.2f}{f'   ({driver.missed} not from memory)' if driver.missed else ''}")
    if calls:
        with cProfile.Profile() as profile:
            await spent(same)
        pstats.Stats(profile).sort_stats("tottime").print_stats(45)


async def run(given: argparse.Namespace, dsn: str, folder: Path, log: TextIO) -> None:
    with contextlib.redirect_stderr(log):
        configure_log(debug=False, for_people=False)
    size, driver = Size(), Remembering()
    marquee = Marquee(settings(dsn, folder), dsn)
    app = marquee.application()
    async with living(app):
        tokens = await signed_in(marquee, size)
        for name in given.operations:
            print(f"\n{name}, {ROUNDS} times {given.times} requests")
            caller = Caller(app, OPERATIONS[name], Cast(size, list(tokens)), tokens)
            await measured(caller, driver, given.times, calls=given.calls)
            driver.answers.clear()


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("operations", nargs="*", default=list(OPERATIONS), metavar="Q1", help=" ".join(OPERATIONS))
    reader.add_argument("--times", type=int, default=500, help="requests of a round (500)")
    reader.add_argument("--calls", action="store_true", help="say where the time goes, without the driver")
    given = reader.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        Path(folder, "log").open("w") as log,
        copied(Size()) as dsn,
        asyncio.Runner(loop_factory=auto_loop_factory()) as runner,
    ):
        runner.run(run(given, dsn, Path(folder), log))


if __name__ == "__main__":
    main()
