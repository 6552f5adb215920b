"""A content in the trash is nowhere but there, and comes back whole: B4 and B5 of FEATURES."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest

from domain import ids
from domain.contents import AgeRating, Content, ContentOrder
from domain.corporations import Corporation
from domain.users import Role
from persistence.tables import metadata
from tests.api.conftest import CLIP, Api, World
from tests.api.test_plans import RESTORE, key_of
from tests.api.test_playback import RECORD, id_of, started
from tests.api.test_subscriptions import WATCH, connected, report

NEVER = 2**40
WHOLE = """fragment Whole on Content {
  id title description ageRating releaseDate runtimeMinutes tmdbId likeCount reviewCount averageRating viewCount
  createdAt deletedAt posterUrl genres { id name } corporation { id name } videoAssets { id key contentType sizeBytes }
  likedByViewer viewerReview { ...Said } viewerProgress { ...Seen }
  reviews(first: 2) { totalCount nodes { ...Said } pageInfo { hasNextPage } } }
fragment Said on Review { id rating body createdAt updatedAt author { id displayName } }
fragment Seen on WatchProgress { id positionSeconds durationSeconds completed observedAt }
"""
NODES = """query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Content { ...Whole }
  ... on Review { ...Said content { id } } ... on WatchProgress { ...Seen content { id } }
  ... on ViewLog { createdAt user { id } content { id } } ... on VideoAsset { key } } }
"""
CONTENT = "query ($id: ID!) { content(id: $id) { ...Whole } node(id: $id) { id } }" + WHOLE
ORDERS = "".join(
    f"{order.value}: contents(orderBy: {order.value}) {{ totalCount nodes {{ ...Whole }} }} " for order in ContentOrder
)
LISTS = "query ($of: ID!) {" + ORDERS + "corporation(id: $of) { contents { totalCount nodes { id title } } } }" + WHOLE
_ORDERED = "{0}: contents(filter: $filter, orderBy: {0}) {{ totalCount nodes {{ id title }} }} "
FILTERED = f"query ($filter: ContentFilter!) {{{''.join(_ORDERED.format(order.value) for order in ContentOrder)}}}"
OWN = """{ viewer {
  watchHistory { totalCount nodes { ...Seen content { id } } } continueWatching { totalCount nodes { ...Seen } }
  viewLogs { totalCount nodes { id content { id } } } likedContents { totalCount nodes { ...Whole } }
  reviews { totalCount nodes { ...Said content { id } } } } }
