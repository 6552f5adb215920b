"""Recording progress and going on elsewhere: A7, F1 and F3 of FEATURES."""

import asyncio
import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from domain import ids
from domain.contents import Content
from tests.api.conftest import Api, Person, World
from tests.api.test_playback import id_of

RECORD = """mutation ($events: [WatchEventInput!]!) {
  recordWatchProgress(input: {events: $events}) {
    ... on ProgressRecorded {
      progress { positionSeconds durationSeconds completed observedAt content { title } }
    }
    ... on Refusal { code problems { field message } }
  }
}"""
SHELVES = """{ viewer {
  watchHistory { totalCount nodes { content { title } } }
  continueWatching { totalCount nodes { content { title } } }
} }"""
TABLES = ("watch_progress", "progress_changes", "watch_events", "progress_counters")


def at(**ago: float) -> str:
    return (datetime.now(UTC) - timedelta(**ago)).isoformat()


def event(content: Content | str, position: float = 10.0, **rest: Any) -> dict[str, Any]:
    content_id = content if isinstance(content, str) else id_of(content)
    made = {"eventId": str(uuid4()), "contentId": content_id, "positionSeconds": position, "observedAt": at(minutes=1)}
    return made | rest


async def record(api: Api, who: Person, *events: dict[str, Any]) -> Any:
    return (await api.data(RECORD, who, events=list(events)))["recordWatchProgress"]


async def recorded(world: World) -> list[Any]:
    """Everything that recording leaves behind."""
    return [await world.rows(f"select * from {table} order by 1, 2") for table in TABLES]


async def shelves(api: Api, who: Person) -> tuple[list[str], list[str]]:
    """The titles of the history and of what to go on with."""
    viewer = (await api.data(SHELVES, who))["viewer"]
    history, unfinished = viewer["watchHistory"], viewer["continueWatching"]
    for shelf in (history, unfinished):
        assert shelf["totalCount"] == len(shelf["nodes"])
    return (
        [node["content"]["title"] for node in history["nodes"]],
        [node["content"]["title"] for node in unfinished["nodes"]],
    )


async def test_a_batch_answers_how_each_content_stands_now(api: Api, world: World) -> None:
    person, first, second = await world.person(), await world.content(title="A"), await world.content(title="B")
    moment = at(minutes=2)
    answer = await record(
        api,
        person,
        event(second, 5.5, observedAt=moment),
        event(first, 40, durationSeconds=100, observedAt=at(minutes=3)),
        event(first, 96, durationSeconds=100, observedAt=moment),
    )
    same = {"observedAt": moment}
    assert answer["progress"] == [
        {"positionSeconds": 5.5, "durationSeconds": None, "completed": False, "content": {"title": "B"}, **same},
        {"positionSeconds": 96.0, "durationSeconds": 100.0, "completed": True, "content": {"title": "A"}, **same},
    ]


async def test_a_repeated_batch_changes_nothing_and_answers_the_same(api: Api, world: World) -> None:
    person, content = await world.person(), await world.content()
    batch = [event(content, 10), event(content, 20, observedAt=at(seconds=5))]
    first = await record(api, person, *batch)
    before = await recorded(world)
    assert await record(api, person, *batch) == first
    assert await record(api, person, {**batch[1], "positionSeconds": 99}) == first
    assert await recorded(world) == before


async def test_the_same_event_id_belongs_to_each_person_alone(api: Api, world: World) -> None:
    person, stranger, content = await world.person(), await world.person(), await world.content()
    one = event(content, 10)
    for who in (person, stranger):
        assert (await record(api, who, one))["progress"][0]["positionSeconds"] == 10


async def test_an_event_id_that_comes_back_with_another_content_changes_nothing(api: Api, world: World) -> None:
    person, content, other = await world.person(), await world.content(title="A"), await world.content(title="B")
    one = event(content, 10)
    await record(api, person, one)
    before = await recorded(world)
    assert await record(api, person, {**one, "contentId": id_of(other)}) == {"progress": []}
    assert await recorded(world) == before
    new = event(other, 5)
    answer = await record(api, person, new, {**new, "contentId": id_of(content), "positionSeconds": 99})
    assert [progress["positionSeconds"] for progress in answer["progress"]] == [5, 10]


