"""How long requests wait while 10,000 changed contents are told to the search engine: `python -m benchmarks.indexing`.

Starts a server with an embedded database and the tests' stand-in for Meilisearch, all on loopback; asks one small
operation and one page over and over, first in peace and then while all contents have changed; prints the milliseconds
that they waited. Fails where the worst waited 50 ms longer than the worst in peace. Takes about a minute.
"""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, Any

import asyncpg
import httpx2

CONTENTS = 10_000
KEY = "a-key-for-benchmarks"
ASKED = ("{ __typename }", "{ contents(first: 20) { nodes { title genres { name } } } }")
_FILL = """
with owner as (insert into corporations (name, plan) values ('Benchmark', 'PAID') returning id)
insert into contents (corporation_id, title, description, age_rating)
select owner.id, 'Silent River ' || n, repeat('조용한 강가의 오래된 이야기가 여름을 지나 흐른다. ', 8), 'ALL'
from owner, generate_series(1, $1::int) n
"""


def started(folder: Path, *command: str, **settings: str) -> "subprocess.Popen[str]":
    environment = {"PATH": os.environ["PATH"], "MARQUEE_HOME": str(folder), "PORT": "0", **settings}
    return subprocess.Popen(
        [sys.executable, *command], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )


def line_with(word: str, lines: IO[str] | None) -> str:
    assert lines
    return next(line for line in lines if word in line).strip()


async def waits(client: httpx2.AsyncClient, address: str, document: str, enough: Any) -> list[float]:
    """In milliseconds, until it is enough."""
    spent: list[float] = []
    while not await enough(len(spent)):
        begun = time.perf_counter()
        (await client.post(f"{address}/graphql", json={"query": document})).raise_for_status()
        spent.append((time.perf_counter() - begun) * 1000)
    return sorted(spent)


def told(name: str, spent: list[float]) -> None:
    middle, late = spent[len(spent) // 2], spent[int(len(spent) * 0.99)]
    print(f"{name:60}{len(spent):>7}{middle:>9.1f}{late:>9.1f}{spent[-1]:>9.1f}")


async def measured(address: str, dsn: str) -> bool:
    connection, within = await asyncpg.connect(dsn), True

    async def of(count: int) -> bool:
        return count >= 400

    async def nothing_waits(_: int) -> bool:
        return not await connection.fetchval("select exists (select from outbox)")

    async with httpx2.AsyncClient(timeout=30) as client:
        await connection.execute("set statement_timeout = 0")
        await connection.execute(_FILL, CONTENTS)
        while not await nothing_waits(0):
            await asyncio.sleep(0.2)
        print(f"{'':60}{'asked':>7}{'median':>9}{'99 %':>9}{'worst':>9}  ms")
        for document in ASKED:
            peace = await waits(client, address, document, of)
            begun = time.perf_counter()
            await connection.execute("update contents set like_count = like_count + 1")
            busy = await waits(client, address, document, nothing_waits)
            told(f"in peace: {document[:48]}", peace)
            told(f"for {time.perf_counter() - begun:.0f} s while {CONTENTS} are told", busy)
            within &= busy[-1] < peace[-1] + 50
    await connection.close()
    return within


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="marquee-benchmark-"))
    folder.chmod(0o755)  # as root, PostgreSQL runs as another user, who must reach its data
    engine = started(folder, "-m", "tests.integrations.meilisearch", "--port", "0", "--key", KEY)
    server = None
    try:
        url = line_with("http", engine.stdout)
        server = started(folder, "server.py", MEILISEARCH_URL=url, MEILISEARCH_API_KEY=KEY, DEMONSTRATION="false")
        address = line_with(" is at ", server.stdout).split(" is at ")[1]
        dsn = f"postgresql://marquee@/marquee?host={folder}/postgres/socket"
        within = asyncio.run(measured(address, dsn))
    finally:
        for process in (server, engine):
            if process:
                process.terminate()
                process.wait(20)
        shutil.rmtree(folder, ignore_errors=True)
    raise SystemExit(0 if within else "Somebody was held up.")


if __name__ == "__main__":
    main()
