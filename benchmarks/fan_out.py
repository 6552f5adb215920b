"""What it costs to tell many at once: `python -m benchmarks.fan_out [--sockets 1000] [--beside PATH]`.

Opens sockets that each hold one subscription, of which a thousand hear each event, and prints how long it takes until
the last of them has heard it, the server's CPU for each delivery, and its memory for each socket. `--beside` measures
another checkout on the same database, event by event in turn. Memory is only told well by the first of `--what`.
"""

import argparse
import asyncio
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.listening import Crowd
from benchmarks.people import Audience, People
from integrations.embedded_postgres import EmbeddedPostgres
from persistence.migrate import upgrade
from web.bounds import take_all_files_allowed

ROOT = Path(__file__).resolve().parents[1]
HEARING = 1000
_OF_AN_ADDRESS = 900
_EVENTS = 15
_TRIES, _TRY_SECONDS = 60, 2
_GLANCE_SECONDS, _REST = 0.05, 0.1  # at rest is who takes less than this share of a core


@dataclass
class Server:
    name: str
    process: "subprocess.Popen[str]"
    port: int
    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def resident(self) -> int:
        """Kilobytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:")))

    def spent(self) -> float:
        """Seconds of CPU, of all its threads."""
        tasks = Path(f"/proc/{self.process.pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


@contextmanager
def served(name: str, command: list[str], folder: Path, settings: dict[str, str]) -> Iterator[Server]:
    environment = {key: value for key, value in os.environ.items() if key in {"PATH", "HOME", "LANG", "TMPDIR"}}
    process = subprocess.Popen(
        command, cwd=folder, env=environment | settings, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stdout
        line = next(line for line in process.stdout if " is at http://" in line)
        yield Server(name, process, int(line.rpartition(":")[2]))
    finally:
        process.terminate()
        process.wait(20)


async def listening(server: Server, audience: Audience) -> Crowd:
    """All sockets, with their subscriptions. Prints what they weigh."""
    crowd, weighed = Crowd(server.port), [server.resident()]
    for number, start in enumerate(range(0, len(audience.tokens), _OF_AN_ADDRESS), start=2):
        await crowd.open(audience.tokens[start : start + _OF_AN_ADDRESS], f"127.0.0.{number}")
    weighed.append(await at_rest(server))
    await crowd.subscribe(audience.document)
    weighed.append(await at_rest(server))
    await heard_by_all(crowd, audience)
    weighed.append(await at_rest(server))
    opened, listens, has_heard = [(one - weighed[0]) / len(crowd.listeners) for one in weighed[1:]]
    print(f"  {server.name:10} kB a socket: {opened:.1f} open, {listens:.1f} listening, {has_heard:.1f} having heard")
    return crowd


async def at_rest(server: Server) -> int:
    """Returns what it weighs as soon as it has hardly anything left to do: what is put away counts too."""
    before, now = -math.inf, server.spent()
    while now - before > _REST * _GLANCE_SECONDS:
        await asyncio.sleep(_GLANCE_SECONDS)
        before, now = now, server.spent()
    return server.resident()


async def heard_by_all(crowd: Crowd, audience: Audience) -> None:
    """Tells until everybody who should hear it has heard something: from then on they are all there."""
    deaf = crowd.listeners[: audience.hearing]
    for _ in range(_TRIES):
        heard = crowd.expect(audience.hearing)
        await audience.happen()
        with suppress(TimeoutError):
            async with asyncio.timeout(_TRY_SECONDS):
                await heard.wait()
        deaf = [listener for listener in deaf if not listener.last]
        if not deaf:
            return
    raise SystemExit(f"{len(deaf)} do not hear what they should, and {crowd.lost} are gone.")


async def tell(server: Server, crowd: Crowd, audience: Audience) -> None:
    spent, heard = server.spent(), crowd.expect(audience.hearing)
    began = time.perf_counter()
    await audience.happen()
    async with asyncio.timeout(60):
        await heard.wait()
    server.seconds.append(time.perf_counter() - began)
    await at_rest(server)
    server.cpu.append(server.spent() - spent)


def report(servers: list[Server], hearing: int) -> None:
    for server in servers:
        cpu = statistics.median(server.cpu) / hearing * 1e6
        times = sorted(second * 1000 for second in server.seconds)
        print(
            f"  {server.name:10} µs of CPU a delivery: {cpu:.1f};"
            f" ms until the last has heard: {statistics.median(times):.0f}, at worst {times[-1]:.0f}"
        )


async def measure(servers: list[Server], audiences: list[Audience]) -> None:
    crowds = [await listening(server, one) for server, one in zip(servers, audiences, strict=True)]
    for _ in range(_EVENTS):
        for server, crowd, audience in zip(servers, crowds, audiences, strict=True):
            await tell(server, crowd, audience)
    for crowd in crowds:
        await crowd.check()
    report(servers, audiences[0].hearing)
    for crowd in crowds:
        crowd.close()
    for server in servers:
        await at_rest(server)
        server.seconds.clear()
        server.cpu.clear()


async def measured(options: argparse.Namespace, servers: list[Server], dsn: str, settings: dict[str, str]) -> None:
    async with People(dsn, settings).at_work() as people:
        for name in options.what.split(","):
            print(f"{name}, {options.sockets} sockets, of which {HEARING} hear each event")
            audiences = await people.audiences(name, len(servers), options.sockets, HEARING)
            await measure(servers, audiences)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sockets", type=int, default=HEARING)
    parser.add_argument("--beside", type=Path)
    parser.add_argument("--what", default="views,notifications,progress")
    options = parser.parse_args()
    take_all_files_allowed()
    folder = Path(tempfile.mkdtemp(prefix="marquee-benchmark-"))
    folder.chmod(0o755)  # as root, PostgreSQL runs as another user, who must reach its data
    embedded = EmbeddedPostgres(folder / "postgres")
    settings = {
        "PORT": "0",
        "HOST": "127.0.0.1",
        "MARQUEE_HOME": str(folder / "home"),
        "SESSION_SECRET": "for benchmarks only, and long enough for it",
        "DEMONSTRATION": "false",
        "JOBS_IN_SERVER": "false",
    }
    try:
        embedded.ensure()
        upgrade(embedded.dsn)
        settings["DATABASE_URL"] = embedded.dsn
        trees = {"Marquee": ROOT} | ({"beside": options.beside} if options.beside else {})
        with ExitStack() as stack:
            command = [sys.executable, "server.py"]
            servers = [stack.enter_context(served(name, command, tree, settings)) for name, tree in trees.items()]
            asyncio.run(measured(options, servers, embedded.dsn, settings))
    finally:
        embedded.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
