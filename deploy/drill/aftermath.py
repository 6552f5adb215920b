"""What is left when all is over: logs, and processes."""

import asyncio
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import httpx2

from deploy.drill.ground import Ground
from deploy.drill.load.guests import NO_PASSWORD, PASSWORD
from deploy.drill.proofs import Books, Proof
from deploy.drill.records import Records
from deploy.drill.strangers import ROOT
from deploy.drill.watching import Watch
from deploy.many.postgres import ROLE, SUPERUSER

_DRAINED_WITHIN = _EQUAL_WITHIN = 15.0
_LONGEST_TRANSACTION = 5.0
_MOST_GROWTH = 200  # MiB over the first look; each password that is hashed takes 64 of them for a moment
_SECRETS = (ROLE, SUPERUSER, "redis", "session", "store", "engine")
_WHO = "query Who { viewer { email } }"


async def drained(books: Books) -> Proof:
    """The outbox is empty, which takes as long as the last changes take to be told."""
    began = time.monotonic()
    while (waiting := await books.waiting()) and time.monotonic() - began < _DRAINED_WITHIN:
        await asyncio.sleep(0.2)
    took = time.monotonic() - began
    wrong = tuple(f"{count} of {topic} wait" for topic, count in waiting.items())
    return Proof("the outbox is drained", f"after {took:.1f} s", wrong)


async def searched(ground: Ground) -> Proof:
    """The index equals the database, says `server.py search-check`, when it is asked within the time promised."""
    began = time.monotonic()
    while True:
        asked = time.monotonic() - began
        code, said = await _check(ground)
        if code == 0 or time.monotonic() - began > _EQUAL_WITHIN:
            break
    figures = f"asked after {asked:.1f} s: {said.splitlines()[0] if said else 'nothing was said'}"
    return Proof("index = database", figures, () if code == 0 else (said[-300:] or "search-check failed",))


async def _check(ground: Ground) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("server.py", "search-check"),
        cwd=ROOT,
        env=ground.environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    said, _ = await asyncio.wait_for(process.communicate(), 30)
    return process.returncode or 0, said.decode()


async def revoked(ground: Ground, records: Records) -> Proof:
    """No token of a session that was ended opens anything, at any server."""
    tokens = [claim["key"][0] for claim in records.claims_about("revoked")]
    open_ones = []
    async with httpx2.AsyncClient(timeout=10, trust_env=False) as client:
        for server in ground.many.servers:
            for token in tokens:
                headers = {"authorization": f"Bearer {token}"}
                answer = await client.post(f"{server.address}/graphql", json={"query": _WHO}, headers=headers)
                if answer.status_code != 401 and "UNAUTHENTICATED" not in answer.text:
                    open_ones.append(f"a session that was ended answers at {server.name}: {answer.text[:100]}")
    return Proof("no session lives that was ended", f"{len(tokens)} sessions", tuple(open_ones[:5]))


def transactions(watch: Watch, excused: Sequence[tuple[float, float]]) -> Proof:
    """None was older than it may be, but in the spans in which PostgreSQL or PgBouncer could not end any."""
    counted = [seen for seen in watch.transactions if not any(since <= seen.at <= until for since, until in excused)]
    oldest = max(counted, key=lambda seen: seen.age, default=None)
    figures = f"{len(watch.transactions)} looks, the oldest {oldest.told if oldest else 'none'}"
    old = [seen.told for seen in counted if seen.age > _LONGEST_TRANSACTION]
    return Proof(f"no transaction older than {_LONGEST_TRANSACTION:.0f} s", figures, tuple(old[:5]))


def memory(watch: Watch) -> Proof:
    told = [f"{name} {watch.first_resident[name]} to {most} MiB" for name, most in watch.most_resident.items()]
    wrong = [name for name, most in watch.most_resident.items() if most - watch.first_resident[name] > _MOST_GROWTH]
    return Proof("memory stays bounded", ", ".join(told), tuple(f"{name} has grown" for name in wrong))


def logs(ground: Ground, records: Records) -> list[Proof]:
    """Our own processes' logs."""
    found = {path.name: path.read_text(errors="replace") for path in (ground.kept.folder / "log").glob("*.log")}
    ours = {name: text for name, text in found.items() if name.startswith(("server", "worker", "load"))}
    traces = [_around(name, text, match.start()) for name, text in ours.items() for match in _faults(text)]
    secrets = [ground.kept.secret(name) for name in _SECRETS] + [PASSWORD, NO_PASSWORD]
    secrets += [claim["key"][0] for claim in records.claims_about("revoked")]
    told = [
        f"{name} has a secret ({secret[:3]}…)" for name, text in found.items() for secret in secrets if secret in text
    ]
    size = f"{sum(map(len, found.values())) // 1024} KiB in {len(found)} logs"
    return [
        Proof("no traceback in the logs", size, tuple(traces[:8])),
        Proof("no secret in the logs", f"{len(secrets)} secrets looked for", tuple(told[:5])),
    ]


def _faults(text: str) -> list[re.Match[str]]:
    """Tracebacks of Python, as text and inside of JSON, and what is logged of a fault of ours."""
    return list(re.finditer(r'Traceback \(most recent|"event":"fault"', text))


def _around(name: str, text: str, at: int) -> str:
    begin, end = text.rfind("\n", 0, at) + 1, text.find("\n", at)
    line = text[begin:end]
    return f"{name}: {line[-700:] if len(line) > 60 else text[begin : begin + 1500]}"


def orphans(folder: Path) -> Proof:
    """Processes that still know of the drill's folder."""
    left = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
        except OSError:
            continue
        if str(folder).encode() in words and int(entry.name) != _ourselves():
            left.append(f"{entry.name}: {words[:80].decode(errors='replace')}")
    return Proof("no process is left", f"{len(left)} left", tuple(left))


def _ourselves() -> int:
    return int(Path("/proc/self").resolve().name)
