"""What gathering is worth where many watch at once: `python -m benchmarks.progress [viewers] [rounds]`.

So many viewers report without a pause, each about a content of their own: by turns through a service that gathers what
they report and one that writes each report by itself, on one PostgreSQL that syncs to disk. Prints events per second,
CPU milliseconds per event of this process and of PostgreSQL, and how long the slowest hundredth waited. Then 50,000
viewers report every ten seconds, by the clock, through the one that gathers.
"""

import asyncio
import gc
import itertools
import statistics
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg

from benchmarks.ground import bare
from domain.errors import Unavailable
from domain.progress import Progress, WatchEvent
from domain.users import Role, User, Viewer
from jobs.background import background
from persistence.database import Database
from persistence.progress import Progress as ProgressStore
from persistence.signals import PostgresSignals

PEOPLE, CONTENTS = 50_000, 5_000
HEARTBEAT_SECONDS, BEATING_SECONDS = 10, 10
AIM = PEOPLE / HEARTBEAT_SECONDS  # events per second
_ROUND_SECONDS = 3.0
_FILL = """
insert into corporations (name, plan) values ('Company', 'PAID');
insert into contents (corporation_id, title, age_rating) select 1, 'Title ' || n, 'ALL'
    from generate_series(1, $contents) n;
insert into users (email, display_name, role) select 'person' || n || '@example.com', 'Person ' || n, 'MEMBER'
    from generate_series(1, $people) n;
insert into watch_progress (user_id, content_id, position_seconds, completed, observed_at, sequence)
    select id, 1 + (id * 7 + k) % $contents, 1, false, now() - interval '1 day', k
    from users, generate_series(1, 4) k;
insert into progress_counters select id, 4 from users;

vacuum analyze
"""


@dataclass
class Tally:
    """Of one contestant, over all rounds; CPU in seconds."""

    in_vain: int = 0
    seconds: float = 0
    own: float = 0
    database: float = 0
    waits: list[float] = field(default_factory=list)

    @property
    def events(self) -> int:
        return len(self.waits)

    @property
    def rate(self) -> float:
        return self.events / self.seconds

    def told(self, name: str) -> str:
        own, database = (1000 * spent / self.events for spent in (self.own, self.database))
        hundredths = statistics.quantiles(self.waits, n=100)
        waits = f"{1000 * hundredths[49]:8.1f}{1000 * hundredths[98]:8.1f}"
        return f"{name:22}{self.rate:10.0f}{own:10.3f}{database:10.3f}{waits}{self.in_vain:9}"


class Stage:
    def __init__(self, dsn: str, postmaster: int) -> None:
        self.database = Database(dsn)
        self.signals = PostgresSignals(dsn)
        self._postmaster = postmaster

    @asynccontextmanager
    async def set_up(self) -> AsyncIterator["Stage"]:
        await self.database.open()
        async with background(self.signals.run()):
            yield self
        await self.database.close()

    def service(self, *, gathers: bool) -> Progress:
        return Progress(self.database, ProgressStore(self.database), self.signals, _fail if gathers else None)

    @asynccontextmanager
    async def measured(self, tally: Tally) -> AsyncIterator[None]:
        began, own, database = time.perf_counter(), time.process_time(), self._spent()
        yield
        tally.seconds += time.perf_counter() - began
        tally.own += time.process_time() - own
        tally.database += self._spent() - database

    def _spent(self) -> float:
        """Of all processes of PostgreSQL that live, those of before among them."""
        path = Path(f"/proc/{self._postmaster}/task/{self._postmaster}/children")
        spent = 0
        for pid in (self._postmaster, *path.read_text().split()):
            with suppress(FileNotFoundError):  # one that has ended meanwhile
                spent += int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])
        return spent / 1e9


def _fail(calls: int, error: Exception) -> None:
    raise SystemExit(f"A group of {calls} could not be written: {error!r}")


def viewer(number: int) -> Viewer:
    now = datetime.now(UTC)
    nothing = dict.fromkeys(field.name for field in fields(User))
    user = User(**{**nothing, "id": number, "role": Role.MEMBER})  # type: ignore[arg-type]
    return Viewer(user, 0, now + timedelta(days=1))


async def report(service: Progress, who: Viewer, position: float, tally: Tally) -> None:
    event = WatchEvent(uuid4(), 1 + (who.user.id * 7 + 1) % CONTENTS, position, None, None, datetime.now(UTC))
    began = time.perf_counter()
    try:
        await service.record(who, [event])
    except Unavailable:
        tally.in_vain += 1
    else:
        tally.waits.append(time.perf_counter() - began)


async def crowd(service: Progress, viewers: int, tally: Tally) -> None:
    """All of them report again as soon as they hear."""
    until = time.perf_counter() + _ROUND_SECONDS

    async def watch(number: int) -> None:
        who = viewer(number)
        for position in itertools.count(2):
            if time.perf_counter() > until:
                return
            await report(service, who, float(position), tally)

    await asyncio.gather(*(watch(number) for number in range(1, viewers + 1)))


async def heartbeats(service: Progress, tally: Tally) -> None:
    """Everybody reports when it is their time, whether others have been answered or not."""
    began, people = time.perf_counter(), [viewer(number) for number in range(1, PEOPLE + 1)]
    async with asyncio.TaskGroup() as group:
        sent = 0
        while (now := time.perf_counter() - began) < BEATING_SECONDS:
            for _ in range(int(now * AIM) - sent):
                group.create_task(report(service, people[sent % PEOPLE], 1000.0 + now, tally))
                sent += 1
            await asyncio.sleep(0.002)


async def measure(stage: Stage, viewers: int, rounds: int) -> bool:
    contestants = {"one by one": stage.service(gathers=False), "gathered": stage.service(gathers=True)}
    tallies = {name: Tally() for name in contestants}
    for number in range(rounds + 1):
        for name, service in contestants.items():
            tally = tallies[name] if number else Tally()  # the first round warms up
            async with stage.measured(tally):
                await crowd(service, viewers, tally)
    gc.collect()
    gc.freeze()  # as the server does
    beats = Tally()
    async with stage.measured(beats):
        await heartbeats(contestants["gathered"], beats)
    print(f"{'':22}{'events/s':>10}{'CPU ms':>10}{'of PG':>10}{'p50 ms':>8}{'p99 ms':>8}{'in vain':>9}")
    for name, tally in tallies.items():
        print(tally.told(f"{viewers} {name}"))
    each, together = tallies.values()
    print(f"  gathered is {together.rate / each.rate:.1f} times one by one")
    print(beats.told("50,000 every 10 s"))
    return beats.rate >= 0.98 * AIM


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


async def measured(dsn: str, viewers: int, rounds: int) -> bool:
    connection = await asyncpg.connect(dsn)
    filling = _FILL.replace("$contents", str(CONTENTS)).replace("$people", str(PEOPLE))
    for statement in filling.strip().split("\n\n"):
        await connection.execute(statement)
    parent = parent_of(await connection.fetchval("select pg_backend_pid()"))
    await connection.close()
    async with Stage(dsn, parent).set_up() as stage:
        return await measure(stage, viewers, rounds)


def main(viewers: int = 2000, rounds: int = 4) -> None:
    with bare() as (dsn, _):
        within = asyncio.run(measured(dsn, viewers, rounds))
    raise SystemExit(0 if within else "It is less than the aim.")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