async def test_a_late_arrival_changes_nothing(api: Api, world: World) -> None:
    person, content = await world.person(), await world.content()
    await record(api, person, event(content, 50, observedAt=at(minutes=1)))
    answer = await record(api, person, event(content, 70, observedAt=at(minutes=2)))
    assert answer["progress"][0]["positionSeconds"] == 50
    assert await world.rows("select position_seconds, sequence from watch_progress") == [(50.0, 1)]
    assert await world.rows("select sequence from progress_counters") == [(1,)]


BAD: list[tuple[dict[str, Any], str]] = [
    ({"positionSeconds": -1}, "positionSeconds"),
    ({"positionSeconds": 360_001}, "positionSeconds"),
    ({"durationSeconds": 0}, "durationSeconds"),
    ({"durationSeconds": -5}, "durationSeconds"),
    ({"durationSeconds": 1e300}, "durationSeconds"),
    ({"observedAt": "2020-01-01T00:00:00Z"}, "observedAt"),
    ({"observedAt": "0001-01-01T00:00:00Z"}, "observedAt"),
    ({"observedAt": (datetime.now(UTC) - timedelta(days=365)).isoformat()}, "observedAt"),
]


@pytest.mark.parametrize(("wrong", "field"), BAD)
async def test_one_bad_event_keeps_the_whole_batch_out(
    api: Api, world: World, wrong: dict[str, Any], field: str
) -> None:
    person, content = await world.person(), await world.content()
    answer = await record(api, person, event(content), event(content) | wrong, event(content))
    assert answer["code"] == "VALIDATION_FAILED"
    assert [problem["field"] for problem in answer["problems"]] == [["input", "events", "1", field]]
    assert await recorded(world) == [[], [], [], []]


async def test_a_content_that_is_not_there_keeps_the_whole_batch_out(api: Api, world: World) -> None:
    person, content, gone = await world.person(), await world.content(), await world.content()
    await world.rows("update contents set deleted_at = now() where id = $1", gone.id)
    for wrong in (id_of(gone), ids.encode("Content", 999_999), person.id, "nonsense", "", "\0"):
        answer = await record(api, person, event(content), event(wrong))
        assert answer["code"] == "NOT_FOUND", wrong
        assert [problem["field"] for problem in answer["problems"]] == [["input", "events", "1", "contentId"]]
    assert await recorded(world) == [[], [], [], []]


async def test_a_batch_has_from_one_to_a_hundred_events(api: Api, world: World) -> None:
    person, content = await world.person(), await world.content()
    for number in (0, 101):
        answer = await record(api, person, *(event(content) for _ in range(number)))
        assert answer["code"] == "VALIDATION_FAILED"
        assert [problem["field"] for problem in answer["problems"]] == [["input", "events"]]
    assert await recorded(world) == [[], [], [], []]
    events = [event(content, number, observedAt=at(seconds=200 - number)) for number in range(100)]
    assert (await record(api, person, *events))["progress"][0]["positionSeconds"] == 99


async def test_what_is_no_number_or_no_moment_is_refused(api: Api, world: World) -> None:
    person, content = await world.person(), await world.content()
    headers = {"authorization": f"Bearer {person.token}", "content-type": "application/json"}
    for number in ("1e999", "-1e999", "NaN", "Infinity", '"10"', "null", "true"):
        body = json.dumps({"query": RECORD, "variables": {"events": [event(content, -7)]}}).replace("-7", number)
        response = await api.client.post(f"{api.base_url}/graphql", content=body, headers=headers)
        answer = response.json()
        told = "errors" in answer or answer["data"]["recordWatchProgress"]["code"] == "VALIDATION_FAILED"
        assert told, (number, answer)
        assert "INTERNAL" not in response.text, (number, answer)
    literal = """mutation { recordWatchProgress(input: {events: [{
      eventId: "%s", contentId: "%s", positionSeconds: 1e999, observedAt: "%s"
    }]}) { ... on Refusal { code problems { field } } } }"""
    data = await api.data(literal % (uuid4(), id_of(content), at(minutes=1)), person)
    assert data["recordWatchProgress"] == {
        "code": "VALIDATION_FAILED",
        "problems": [{"field": ["input", "events", "0", "positionSeconds"]}],
    }
    for moment in ("2026-11-21T08:00:00", "2026-02-30T08:00:00Z", "2026-11-21", "yesterday", "", 1763712000, None):
        answer_of = await api.ask(RECORD, person, events=[event(content, observedAt=moment)])
        assert answer_of.codes == ["GRAPHQL_VALIDATION_FAILED"], moment
    wrong_id = await api.ask(RECORD, person, events=[event(content, eventId="not a uuid")])
    assert wrong_id.codes == ["GRAPHQL_VALIDATION_FAILED"]
    assert (await api.ask(RECORD, events=[event(content)])).codes == ["UNAUTHENTICATED"]
    assert await recorded(world) == [[], [], [], []]


