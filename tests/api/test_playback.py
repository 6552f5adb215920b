"""Starting streams, the reward that comes once, and the log: B8 to B10 and R1, R2, R4 of FEATURES and GUARD."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from domain import ids
from domain.contents import Content
from domain.users import Role
from tests.api.conftest import CLIP, Answer, Api, Person, World
from tests.api.test_likes import crowd

PLAY = """mutation ($input: StartStreamInput!) {
  startStream(input: $input) {
    ... on StreamStarted {
      streamId url contentType expiresAt resumeAtSeconds firstView pointsAwarded pointsBalance
      content { id title viewCount }
    }
    ... on Refusal { code message }
  }
}"""
RECORD = """mutation ($events: [WatchEventInput!]!) {
  recordWatchProgress(input: {events: $events}) {
    ... on ProgressRecorded { progress { positionSeconds } }
    ... on Refusal { code problems { field message } }
  }
}"""
POINTS = """{ viewer {
  points
  pointEntries { totalCount nodes { points reason content { title } } }
  viewLogs { totalCount nodes { content { title } user { displayName } } }
} }"""
LOGS = """query ($filter: ViewLogFilter, $first: Int! = 20, $after: String) {
  viewLogs(filter: $filter, first: $first, after: $after) {
    totalCount
    nodes { content { title } user { displayName } }
    pageInfo { hasNextPage endCursor }
  }
}"""


def id_of(content: Content) -> str:
    return ids.encode("Content", content.id)


async def play(api: Api, who: Person | str | None, content: Content | str, asset: str | None = None) -> Answer:
    content_id = content if isinstance(content, str) else id_of(content)
    return await api.ask(PLAY, who, input={"contentId": content_id, "videoAssetId": asset})


async def started(api: Api, who: Person, content: Content | str, asset: str | None = None) -> dict[str, Any]:
    answer: dict[str, Any] = (await play(api, who, content, asset)).data["startStream"]
    return answer


async def assets_of(world: World, content: Content) -> list[str]:
    rows = await world.rows("select id from video_assets where content_id = $1 order by id", content.id)
    return [ids.encode("VideoAsset", key) for (key,) in rows]


async def assert_books_balance(world: World, person: Person, *, views: int) -> None:
    """Points = the sum of the ledger = 10 for each log, and nothing is there twice."""
    logs = await world.rows("select content_id from view_logs where user_id = $1", person.user.id)
    entries = await world.rows(
        "select content_id, points, reason from point_entries where user_id = $1", person.user.id
    )
    ((points,),) = await world.rows("select points from users where id = $1", person.user.id)
    assert len(logs) == len(set(logs)) == views
    assert sorted(entries) == sorted((content_id, 10, "FIRST_VIEW") for (content_id,) in logs)
    assert points == sum(entry[1] for entry in entries) == 10 * views


async def test_a_first_view_streams_and_earns_ten_points(api: Api, world: World) -> None:
    content, person = await world.content(title="Harbour"), await world.person()
    before = datetime.now(UTC)
    answer = await started(api, person, content)
    assert answer["content"] == {"id": id_of(content), "title": "Harbour", "viewCount": 1}
    assert (answer["firstView"], answer["pointsAwarded"], answer["pointsBalance"]) == (True, 10, 10)
    assert (answer["contentType"], answer["resumeAtSeconds"]) == ("video/webm", 0.0)
    assert answer["url"].startswith(f"{api.base_url}/stream/")
    lifetime = datetime.fromisoformat(answer["expiresAt"]) - before
    assert timedelta(hours=3, minutes=59) < lifetime < timedelta(hours=4, minutes=1)
    assert (await api.client.get(answer["url"])).content == CLIP
    await assert_books_balance(world, person, views=1)


async def test_a_repeated_view_streams_without_points(api: Api, world: World) -> None:
    content, person = await world.content(), await world.person()
    first, second = await started(api, person, content), await started(api, person, content)
    assert (second["firstView"], second["pointsAwarded"], second["pointsBalance"]) == (False, 0, 10)
    assert second["content"]["viewCount"] == 1
    assert first["streamId"] != second["streamId"]
    assert (await api.client.get(second["url"])).content == CLIP
    await assert_books_balance(world, person, views=1)


async def test_a_stream_goes_on_where_the_person_stopped_and_a_finished_one_from_the_start(
    api: Api, world: World
) -> None:
    content, person = await world.content(), await world.person()

    async def watched(event: int, position: float) -> float:
        observed = (datetime.now(UTC) - timedelta(minutes=10 - event)).isoformat()
        events = [
            {
                "eventId": f"00000000-0000-4000-8000-{event:012}",
                "contentId": id_of(content),
                "positionSeconds": position,
                "durationSeconds": 100.0,
                "observedAt": observed,
            }
        ]
        await api.data(RECORD, person, events=events)
        resume: float = (await started(api, person, content))["resumeAtSeconds"]
        return resume

    assert await watched(1, 42.5) == 42.5
    assert await watched(2, 99.0) == 0.0
    assert await watched(3, 60.0) == 60.0


async def test_two_hundred_starts_of_one_content_in_a_crowd_are_one_view(api: Api, world: World) -> None:
    content, person = await world.content(), await world.person()
    answers = await crowd(*(started(api, person, content) for _ in range(200)))
    assert sum(answer["firstView"] for answer in answers) == 1
    assert sum(answer["pointsAwarded"] for answer in answers) == 10
    assert {answer["pointsBalance"] for answer in answers} == {10}
    assert len({answer["url"] for answer in answers}) == 200
    await assert_books_balance(world, person, views=1)
    assert await world.rows("select view_count from contents") == [(1,)]


async def test_who_meets_their_own_first_view_on_its_way_hears_the_balance_after_it(api: Api, world: World) -> None:
    content, person, marquee = await world.content(), await world.person(), world.marquee
    async with marquee.database.writing() as transaction:
        await marquee.stores.playback.start(transaction, person.user.id, content.id, None, None, timedelta())
        second = asyncio.create_task(started(api, person, content))
        async with asyncio.timeout(20):
            while not await world.rows("select 1 from pg_locks where not granted"):
                await asyncio.sleep(0.01)
    answer = await second
    assert (answer["firstView"], answer["pointsBalance"]) == (False, 10)
    await assert_books_balance(world, person, views=1)


async def test_fifty_different_contents_at_once_are_fifty_views(api: Api, world: World) -> None:
    corporation, person = await world.corporation(), await world.person()
    contents = [await world.content(corporation) for _ in range(50)]
    answers = await crowd(*(started(api, person, content) for content in contents for _ in range(2)))
    assert sum(answer["firstView"] for answer in answers) == 50
    assert max(answer["pointsBalance"] for answer in answers) == 500
    await assert_books_balance(world, person, views=50)


async def test_forty_people_at_once_are_all_counted_at_one_content(api: Api, world: World) -> None:
    content, people = await world.content(), [await world.person() for _ in range(40)]
    answers = await asyncio.gather(*(started(api, person, content) for person in people))
    assert sorted(answer["content"]["viewCount"] for answer in answers) == list(range(1, 41))
    assert await world.rows("select view_count from contents") == [(40,)]
    for person in people:
        await assert_books_balance(world, person, views=1)


async def test_aliases_in_one_mutation_are_one_view(api: Api, world: World) -> None:
    content, person = await world.content(), await world.person()
    calls = "\n".join(
        f"a{n}: startStream(input: $input) {{ ... on StreamStarted {{ firstView pointsBalance }} }}" for n in range(5)
    )
    data = await api.data(
        f"mutation ($input: StartStreamInput!) {{ {calls} }}", person, input={"contentId": id_of(content)}
    )
    assert data["a0"] == {"firstView": True, "pointsBalance": 10}
    assert all(data[f"a{n}"] == {"firstView": False, "pointsBalance": 10} for n in range(1, 5))
    await assert_books_balance(world, person, views=1)


async def test_a_content_without_a_video_refuses_and_pays_nothing(api: Api, world: World) -> None:
    content, person = await world.content(video=False), await world.person()
    assert (await started(api, person, content))["code"] == "NO_VIDEO"
    await assert_books_balance(world, person, views=0)
    assert await world.rows("select view_count from contents") == [(0,)]


async def test_what_is_not_there_refuses_and_pays_nothing(api: Api, world: World) -> None:
    content, other, person = await world.content(), await world.content(), await world.person()
    gone = await world.content()
    await world.rows("update contents set deleted_at = now() where id = $1", gone.id)
    wrong = [
        ids.encode("Content", 999_999),
        ids.encode("Content", 2**63 - 1),
        person.id,
        ids.encode("VideoAsset", 1),
        str(content.id),
        "",
        "한글",
        "\0",
        "A" * 10_000,
        id_of(gone),
    ]
    for content_id in wrong:
        assert (await started(api, person, content_id))["code"] == "NOT_FOUND", content_id
    (foreign_asset,) = await assets_of(world, other)
    for asset_id in (foreign_asset, id_of(content), "nonsense", ids.encode("VideoAsset", 999_999)):
        assert (await started(api, person, content, asset_id))["code"] == "NOT_FOUND", asset_id
    await assert_books_balance(world, person, views=0)
    assert await world.rows("select sum(view_count)::int from contents") == [(0,)]


async def test_a_stream_plays_the_file_that_was_asked_for(api: Api, world: World) -> None:
    content, person = await world.content(), await world.person()
    await world.rows(
        "insert into video_assets (content_id, key, content_type, size_bytes) values ($1, 'b.mp4', 'video/mp4', 1)",
        content.id,
    )
    first, second = await assets_of(world, content)
    assert (await started(api, person, content))["contentType"] == "video/webm"
    assert (await started(api, person, content, first))["contentType"] == "video/webm"
    assert (await started(api, person, content, second))["contentType"] == "video/mp4"
    await assert_books_balance(world, person, views=1)


async def test_nobody_starts_a_stream_without_signing_in(api: Api, world: World) -> None:
    content, person = await world.content(), await world.person()
    assert (await play(api, None, content)).codes == ["UNAUTHENTICATED"]
    assert (await play(api, person.token[:-4] + "AAAA", content)).codes == ["UNAUTHENTICATED"]
    assert await world.rows("select * from view_logs") == []


async def test_a_person_reads_the_own_points_and_views(api: Api, world: World) -> None:
    person, stranger = await world.person(), await world.person()
    contents = [await world.content(title=f"T{number}") for number in range(3)]
    for content in contents:
        await started(api, person, content)
    await started(api, stranger, contents[0])
    await world.rows("update contents set deleted_at = now() where title = 'T2'")
    viewer = (await api.data(POINTS, person))["viewer"]
    assert viewer["points"] == 30
    entries = [{"points": 10, "reason": "FIRST_VIEW", "content": {"title": title}} for title in ("T1", "T0")]
    assert viewer["pointEntries"]["totalCount"] == 3
    # The points of a deleted content stay; what they were for is no longer told.
    assert viewer["pointEntries"]["nodes"] == [{**entries[0], "content": None}, *entries]
    own = {"displayName": person.user.display_name}
    assert viewer["viewLogs"]["totalCount"] == 2
    assert viewer["viewLogs"]["nodes"] == [{"content": {"title": title}, "user": own} for title in ("T1", "T0")]


async def test_a_manager_reads_the_logs_of_the_own_company_only(api: Api, world: World) -> None:
    ours, theirs = await world.corporation(), await world.corporation()
    manager, admin, member = (
        await world.person(Role.MANAGER, ours),
        await world.person(Role.ADMIN),
        await world.person(Role.MEMBER, ours),
    )
    for content in (await world.content(ours, title="Ours"), await world.content(theirs, title="Theirs")):
        await started(api, member, content)

    async def titles(who: Person, **only: str) -> list[str]:
        found = (await api.data(LOGS, who, filter=only or None))["viewLogs"]
        assert found["totalCount"] == len(found["nodes"])
        return [node["content"]["title"] for node in found["nodes"]]

    own, other = (ids.encode("Corporation", corporation.id) for corporation in (ours, theirs))
    assert await titles(manager) == await titles(manager, corporationId=own) == ["Ours"]
    assert await titles(manager, corporationId=other) == await titles(manager, corporationId="nonsense") == []
    assert await titles(manager, userId=member.id) == ["Ours"]
    assert await titles(admin) == ["Theirs", "Ours"]
    assert await titles(admin, corporationId=other) == ["Theirs"]
    assert await titles(admin, userId=manager.id) == []
    assert (await api.ask(LOGS, member)).codes == ["FORBIDDEN"]
    assert (await api.ask(LOGS)).codes == ["UNAUTHENTICATED"]


async def test_pages_of_logs_follow_each_other(api: Api, world: World) -> None:
    admin = await world.person(Role.ADMIN)
    for number in range(5):
        await started(api, admin, await world.content(title=f"T{number}"))
    seen: list[str] = []
    after, more = None, True
    while more:
        page = (await api.data(LOGS, admin, first=2, after=after))["viewLogs"]
        seen += [node["content"]["title"] for node in page["nodes"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert seen == ["T4", "T3", "T2", "T1", "T0"]
    for first, cursor in ((0, None), (-1, None), (101, None), (5, "nonsense")):
        assert (await api.ask(LOGS, admin, first=first, after=cursor)).codes == ["VALIDATION_FAILED"]
