"""Importing: file after file, batch after batch, with an end told of every line."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.importing import (
    ImportStore,
    Kind,
    Outcome,
    RefusedLine,
    Report,
    Row,
    SourceFile,
    Tally,
    Unreadable,
    Verdict,
)
from domain.importing_rows import header_problems, row_of

# So many lines are one transaction, unless they are so many bytes before.
_AT_ONCE, _BYTES_AT_ONCE = 1000, 8 * 1024 * 1024


class Import:
    def __init__(self, files: Sequence[SourceFile], store: ImportStore, report: Report) -> None:
        self._files, self._store, self._report = files, store, report
        self.tally = Tally()

    async def __call__(self) -> AsyncIterator[int]:
        """Yields how many bytes are done since the last time. Raises Unavailable, Unreadable."""
        now = await self._store.now()
        for file in self._files:
            done, batches = 0, _batches(file, now)
            coming = asyncio.create_task(asyncio.to_thread(next, batches, None))
            while batch := await coming:
                # The next one is read while the database is at this one.
                coming = asyncio.create_task(asyncio.to_thread(next, batches, None))
                await self._take(file.kind, batch.rows)
                yield batch.end - done
                done = batch.end
            yield file.size_bytes - done
        await self._store.finish()

    async def _take(self, kind: Kind, read: Sequence[Row | RefusedLine]) -> None:
        rows = [one for one in read if isinstance(one, Row)]
        verdicts = iter(await self._store.take(kind, rows))
        for one in read:
            if isinstance(one, Row):
                verdict = next(verdicts)
                refused = RefusedLine(one.place, one.old_id, verdict.reasons)
                self.tally.count(kind, verdict, one)
            else:
                verdict, refused = Verdict(Outcome.REFUSED, one.reasons), one
                self.tally.count(kind, verdict, None)
            if verdict.outcome is Outcome.REFUSED:
                self._report.refuse(refused)


def check_headers(files: Sequence[SourceFile]) -> None:
    """Before anything is imported. Raises Unreadable."""
    for file in files:
        names = file.header()
        if names is not None and (problems := header_problems(file.kind, names)):
            raise Unreadable(f"{file.name}: {' '.join(problems)}")


@dataclass(frozen=True, slots=True)
class _Read:
    """Lines that were read together; `end` is the byte behind them."""

    rows: Sequence[Row | RefusedLine]
    end: int


def _batches(file: SourceFile, now: datetime) -> Iterator[_Read]:
    batch: list[Row | RefusedLine] = []
    begun = end = 0
    for line in file.lines():
        batch.append(row_of(file.kind, line, now))
        end = line.end
        if len(batch) >= _AT_ONCE or end - begun >= _BYTES_AT_ONCE:
            yield _Read(batch, end)
            batch, begun = [], end
    if batch:
        yield _Read(batch, end)