async def test_a_time_in_the_future_counts_as_now(api: Api, world: World) -> None:
    person, content = await world.person(), await world.content()
    for moment in ("9999-12-31T23:59:59Z", at(hours=-3)):
        await record(api, person, event(content, observedAt=moment))
        ((observed_at, now),) = await world.rows("select observed_at, now() from watch_progress")
        assert timedelta(0) <= now - observed_at < timedelta(seconds=10)
    assert (await record(api, person, event(content, 77, observedAt=at())))["progress"][0]["positionSeconds"] == 77


async def test_what_is_started_and_not_finished_goes_on_latest_first(api: Api, world: World) -> None:
    person, stranger = await world.person(), await world.person()
    opened, begun, finished, latest = [await world.content(title=t) for t in ("opened", "begun", "finished", "latest")]
    assert await shelves(api, person) == ([], [])
    await record(
        api,
        person,
        event(begun, 30, durationSeconds=100, observedAt=at(minutes=9)),
        event(finished, 99, durationSeconds=100, observedAt=at(minutes=8)),
        event(latest, 50, durationSeconds=100, observedAt=at(minutes=7)),
        event(opened, 0, durationSeconds=100, observedAt=at(minutes=6)),
    )
    assert await shelves(api, person) == (["opened", "latest", "finished", "begun"], ["latest", "begun"])
    assert await shelves(api, stranger) == ([], [])
    # A near-start ping leaves the finished one finished, watching again brings it back.
    await record(api, person, event(finished, 2, durationSeconds=100, observedAt=at(minutes=5)))
    assert (await shelves(api, person))[1] == ["latest", "begun"]
    await record(api, person, event(finished, 40, durationSeconds=100, observedAt=at(minutes=4)))
    assert await shelves(api, person) == (["finished", "opened", "latest", "begun"], ["finished", "latest", "begun"])
    await world.rows("update contents set deleted_at = now() where title = 'latest'")
    assert await shelves(api, person) == (["finished", "opened", "begun"], ["finished", "begun"])


async def test_a_content_says_where_the_viewer_stopped(api: Api, world: World) -> None:
    person, stranger = await world.person(), await world.person()
    for number in range(3):
        content = await world.content(title=f"T{number}")
        if number:
            await record(api, person, event(content, number * 10))
    query = "{ contents(orderBy: OLDEST) { nodes { viewerProgress { positionSeconds } } } }"
    nowhere: list[Any] = [{"viewerProgress": None}] * 3
    there = [None, {"positionSeconds": 10.0}, {"positionSeconds": 20.0}]
    own = await api.data(query, person)
    assert own["contents"]["nodes"] == [{"viewerProgress": progress} for progress in there]
    for who in (stranger, None):
        assert (await api.data(query, who))["contents"]["nodes"] == nowhere


async def test_racing_batches_end_in_the_newest_state_and_count_without_gaps(api: Api, world: World) -> None:
    person, contents = await world.person(), [await world.content() for _ in range(3)]
    batches = [
        [event(content, 100 + number, observedAt=at(seconds=300 - number)) for content in contents]
        for number in range(20)
    ]
    shuffled = random.Random(7).sample(batches + batches, 40)
    answers = await asyncio.gather(*(record(api, person, *batch) for batch in shuffled))
    assert all(len(answer["progress"]) == 3 for answer in answers)
    assert await world.rows("select distinct position_seconds from watch_progress") == [(119.0,)]
    ((counted,),) = await world.rows("select sequence from progress_counters")
    changes = await world.rows("select sequence from progress_changes order by sequence")
    assert changes == [(sequence,) for sequence in range(1, counted + 1)]
    assert await world.rows("select count(*)::int from watch_events") == [(60,)]
    backwards = """select 1 from progress_changes a join progress_changes b using (user_id, content_id)
                   where a.sequence < b.sequence and a.observed_at >= b.observed_at"""
    assert await world.rows(backwards) == []
