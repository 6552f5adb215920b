"""Progress that is gathered when a process ends, in good order or not: R3 and O3 of GUARD."""

import asyncio
import contextlib
import signal
from pathlib import Path

import httpx2
import pytest

from tests.api.conftest import Api, Person, World
from tests.api.test_playback import RECORD
from tests.api.test_progress import at, event, record
from tests.processes.conftest import Street
from tests.processes.test_shutdown import GET, Process, asking
from tests.web.talking import talking

pytestmark = pytest.mark.xdist_group("heavy")
_WRITING = "select 1 from pg_locks where relation = 'progress_changes'::regclass and not granted"


async def test_whoever_has_reported_when_the_process_is_told_to_end_is_answered(
    street: Street, tmp_path: Path, world: World
) -> None:
    server, content = Process(street, tmp_path / "log"), await world.content()
    people = [await world.person() for _ in range(20)]
    async with contextlib.AsyncExitStack() as held:
        talks = [await held.enter_async_context(talking(server.address)) for _ in people]
        for talk in talks:
            await talk.say(GET + b"\r\n")
            assert (await talk.answer()).status == 200
        async with world.marquee.database.writing() as transaction:
            await transaction.execute("lock table progress_changes in exclusive mode")
            for person, talk in zip(people, talks, strict=True):
                await talk.say(asking(person, RECORD, events=[event(content, 7)]))
            async with asyncio.timeout(20):
                while not await world.rows(_WRITING):
                    await asyncio.sleep(0.01)
            server.terminate()
        answers = [await talk.answer() for talk in talks]
    recorded = {"recordWatchProgress": {"progress": [{"positionSeconds": 7.0}]}}
    assert [answer.json["data"] for answer in answers] == [recorded] * 20
    assert await server.ended() < 5
    assert await world.rows("select count(*)::int from watch_progress") == [(20,)]


async def test_what_was_recorded_before_kill_nine_stands_and_the_rest_may_be_sent_again(
    street: Street, apis: list[Api], client: httpx2.AsyncClient, world: World
) -> None:
    (victim,) = street.servers(1)
    people, content = [await world.person() for _ in range(30)], await world.content()
    reports = {
        person.user.id: [event(content, position, observedAt=at(minutes=20 - position)) for position in range(10)]
        for person in people
    }
    answered: list[tuple[int, float]] = []

    async def attempt(api: Api, person: Person) -> None:
        for one in reports[person.user.id]:
            answer = await record(api, person, one)
            assert len(answer["progress"]) == 1
            answered.append((person.user.id, one["positionSeconds"]))
            if len(answered) == 60:
                victim.process.kill()

    async def attempt_in_vain(person: Person) -> None:
        with contextlib.suppress(httpx2.TransportError):
            await attempt(Api(victim.address, client), person)

    await asyncio.gather(*(attempt_in_vain(person) for person in people))
    assert victim.process.wait(5) == -signal.SIGKILL
    assert 60 <= len(answered) < 300, "it must fall in the middle"
    stands = await world.rows("select user_id, position_seconds from progress_changes")
    assert set(answered) <= set(stands)
    await asyncio.gather(*(attempt(apis[0], person) for person in people))
    counted = "select position_seconds, sequence, count(*)::int from progress_changes group by 1, 2 order by 1"
    assert await world.rows(counted) == [(position, position + 1, 30) for position in range(10)]
