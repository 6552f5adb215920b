"""What many report at once is written at once, and each is answered as if they had been alone: F1 of FEATURES."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from composition import Marquee
from domain.contents import Content
from domain.errors import Conflict, RefusalCode
from domain.progress import Progress, ProgressRecorded, WatchEvent
from domain.users import Viewer
from tests.api.conftest import World
from tests.api.issuer import settings_like

_TRANSACTIONS = "select count(distinct xmin::text)::int from watch_progress"
_WAITING = "select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"


class Reporting:
    """Reports of many, and which groups of them failed."""

    def __init__(self, marquee: Marquee) -> None:
        self.failed: list[int] = []
        self.service = Progress(
            marquee.database, marquee.stores.progress, marquee.signals, lambda reports, _: self.failed.append(reports)
        )

    def begin(self, who: Viewer, *events: WatchEvent) -> "asyncio.Task[ProgressRecorded]":
        return asyncio.create_task(self.service.record(who, events))

    async def record(self, *reports: tuple[Viewer, WatchEvent]) -> list[Any]:
        """What each of them hears, by the position or as an exception."""
        asked = [self.begin(who, event) for who, event in reports]
        heard = await asyncio.gather(*asked, return_exceptions=True)
        return [one.progress[0].position_seconds if isinstance(one, ProgressRecorded) else one for one in heard]


@pytest.fixture
def reporting(marquee: Marquee) -> Reporting:
    return Reporting(marquee)


def event(content: Content, position: float, **ago: float) -> WatchEvent:
    return WatchEvent(uuid4(), content.id, position, None, None, datetime.now(UTC) - timedelta(**ago or {"seconds": 9}))


async def people(world: World, count: int) -> list[Viewer]:
    return [world.viewer(await world.person()) for _ in range(count)]


async def sequences(world: World, who: Viewer) -> tuple[list[int], int | None]:
    """Of the changes that are kept, and where the counter stands."""
    changes = await world.rows("select sequence from progress_changes where user_id = $1 order by 1", who.user.id)
    counters = await world.rows("select sequence from progress_counters where user_id = $1", who.user.id)
    return [sequence for (sequence,) in changes], counters[0][0] if counters else None


@asynccontextmanager
async def held(marquee: Marquee, sql: str, *values: object) -> AsyncIterator[None]:
    """Somebody else's transaction has done this and not yet ended."""
    async with marquee.database.writing() as transaction:
        await transaction.execute(sql, *values)
        yield


async def until_waiting(world: World, count: int = 1) -> Sequence[int]:
    """The sessions that wait for a lock, as soon as there are so many."""
    async with asyncio.timeout(20):
        while len(found := await world.rows(_WAITING)) < count:
            await asyncio.sleep(0.01)
    return [pid for (pid,) in found]


async def test_what_many_report_at_once_is_one_transaction(world: World, reporting: Reporting) -> None:
    viewers, content = await people(world, 40), await world.content()
    for round in range(2):  # new people first, then known ones
        heard = await reporting.record(*((who, event(content, round * 100 + n)) for n, who in enumerate(viewers)))
        assert heard == [round * 100 + n for n in range(40)]
        assert await world.rows(_TRANSACTIONS) == [(1,)]
    assert await world.rows("select count(*)::int from watch_progress") == [(40,)]
    assert [await sequences(world, who) for who in viewers] == [([1, 2], 2)] * 40


async def test_where_it_is_off_each_report_is_its_own_transaction(world: World, marquee: Marquee) -> None:
    service = Progress(marquee.database, marquee.stores.progress, marquee.signals)
    viewers, content = await people(world, 3), await world.content()
    await asyncio.gather(*(service.record(who, [event(content, 1)]) for who in viewers))
    assert await world.rows(_TRANSACTIONS) == [(3,)]


async def test_the_server_gathers_unless_told_otherwise(marquee: Marquee) -> None:
    assert marquee.services.progress._gathering
    told = Marquee(settings_like(marquee, progress_gathered=False), marquee.settings.dsn() or "")
    assert told.services.progress._gathering is None


