"""The load, as a process of its own: `python -m benchmarks.load` is told by lines of JSON what to ask of whom, and says
in a line for each what came of it.
"""

import asyncio
import itertools
import math
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
from uvicorn.loops.auto import auto_loop_factory

from benchmarks.data import Size
from benchmarks.line import BadAnswerError, Line
from benchmarks.operations import OPERATIONS, Cast, Operation

_PATIENCE = 30.0


class Asking:
    """The requests of one operation, as bytes; `plainly` as the floor wants them."""

    def __init__(self, operation: Operation, cast: Cast, tokens: dict[int, str], *, plainly: bool) -> None:
        self.operation, self._cast, self._plainly = operation, cast, plainly
        beginning = orjson.dumps({"query": operation.document, "operationName": operation.name})
        self._beginning = beginning[:-1] + b',"variables":'
        self._tokens, self._heads = tokens, dict[int, bytes]()

    def request(self, number: int) -> bytes:
        person = self._cast.person(number)
        variables = self.operation.variables(self._cast, number)
        if self._plainly:
            body = orjson.dumps({**variables, "viewer": person})
        else:
            body = self._beginning + orjson.dumps(variables) + b"}"
        if person not in self._heads:
            self._heads[person] = self._head(person)
        return b"%bContent-Length: %d\r\n\r\n%b" % (self._heads[person], len(body), body)

    def _head(self, person: int) -> bytes:
        path = f"/{self.operation.name}" if self._plainly else "/graphql"
        signed = [] if self._plainly else [f"Authorization: Bearer {self._tokens[person]}"]
        lines = [
            f"POST {path} HTTP/1.1",
            "Host: 127.0.0.1",
            *signed,
            "Content-Type: application/json",
            "Accept: application/graphql-response+json",
            "",
        ]
        return "\r\n".join(lines).encode()


class Load:
    """Numbers go on from slice to slice, whoever is asked: what happens once is asked for once."""

    def __init__(self, cast: Cast, tokens: dict[int, str]) -> None:
        self._cast, self._tokens = cast, tokens
        self._numbers = {name: itertools.count() for name in OPERATIONS}

    async def slice(
        self,
        operation: str,
        addresses: Sequence[tuple[str, int]],
        pids: Sequence[int],
        *,
        plainly: bool,
        connections: int,
        seconds: float,
    ) -> dict[str, float]:
        """So many connections, over the addresses by turns; each is asked once before it counts."""
        asking, numbers = self._asking(operation, plainly=plainly), self._numbers[operation]
        lines = [await _line(addresses[n % len(addresses)], asking) for n in range(connections)]
        await asyncio.gather(*(line.run(iter([asking.request(next(numbers))])) for line in lines))
        for line in lines:
            line.milliseconds = line.milliseconds[:0]
        begun, worked, own = time.perf_counter(), spent(pids), time.process_time()
        until = begun + seconds

        def requests() -> Iterator[bytes]:
            while time.perf_counter() < until:
                yield asking.request(next(numbers))

        async with asyncio.timeout(seconds + _PATIENCE):
            await asyncio.gather(*(line.run(requests()) for line in lines))
        took, cpu, own = time.perf_counter() - begun, spent(pids) - worked, time.process_time() - own
        for line in lines:
            line.close()
        ordered = sorted(one for line in lines for one in line.milliseconds)
        return {
            "requests": len(ordered),
            "seconds": took,
            "cpu_seconds": cpu,
            "load_cpu_seconds": own,
            "p50_ms": quantile(ordered, 0.5),
            "p99_ms": quantile(ordered, 0.99),
        }

    async def answers(
        self, operation: str, address: tuple[str, int], *, plainly: bool, numbers: Sequence[int] | int
    ) -> list[Any]:
        """What is answered to the requests of these numbers, one after the other, or to as many as nobody had yet."""
        if isinstance(numbers, int):
            numbers = list(itertools.islice(self._numbers[operation], numbers))
        asking = self._asking(operation, plainly=plainly)
        line, found = await _line(address, asking), []
        async with asyncio.timeout(_PATIENCE):
            for number in numbers:
                await line.run(iter([asking.request(number)]))
                found.append(orjson.loads(line.last))
        line.close()
        return found

    def _asking(self, operation: str, *, plainly: bool) -> Asking:
        return Asking(OPERATIONS[operation], self._cast, self._tokens, plainly=plainly)


async def _line(address: tuple[str, int], asking: Asking) -> Line:
    _, line = await asyncio.get_running_loop().create_connection(lambda: Line(asking.operation.proof), *address)
    return line


def spent(pids: Sequence[int]) -> float:
    """Seconds of CPU so far, of all threads of these processes."""
    threads = [thread for pid in pids for thread in Path(f"/proc/{pid}/task").iterdir()]
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9


def quantile(ordered: Sequence[float], share: float) -> float:
    """The least value that is not below so large a share of them."""
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]


async def _answer(load: Load, wanted: dict[str, Any]) -> Any:
    does: dict[str, Callable[..., Awaitable[Any]]] = {"slice": load.slice, "answers": load.answers}
    try:
        return await does[wanted.pop("do")](**wanted)
    except (BadAnswerError, OSError, TimeoutError) as error:
        return {"failed": f"{wanted['operation']}: {error!r}"}


def main() -> None:
    given = orjson.loads(sys.stdin.buffer.readline())
    tokens = {int(person): token for person, token in given["tokens"].items()}
    load = Load(Cast(Size(**given["size"]), list(tokens)), tokens)
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        for line in sys.stdin.buffer:
            sys.stdout.buffer.write(orjson.dumps(runner.run(_answer(load, orjson.loads(line)))) + b"\n")
            sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