"""
POINTS = "{ viewer { points pointEntries { totalCount nodes { id points reason createdAt content { id } } } } }"
LOGS = """query ($filter: ViewLogFilter) { viewLogs(filter: $filter) {
  totalCount nodes { id createdAt user { id } content { id } } } }"""
TRASH = "query ($of: ID!) { corporation(id: $of) { contents(includeDeleted: true) { totalCount nodes { ...Whole } } } }"
DELETE = """mutation ($id: ID!) { deleteContent(input: {id: $id}) {
  ... on Content { id deletedAt } ... on Refusal { code } } }"""
ROLES = ["fan", "manager", "admin", "nobody"]


@dataclass
class Stage:
    api: Api
    world: World
    ours: Corporation
    stays: Content
    people: dict[str, Any]
    gone: Content | None = None

    @property
    def id(self) -> str:
        return id_of(self.gone) if self.gone else ids.encode("Content", NEVER)

    async def play(self) -> None:
        """A content with everything that may hang from one."""
        self.gone = content = await self.world.content(
            *(self.ours,), title="Harbour", description="At sea.", age_rating=AgeRating.AGE_12, tmdb_id=603,
            genres=("Drama", "Sea"), release_date=date(2020, 2, 2), runtime_minutes=90, poster_key="poster.png",
        )  # fmt: skip
        for number, name in enumerate(("fan", "second", "third"), start=1):
            await self.take_part(content, name, number)

    async def take_part(self, content: Content, name: str, number: int) -> None:
        """Likes, reviews, sees and watches it."""
        who, at = self.people[name], id_of(content)
        await self.api.data(f'mutation {{ likeContent(input: {{contentId: "{at}"}}) {{ __typename }} }}', who)
        given = f'{{contentId: "{at}", rating: {number * 3}, body: "said {name}"}}'
        await self.api.data(f"mutation {{ createReview(input: {given}) {{ __typename }} }}", who)
        await started(self.api, who, content)
        await report(self.api, who, content, 10 * number)

    async def hanging(self) -> list[str]:
        """The ids of the content and of all that hangs from it."""
        kinds = [("Content", "contents"), ("VideoAsset", "video_assets"), ("Review", "reviews")]
        found: list[str] = []
        for kind, table in (*kinds, ("ViewLog", "view_logs"), ("WatchProgress", "watch_progress")):
            column = "id" if kind == "Content" else "content_id"
            rows = await self.world.rows(f"select id from {table} where {column} = $1", ids.decode("Content", self.id))
            found += [ids.encode(kind, id) for (id,) in rows]
        return found

    async def seen_by(self, name: str) -> dict[str, Any]:
        """All that a person can see, but for points and the trash."""
        who, company = self.people[name], key_of(self.ours)
        asked: dict[str, Any] = {"content": await self.api.data(CONTENT, who, id=self.id)}
        asked["lists"] = await self.api.data(LISTS, who, of=company)
        filters: list[dict[str, Any]] = [{"ageRating": "AGE_12"}, {"titleContains": "harb"}, {"corporationId": company}]
        filters += [{"genreId": id} for id in await self.genres()]
        filters += [{"releasedAfter": "2020-02-01", "releasedBefore": "2020-02-03"}]
        asked["filtered"] = [await self.api.data(FILTERED, who, filter=only) for only in filters]
        asked["own"] = await self.api.data(OWN + WHOLE, who)
        if name in ("manager", "admin"):
            fan = {"userId": self.people["fan"].id}
            for only in (None, {"contentId": self.id}, {"corporationId": company}, fan, fan | {"contentId": self.id}):
                asked[f"logs {only and list(only)}"] = await self.api.data(LOGS, who, filter=only)
        return asked

    async def nodes_for(self, name: str, wanted: Sequence[str]) -> list[Any]:
        found: list[Any] = (await self.api.data(NODES + WHOLE, self.people[name], ids=wanted))["nodes"]
        return found

    async def genres(self) -> list[str]:
        names = dict(await self.world.rows("select name, id from genres"))
        return [ids.encode("Genre", names.get(name, NEVER)) for name in ("Drama", "Sea")]

    async def delete(self) -> None:
        deleted = (await self.api.data(DELETE, self.people["manager"], id=self.id))["deleteContent"]
        assert deleted["id"] == self.id
        assert deleted["deletedAt"]


@pytest.fixture
async def stage(api: Api, world: World) -> Stage:
    """A company with one content that stays, which the fan has dealt with."""
    ours = await world.corporation()
    people: dict[str, Any] = {name: await world.person() for name in ("fan", "second", "third", "fresh")}
    people |= {"manager": await world.person(Role.MANAGER, ours), "admin": await world.person(Role.ADMIN)}
    people |= {"member": await world.person(Role.MEMBER, ours), "nobody": None}
    people |= {"rival": await world.person(Role.MANAGER, await world.corporation())}
    stage = Stage(api, world, ours, await world.content(ours, title="Stays"), people)
    await stage.take_part(stage.stays, "fan", 1)
    return stage


@pytest.mark.parametrize("name", ROLES)
async def test_what_is_deleted_is_as_if_it_had_never_been_and_comes_back_whole(stage: Stage, name: str) -> None:
    never = await stage.seen_by(name)
    await stage.play()
    there, hanging = await stage.seen_by(name), await stage.hanging()
    nodes = await stage.nodes_for(name, hanging)
    assert there["content"]["content"]["reviews"]["totalCount"] == 3
    assert there["content"]["content"]["averageRating"] == 6.0
    assert len(hanging) == 1 + 1 + 3 + 3 + 3
    assert [part for part in there if there[part] == never[part]] == ([] if name == "fan" else ["own"])
    # Contents, files and reviews are everybody's; logs and progress are not.
    assert sum(node is not None for node in nodes) == {"fan": 7, "nobody": 5}.get(name, 8)
    await stage.delete()
    assert await stage.seen_by(name) == never
    assert await stage.nodes_for(name, hanging) == [None] * len(hanging)
    await stage.api.data(RESTORE, stage.people["manager"], id=stage.id)
    assert await stage.seen_by(name) == there
    assert await stage.nodes_for(name, hanging) == nodes


async def test_a_page_goes_on_behind_what_was_deleted_meanwhile(stage: Stage) -> None:
    await stage.play()
    query = """query ($after: String, $order: ContentOrder!) { contents(first: 1, after: $after, orderBy: $order) {
      nodes { title } pageInfo { endCursor hasNextPage } } }"""
    orders = ["NEWEST", "TITLE", "MOST_LIKED", "MOST_VIEWED", "TOP_RATED"]
    pages = {order: (await stage.api.data(query, order=order))["contents"] for order in orders}
    assert [page["nodes"] for page in pages.values()] == [[{"title": "Harbour"}]] * 5
    await stage.delete()
    for order, page in pages.items():
        after = page["pageInfo"]["endCursor"]
        rest = (await stage.api.data(query, order=order, after=after))["contents"]
        assert (rest["nodes"], rest["pageInfo"]["hasNextPage"]) == ([{"title": "Stays"}], False), order


async def test_points_stay_and_no_longer_tell_what_they_were_for(stage: Stage) -> None:
    await stage.play()
    fan = stage.people["fan"]
    before = (await stage.api.data(POINTS, fan))["viewer"]
    newest, oldest = before["pointEntries"]["nodes"]
    assert (before["points"], newest["content"]) == (20, {"id": stage.id})
    await stage.delete()
    after = (await stage.api.data(POINTS, fan))["viewer"]
    assert after == {"points": 20, "pointEntries": {"totalCount": 2, "nodes": [{**newest, "content": None}, oldest]}}
    node = "query ($id: ID!) { node(id: $id) { id ... on PointEntry { points content { id } } } }"
    entry = (await stage.api.data(node, fan, id=newest["id"]))["node"]
    assert entry == {"id": newest["id"], "points": 10, "content": None}
    await stage.api.data(RESTORE, stage.people["manager"], id=stage.id)
    assert (await stage.api.data(POINTS, fan))["viewer"] == before


async def test_the_trash_shows_a_content_with_all_that_hangs_from_it(stage: Stage) -> None:
    await stage.play()
    for name in ("manager", "admin"):
        await stage.take_part(stage.gone or stage.stays, name, 2)
    shown = {name: (await stage.seen_by(name))["content"]["content"] for name in ("manager", "admin")}
    await stage.delete()
    for name, before in shown.items():
        trash = (await stage.api.data(TRASH + WHOLE, stage.people[name], of=key_of(stage.ours)))["corporation"][
            "contents"
        ]
        assert trash["totalCount"] == 2
        gone, stays = trash["nodes"]
        assert gone.pop("deletedAt") is not None
        assert gone == {key: value for key, value in before.items() if key != "deletedAt"}
        assert (gone["likedByViewer"], gone["reviews"]["totalCount"], len(gone["videoAssets"])) == (True, 5, 1)
        assert (stays["title"], stays["deletedAt"]) == ("Stays", None)


async def test_nobody_else_looks_into_the_trash(stage: Stage) -> None:
    await stage.play()
    await stage.delete()
    around = "query ($id: ID!) { content(id: $id) { corporation { contents(includeDeleted: true) { totalCount } } } }"
    for name in ("fan", "member", "rival", "nobody"):
        who, code = stage.people[name], ["FORBIDDEN" if name != "nobody" else "UNAUTHENTICATED"]
        assert (await stage.api.ask(TRASH + WHOLE, who, of=key_of(stage.ours))).codes == code
        assert (await stage.api.ask(around, who, id=id_of(stage.stays))).codes == code


async def everything(world: World) -> dict[str, list[Any]]:
    tables = {table.name: f"select {table.name}::text from {table.name} order by 1" for table in metadata.sorted_tables}
    return {name: await world.rows(query) for name, query in tables.items()}


@pytest.mark.parametrize(
    ("write", "kind", "names"),
    [
        ("likeContent(input: {contentId: $id})", "Content", ["fan", "fresh"]),
        ("unlikeContent(input: {contentId: $id})", "Content", ["fan", "fresh"]),
        ("createReview(input: {contentId: $id, rating: 5})", "Content", ["fan", "fresh", "manager"]),
        ("updateReview(input: {id: $id, rating: 1})", "Review", ["fan", "manager"]),
        ("deleteReview(input: {id: $id})", "Review", ["fan", "manager", "admin"]),
        ("startStream(input: {contentId: $id})", "Content", ["fan", "fresh", "manager", "admin"]),
        ('startStream(input: {contentId: $id, videoAssetId: "$asset"})', "Content", ["fan", "fresh"]),
        ('addVideoAsset(input: {contentId: $id, key: "trash.webm"})', "Content", ["manager", "admin", "rival"]),
        ("removeVideoAsset(input: {id: $id})", "VideoAsset", ["manager", "admin", "rival"]),
        ('updateContent(input: {id: $id, title: "New", genres: []})', "Content", ["manager", "admin", "rival"]),
        ("updateContent(input: {id: $id})", "Content", ["manager", "admin", "rival"]),
        ("deleteContent(input: {id: $id})", "Content", ["manager", "admin", "rival"]),
    ],
)
async def test_a_write_answers_word_for_word_as_for_what_never_existed(
    stage: Stage, write: str, kind: str, names: list[str]
) -> None:
    await stage.play()
    await stage.world.marquee.objects.put("trash.webm", CLIP)
    hanging = {ids.split(id)[0]: id for id in reversed(await stage.hanging())}  # type: ignore[index]
    await stage.delete()
    before = await everything(stage.world)
    told = "{ __typename ... on Refusal { code message problems { field message } } }"
    query = f"mutation ($id: ID!) {{ {write.replace('$asset', hanging['VideoAsset'])} {told} }}"
    for name in names:
        gone = await stage.api.ask(query, stage.people[name], id=hanging[kind])
        never = await stage.api.ask(query, stage.people[name], id=ids.encode(kind, NEVER))
        assert next(iter(gone.data.values()))["code"] == "NOT_FOUND", name
        assert gone.response.content == never.response.content, name
    assert await everything(stage.world) == before


async def test_progress_is_not_recorded_for_what_is_deleted_nor_beside_it(stage: Stage) -> None:
    await stage.play()
    await stage.delete()
    before = await everything(stage.world)

    async def told(*contents: str) -> Any:
        now = datetime.now(UTC).isoformat()
        events = [
            {"eventId": str(uuid4()), "contentId": id, "positionSeconds": 50.0, "observedAt": now} for id in contents
        ]
        return (await stage.api.data(RECORD, stage.people["fan"], events=events))["recordWatchProgress"]

    never, stays = ids.encode("Content", NEVER), id_of(stage.stays)
    assert await told(stage.id) == await told(never)
    assert (await told(stays, stage.id))["code"] == (await told(stays, never))["code"] == "NOT_FOUND"
    assert await everything(stage.world) == before


async def test_a_subscription_does_not_tell_of_what_is_deleted(stage: Stage) -> None:
    fan = stage.people["fan"]

    async def heard(*last: float, **given: str) -> list[tuple[str, float]]:
        """What comes until Stays is at `last`, to which it moves meanwhile."""
        told: list[tuple[str, float]] = []
        async with connected(stage.api.base_url, fan) as socket:
            await socket.subscribe(WATCH, **given)
            await report(stage.api, fan, stage.stays, *last)
            while ("Stays", last[-1]) not in told:
                progress = (await socket.data())["watchProgress"]["progress"]
                told.append((progress["content"]["title"], progress["positionSeconds"]))
        return told

    async with connected(stage.api.base_url, fan) as socket:
        await socket.subscribe(WATCH)
        cursor = (await socket.data())["watchProgress"]["cursor"]
    await stage.play()
    assert ("Harbour", 10.0) in await heard(20)
    await stage.delete()
    assert {title for title, _ in await heard(21)} == {"Stays"}
    assert await heard(22, after=cursor) == [("Stays", 20.0), ("Stays", 21.0), ("Stays", 22.0)]
    await stage.api.data(RESTORE, stage.people["manager"], id=stage.id)
    assert ("Harbour", 10.0) in await heard(23)
    assert (await heard(24, after=cursor))[0] == ("Harbour", 10.0)