async def test_what_is_refused_to_one_is_nothing_to_the_others_and_leaves_no_trace(
    world: World, reporting: Reporting
) -> None:
    viewers, content, gone = await people(world, 5), await world.content(), await world.content()
    await world.rows("update contents set deleted_at = now() where id = $1", gone.id)
    no_content, too_old, *fine = viewers
    heard = await reporting.record(
        (fine[0], event(content, 1)),
        (no_content, event(gone, 2)),
        (fine[1], event(content, 3)),
        (too_old, event(content, 4, days=31)),
        (fine[2], event(content, 5)),
    )
    assert heard[::2] == [1, 3, 5]
    codes = [refusal.refused.code for refusal in heard[1::2]]
    assert codes == [RefusalCode.NOT_FOUND, RefusalCode.VALIDATION_FAILED]
    assert heard[3].refused.problems[0].field == ("input", "events", "0", "observedAt")
    for table in ("watch_progress", "progress_changes", "watch_events", "progress_counters"):
        written = await world.rows(f"select user_id from {table} order by 1")
        assert written == [(who.user.id,) for who in fine], table
    assert (await world.rows(_TRANSACTIONS), reporting.failed) == ([(1,)], [])


async def test_reports_of_one_person_are_judged_one_after_another(world: World, reporting: Reporting) -> None:
    (who, other), first, second = await people(world, 2), await world.content(), await world.content()
    repeated = event(first, 10, seconds=50)
    heard = await asyncio.gather(
        reporting.begin(who, repeated, event(second, 1, seconds=49)),
        reporting.begin(other, event(first, 77)),
        reporting.begin(who, event(first, 20, seconds=40)),
        reporting.begin(who, replace(repeated, position_seconds=99, observed_at=datetime.now(UTC))),
        reporting.begin(who, event(first, 15, seconds=45)),
        reporting.begin(who, event(second, 2, seconds=30), event(first, 30, seconds=30)),
    )
    stands = [[(one.position_seconds, one.sequence) for one in answer.progress] for answer in heard]
    assert stands == [[(10, 1), (1, 2)], [(77, 1)], [(20, 3)], [(20, 3)], [(20, 3)], [(2, 4), (30, 5)]]
    ids = {(one.content_id, one.id) for answer in heard for one in answer.progress if one.user_id == who.user.id}
    assert ids == set(await world.rows("select content_id, id from watch_progress where user_id = $1", who.user.id))
    assert await sequences(world, who) == ([1, 2, 3, 4, 5], 5)
    assert await world.rows("select count(*)::int from watch_events where user_id = $1", who.user.id) == [(6,)]
    assert (await world.rows(_TRANSACTIONS), reporting.failed) == ([(1,)], [])


async def test_of_two_clocks_far_ahead_the_later_report_counts(world: World, reporting: Reporting) -> None:
    (who,), content = await people(world, 1), await world.content()
    ahead = [event(content, position, days=-position) for position in (1, 2, 3)]
    assert await reporting.record(*((who, one) for one in ahead)) == [1, 2, 3]
    assert await world.rows("select position_seconds, observed_at <= clock_timestamp() from watch_progress") == [
        (3.0, True)
    ]


@pytest.mark.parametrize(
    "doing",
    [
        "select 1 from progress_counters where user_id = $1 for update",
        "select 1 from users where id = $1 for update",
        "delete from users where id = $1",
    ],
)
async def test_whom_somebody_else_is_at_waits_alone(
    world: World, marquee: Marquee, reporting: Reporting, doing: str
) -> None:
    viewers, content = await people(world, 4), await world.content()
    await reporting.record(*((who, event(content, 1, minutes=5)) for who in viewers))
    busy, *others = viewers
    async with held(marquee, doing, busy.user.id):
        waiting = reporting.begin(busy, event(content, 2))
        assert await reporting.record(*((who, event(content, 2)) for who in others)) == [2, 2, 2]
        await until_waiting(world)
        assert await reporting.record(*((who, event(content, 3, seconds=1)) for who in others)) == [3, 3, 3]
        assert not waiting.done()
    (heard,) = await asyncio.gather(waiting, return_exceptions=True)
    if doing.startswith("delete"):
        assert isinstance(heard, Conflict)
        assert await sequences(world, busy) == ([], None)
    else:
        assert isinstance(heard, ProgressRecorded)
        assert await sequences(world, busy) == ([1, 2], 2)
    assert reporting.failed == []


