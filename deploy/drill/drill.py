"""The drill itself: peace, then one fault after another, then the proofs."""

import asyncio
import dataclasses
import time
from collections.abc import Callable, Sequence

from deploy.drill import aftermath, report
from deploy.drill.faults import Fault
from deploy.drill.founding import found
from deploy.drill.ground import Ground
from deploy.drill.judging import BACK_WITHIN, Row, Span, judged
from deploy.drill.loading import Load
from deploy.drill.needs import NEEDS, NEWS
from deploy.drill.proofs import Books, Proof
from deploy.drill.records import Record, first_good, slowest
from deploy.drill.watching import Watch
from deploy.many.part import Part

_PEACE_SECONDS = 1.0
_WARM_WITHIN = 20.0
# Behind a fault of the database its transactions may be as old as the fault: nobody could end them.
_CANNOT_END = frozenset({"pgbouncer", "primary", "server-1", "server-2"})


class Drill:
    """`say` is told of every step; `enough` is a moment at which no further fault begins."""

    def __init__(self, ground: Ground, faults: Sequence[Fault], say: Callable[[str], None], enough: float) -> None:
        self._ground, self._faults, self._say, self._enough = ground, faults, say, enough
        self._books, self._watch = Books(ground), Watch(ground)
        self._excused: list[tuple[float, float]] = []
        self._began = time.monotonic()
        self._seen = 0  # of what was told to be broken
        self.rows: list[Row] = []
        self.proofs: list[Proof] = []
        self.skipped: list[str] = []

    async def run(self) -> None:
        async with self._ground.standing():
            world = await found(self._ground)
            async with Load(self._ground, world).running() as load, self._watch.watching():
                await self._warm_up(load)
                for fault in self._faults:
                    if time.monotonic() > self._enough:
                        self.skipped.append(fault.name)
                    else:
                        await self._suffer(fault, load)
                await self._prove(load)
        self.proofs += [*aftermath.logs(self._ground, load.records), aftermath.orphans(self._ground.kept.folder)]

    async def _warm_up(self, load: Load) -> None:
        """Until every kind of request was answered well: what never was could not be missed."""
        ends = time.monotonic() + _WARM_WITHIN
        while missing := sorted(set(NEEDS) - set(first_good(load.records.answers, 0)) - NEWS):
            if time.monotonic() > ends:
                said = {record.kind: record.code for record in load.records.answers if not record.good}
                raise RuntimeError(f"In peace there was no good answer to {missing}. What was answered: {said}")
            await asyncio.sleep(0.2)

    async def _suffer(self, fault: Fault, load: Load) -> None:
        await asyncio.sleep(_PEACE_SECONDS)
        began = time.monotonic()
        await fault.begin(self._ground)
        ends = began + fault.seconds
        await asyncio.sleep(max(0.0, ends - time.monotonic()))
        ended = time.monotonic()
        await fault.end(self._ground)
        span = await self._recovery(fault, Span(began, time.monotonic(), 0), load)
        if fault.part in _CANNOT_END:
            self._excused.append((ended - fault.seconds, span.back + 1))
        broken = [*await self._raised(), *self._new(load), *self._seen_by_watch(fault, span)]
        broken += [f"{proof.name}: {wrong}" for proof in await self._books.cheap() for wrong in proof.wrong]
        row = judged(fault, span, self._between(load, span), broken)
        self.rows.append(row)
        self._say(f"{time.monotonic() - self._began:5.0f} s  {fault.name}: {row.verdict}")

    async def _recovery(self, fault: Fault, span: Span, load: Load) -> Span:
        """Until all is well again, or should be."""
        while time.monotonic() < span.back + 2 * BACK_WITHIN:
            found = first_good(load.records.between(span.back, time.monotonic()), span.back)
            if set(NEEDS) - NEWS <= set(found) or self._fallen():
                break
            await asyncio.sleep(0.1)
        return dataclasses.replace(span, until=time.monotonic())

    def _fallen(self) -> list[Part]:
        return [part for part in self._ground.parts.values() if part.fallen is not None]

    async def _raised(self) -> list[str]:
        """Parts that fell though nobody killed them, which are started again so that the drill can go on."""
        told = []
        for part in self._fallen():
            told.append(f"{part.name} has fallen by itself ({part.fallen}). {part.last_words()}")
            await part.start()
        return told

    def _between(self, load: Load, span: Span) -> list[Record]:
        """What we ourselves were late, through whom the links go, is no more the servers' doing than the load's."""
        late = self._watch.lateness
        return [
            dataclasses.replace(record, late=record.late + late.between(record.at, record.ended))
            for record in load.records.between(span.began, span.until)
        ]

    def _new(self, load: Load) -> list[str]:
        """What was told to be broken since we last asked."""
        self._seen, before = len(load.records.broken), self._seen
        return load.records.broken[before:]

    def _seen_by_watch(self, fault: Fault, span: Span) -> list[str]:
        dead = self._watch.dead(span.began, span.until, fault.part) if fault.part != "rolling" else []
        seen = [
            f"/health of {look.server} failed at {look.at - span.began:+.1f} s ({look.took:.1f} s)" for look in dead
        ]
        if fault.named and not self._watch.named(fault.named, span.began, span.until):
            seen.append(f"/ready never said that {fault.named} is down")
        return seen

    async def _prove(self, load: Load) -> None:
        await asyncio.sleep(_PEACE_SECONDS)
        until = await self._books.now()
        await load.finish()
        records = load.records
        proofs = [*await self._books.cheap(), *await self._books.answered(records)]
        proofs += [await self._books.told(records, until), await aftermath.drained(self._books)]
        proofs += [await aftermath.searched(self._ground), await aftermath.revoked(self._ground, records)]
        proofs += [aftermath.transactions(self._watch, self._excused), aftermath.memory(self._watch)]
        told = "; ".join(f"{one['followed']} {one['heard']} of {one['answered']}" for one in records.followed)
        proofs.append(Proof("nothing was seen that may never be", told, tuple(self._new(load))))
        proofs.append(Proof("sockets of ended sessions are closed", slowest(records.answers, "revocation")))
        proofs.append(Proof("events arrive, however late", slowest(records.answers, "event")))
        self.proofs += proofs

    def report(self) -> str:
        parts = [report.table(self.rows), report.proven(self.proofs), report.complaints(self.rows, self.proofs)]
        if self.skipped:
            parts.append(f"There was no time for {', '.join(self.skipped)}.")
        return "\n\n".join(part for part in parts if part)

    @property
    def is_kept(self) -> bool:
        return not self.skipped and not any(row.broken for row in self.rows) and not any(p.wrong for p in self.proofs)
