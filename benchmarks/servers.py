"""Who is measured: each a process, or two, of its own, on a port of its own, on the same database."""

import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.ground import ROOT
from benchmarks.stage import METRICS_TOKEN
from deploy.many import processes

_STOP_SECONDS = 15


@dataclass(frozen=True, slots=True)
class Kind:
    """`settings` are what it has beside those that all have. `plainly` says that no GraphQL is spoken to it."""

    command: tuple[str, ...]
    settings: Mapping[str, str]
    processes: int = 1
    plainly: bool = False


KINDS: Mapping[str, Kind] = {
    "ours": Kind(("server.py",), {}),
    "strawberry": Kind(("server.py",), {"COMPILED_EXECUTION": "false"}),
    "plain": Kind(("-m", "benchmarks.plain"), {}),
    "floor": Kind(("-m", "benchmarks.floor"), {}, plainly=True),
    "two": Kind(("server.py",), {}, processes=2),
}


@dataclass(frozen=True, slots=True)
class Server:
    """`addresses` and `pids` are of its processes."""

    name: str
    addresses: tuple[tuple[str, int], ...]
    pids: tuple[int, ...]
    plainly: bool

    @property
    def resident(self) -> int:
        """Its resident memory, in KiB, of one process on average."""
        found = [re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text()) for pid in self.pids]
        return sum(int(one[1]) for one in found if one) // len(found)

    def counted(self) -> tuple[float, float]:
        """Statements and operations so far, as it says itself at /metrics."""
        statements = operations = 0.0
        for host, port in self.addresses:
            asking = urllib.request.Request(
                f"http://{host}:{port}/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"}
            )
            with urllib.request.urlopen(asking, timeout=10) as answer:  # noqa: S310
                told = dict(line.rsplit(" ", 1) for line in answer.read().decode().splitlines() if line[:1] != "#")
            statements += float(told.get("marquee_operation_statements_sum") or told["statements"])
            operations += float(told.get("marquee_operation_statements_count") or told["operations"])
        return statements, operations


@contextmanager
def serving(name: str, environment: Mapping[str, str], logs: Path) -> Iterator[Server]:
    """A server that has said where it is, until the block ends. It ends with us too, however we do."""
    kind = KINDS[name]
    paths = [logs / f"{name}{number + 1}.log" for number in range(kind.processes)]
    with ExitStack() as stack:
        running = [stack.enter_context(_process(kind, environment, path)) for path in paths]
        addresses = tuple(_address(process, path) for process, path in zip(running, paths, strict=True))
        yield Server(name, addresses, tuple(process.pid for process in running), kind.plainly)


@contextmanager
def _process(kind: Kind, environment: Mapping[str, str], log: Path) -> "Iterator[subprocess.Popen[str]]":
    inherited = {key: value for key, value in os.environ.items() if key in {"PATH", "HOME", "LANG", "TMPDIR"}}
    with log.open("w") as written:
        process = subprocess.Popen(
            [sys.executable, *kind.command],
            cwd=ROOT,
            env={**inherited, **environment, **kind.settings},
            stdout=subprocess.PIPE,
            stderr=written,
            text=True,
            start_new_session=True,  # Ctrl-C is for us, who end it
            preexec_fn=processes.dying_with_us(signal.SIGTERM),
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert process.stdout
        process.stdout.close()


def _address(process: "subprocess.Popen[str]", log: Path) -> tuple[str, int]:
    """Raises SystemExit where it ends before it says where it is."""
    assert process.stdout
    for line in process.stdout:
        if found := re.search(r" is at http://([\d.]+):(\d+)", line):
            return found[1], int(found[2])
    raise SystemExit(f"A server does not start. {log} ends with: {log.read_text()[-1000:]}")
