"""One interleaved run: each server has slices in turn, so that whatever else the machine does falls on all alike."""

import dataclasses
import signal
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import orjson

from benchmarks.data import Size
from benchmarks.ground import ROOT, home
from benchmarks.servers import Server
from deploy.many import processes

_SAMPLE, _WARM_SECONDS = 5, 0.4


class Asker:
    """The load, from where it is told what to do."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process

    def ask(self, do: str, **what: Any) -> Any:
        """Raises SystemExit where an answer is none."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(orjson.dumps({"do": do, **what}) + b"\n")
        self._process.stdin.flush()
        answer = orjson.loads(self._process.stdout.readline())
        if isinstance(answer, dict) and "failed" in answer:
            raise SystemExit(f"Not answered as it should be; the logs are in {home() / 'log'}. {answer['failed']}")
        return answer


@contextmanager
def loading(size: Size, tokens: Mapping[int, str]) -> Iterator[Asker]:
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.load"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=processes.dying_with_us(signal.SIGTERM),
    )
    assert process.stdin
    told = {"size": dataclasses.asdict(size), "tokens": {str(person): token for person, token in tokens.items()}}
    try:
        process.stdin.write(orjson.dumps(told) + b"\n")
        yield Asker(process)
    finally:
        process.kill()
        process.communicate()


@dataclasses.dataclass(frozen=True, slots=True)
class Slice:
    """What one server did in a few seconds with one operation."""

    requests_a_second: float
    cpu_ms: float
    p50_ms: float
    p99_ms: float
    load_cpu_ms: float


@dataclasses.dataclass(frozen=True, slots=True)
class Plan:
    """`seconds` is how long a slice is, of which each server has `rounds` for each operation."""

    operations: Sequence[str]
    connections: int
    seconds: float
    rounds: int


def measure(asker: Asker, servers: Sequence[Server], plan: Plan) -> dict[tuple[str, str], list[Slice]]:
    """The slices of each operation and server. Who comes first changes from round to round; before all, each warms up:
    its plans, and the statements of all its connections.
    """
    found: dict[tuple[str, str], list[Slice]] = {}
    short = dataclasses.replace(plan, seconds=_WARM_SECONDS)
    for operation in plan.operations:
        for server in servers:
            _slice(asker, server, operation, short)
    for turn in range(plan.rounds):
        first = turn % len(servers)
        for operation in plan.operations:
            for server in (*servers[first:], *servers[:first]):
                found.setdefault((operation, server.name), []).append(_slice(asker, server, operation, plan))
        print(f"Round {turn + 1} of {plan.rounds}", file=sys.stderr, flush=True)
    return found


def _slice(asker: Asker, server: Server, operation: str, plan: Plan) -> Slice:
    told = asker.ask(
        "slice",
        operation=operation,
        addresses=server.addresses,
        pids=server.pids,
        plainly=server.plainly,
        connections=plan.connections,
        seconds=plan.seconds,
    )
    requests = told["requests"]
    return Slice(
        requests / told["seconds"],
        told["cpu_seconds"] / requests * 1000,
        told["p50_ms"],
        told["p99_ms"],
        told["load_cpu_seconds"] / requests * 1000,
    )


def compare(asker: Asker, servers: Sequence[Server], operations: Sequence[str]) -> dict[tuple[str, str], float]:
    """Statements of each operation and server, who must all answer the same. Raises SystemExit where they do not."""
    statements = {}
    for operation in operations:
        heard = {}
        for server in servers:
            before = server.counted()
            # What happens once cannot be asked of each; there it is the form that must be the same.
            numbers: Any = list(range(_SAMPLE)) if operation[0] == "Q" else _SAMPLE
            answers = asker.ask(
                "answers", operation=operation, address=server.addresses[0], plainly=server.plainly, numbers=numbers
            )
            data = [answer["data"] for answer in answers]
            heard[server.name] = data if operation[0] == "Q" else [form_of(one) for one in data]
            now = server.counted()
            statements[operation, server.name] = (now[0] - before[0]) / (now[1] - before[1])
        for name, data in heard.items():
            for one, other in zip(data, heard[servers[0].name], strict=True):
                if one != other:
                    raise SystemExit(f"{operation}: {name} answers {one}, and {servers[0].name} {other}.")
    return statements


def form_of(value: Any) -> Any:
    """An answer without what is in it: numbers are numbers, and texts are texts."""
    if isinstance(value, dict):
        return {name: form_of(held) for name, held in value.items()}
    if isinstance(value, list):
        return [form_of(held) for held in value]
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


def middle(slices: Sequence[Slice], what: str) -> float:
    return float(statistics.median(getattr(one, what) for one in slices))


def ratio(slices: Sequence[Slice], others: Sequence[Slice], what: str) -> float:
    """Round by round, and of those the one in the middle."""
    pairs = zip(slices, others, strict=True)
    return float(statistics.median(getattr(one, what) / getattr(other, what) for one, other in pairs))