async def test_who_was_deleted_hears_so_and_nobody_else(world: World, reporting: Reporting) -> None:
    viewers, content = await people(world, 3), await world.content()
    await world.rows("delete from users where id = $1", viewers[1].user.id)
    first, gone, last = await reporting.record(*((who, event(content, 5)) for who in viewers))
    assert (first, last) == (5, 5)
    assert isinstance(gone, Conflict)
    assert await world.rows("select count(*)::int from watch_events") == [(2,)]


async def test_one_that_the_database_does_not_take_fails_alone(world: World, reporting: Reporting) -> None:
    viewers, content = await people(world, 4), await world.content()
    await world.rows("alter table progress_changes add constraint poison check (position_seconds <> 666)")
    try:
        heard = await reporting.record(*((who, event(content, 665 + n)) for n, who in enumerate(viewers)))
    finally:
        await world.rows("alter table progress_changes drop constraint poison")
    assert isinstance(heard[1], asyncpg.CheckViolationError)
    assert [heard[0], *heard[2:]] == [665, 667, 668]
    assert [await sequences(world, who) for who in viewers] == [([1], 1), ([], None), ([1], 1), ([1], 1)]
    assert reporting.failed == [4]


async def test_nobody_hears_of_what_was_cut_off_before_it_was_durable(
    world: World, marquee: Marquee, reporting: Reporting
) -> None:
    viewers, content = await people(world, 3), await world.content()
    async with held(marquee, "lock table progress_changes in exclusive mode"):
        reports = [reporting.begin(who, event(content, 5)) for who in viewers]
        (group,) = await until_waiting(world)
        assert await world.rows("select pg_terminate_backend($1)", group) == [(True,)]
        await until_waiting(world, 3)  # each tries again
        assert not any(report.done() for report in reports)
        assert await world.rows("select 1 from watch_events") == []
    heard = await asyncio.gather(*reports)
    assert [answer.progress[0].position_seconds for answer in heard] == [5, 5, 5]
    assert [await sequences(world, who) for who in viewers] == [([1], 1)] * 3
    assert reporting.failed == [3]


async def test_who_gives_up_holds_up_nobody(world: World, marquee: Marquee, reporting: Reporting) -> None:
    viewers, content = await people(world, 5), await world.content()
    async with held(marquee, "lock table progress_changes in exclusive mode"):
        writing = [reporting.begin(who, event(content, 5)) for who in viewers[:3]]
        await until_waiting(world)
        waiting = [reporting.begin(who, event(content, 6)) for who in viewers[3:]]
        await asyncio.sleep(0)
        for gone in (writing[0], waiting[0]):
            gone.cancel()
    heard = await asyncio.gather(*writing, *waiting, return_exceptions=True)
    assert [isinstance(one, asyncio.CancelledError) for one in heard] == [True, False, False, True, False]
    # What was being written is written, and what was not, never will be.
    assert [await sequences(world, who) for who in viewers] == [([1], 1), ([1], 1), ([1], 1), ([], None), ([1], 1)]
    assert reporting.failed == []


async def test_everybody_of_a_group_is_heard_of(world: World, marquee: Marquee, reporting: Reporting) -> None:
    viewers, content = await people(world, 3), await world.content()
    with ExitStack() as listening:
        inboxes = [listening.enter_context(marquee.signals.listen(("progress", who.user.id))) for who in viewers]
        await reporting.record(*((who, event(content, n)) for n, who in enumerate(viewers)))
        async with asyncio.timeout(20):
            assert [(await inbox.wait()).lost for inbox in inboxes] == [False] * 3


async def test_two_servers_and_deletions_at_once_never_wait_in_a_circle(world: World, marquee: Marquee) -> None:
    servers = [Reporting(marquee), Reporting(marquee)]
    viewers, contents = await people(world, 12), [await world.content() for _ in range(3)]
    reports = [
        server.begin(who, event(content, number, seconds=60 - number))
        for number in range(4)
        for content in contents
        for server in servers
        for who in (viewers if number % 2 else viewers[::-1])
    ]
    deleting = [asyncio.create_task(world.rows("delete from users where id = $1", who.user.id)) for who in viewers[::6]]
    heard = await asyncio.gather(*reports, return_exceptions=True)
    await asyncio.gather(*deleting)
    assert {type(one) for one in heard} <= {ProgressRecorded, Conflict}
    assert [server.failed for server in servers] == [[], []]
    for number, who in enumerate(viewers):
        kept, counter = await sequences(world, who)
        assert kept == list(range(1, (counter or 0) + 1))
        assert bool(kept) == bool(number % 6)
