"""Video files of the store, listed and looked at: A10 to A13 of FEATURES, G12 of GUARD."""

import base64
import json
from typing import Any

import pytest

from domain.users import Role
from tests.api.conftest import CLIP, Api, Person, World
from tests.api.issuer import application, settings_like
from tests.api.media.conftest import Stage

LIST = """query ($prefix: String! = "", $first: Int! = 1000, $after: String) {
  mediaObjects(prefix: $prefix, first: $first, after: $after) {
    nodes { key sizeBytes contentType lastModified url } pageInfo { hasNextPage hasPreviousPage endCursor } } }"""
ONE = "query ($key: String!) { mediaObject(key: $key) { key sizeBytes contentType lastModified url } }"
VIDEOS = [
    "library/a b.mp4",
    "library/a+b%20c.AVI",
    "library/deep/er/still.mov",
    "library/영화/새 영화 #1?.mkv",
    "library/x.webm",
    "library/y.M4v",
    "library/z.flv",
]
OTHERS = ["library/readme.txt", "library/poster.jpg", "library/a.mp4.html", "library/mp4"]


@pytest.fixture
def api(stage: Stage) -> Api:
    """Of each store."""
    return stage.api


@pytest.fixture
async def manager(world: World) -> Person:
    return await world.person(Role.MANAGER, await world.corporation())


@pytest.fixture
async def library(stage: Stage) -> None:
    for key in VIDEOS + OTHERS:
        await stage.marquee.objects.put(key, CLIP)


@pytest.mark.usefixtures("library")
async def test_videos_alone_are_listed_by_key_and_each_can_be_read(api: Api, manager: Person) -> None:
    found = (await api.data(LIST, manager, prefix="library/"))["mediaObjects"]
    assert [one["key"] for one in found["nodes"]] == sorted(VIDEOS, key=str.encode)
    assert {one["sizeBytes"] for one in found["nodes"]} == {len(CLIP)}
    assert found["pageInfo"]["hasNextPage"] is False
    types = {one["key"].rpartition(".")[2].lower(): one["contentType"] for one in found["nodes"]}
    assert types["mp4"] == "video/mp4"
    assert all(kind.startswith("video/") for kind in types.values())
    for one in found["nodes"]:
        assert (await api.client.get(one["url"])).content == CLIP, one["key"]
        same = (await api.data(ONE, manager, key=one["key"]))["mediaObject"]
        assert same | {"url": ""} == one | {"url": ""}


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize(
    ("prefix", "count"), [("library/", 7), ("library/a", 2), ("library/deep/er/", 1), ("library/영", 1), ("nothing", 0)]
)
async def test_a_prefix_is_how_keys_begin(api: Api, manager: Person, prefix: str, count: int) -> None:
    assert len((await api.data(LIST, manager, prefix=prefix))["mediaObjects"]["nodes"]) == count


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("first", [1, 2, 3, 7])
async def test_pages_follow_each_other_without_gap_or_double(api: Api, manager: Person, first: int) -> None:
    found: list[str] = []
    after = None
    for _ in range(10):
        page = (await api.data(LIST, manager, prefix="library/", first=first, after=after))["mediaObjects"]
        found += [one["key"] for one in page["nodes"]]
        assert page["pageInfo"]["hasPreviousPage"] == (after is not None)
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert found == sorted(VIDEOS, key=str.encode)


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("key", [*OTHERS, "library/none.mp4", "library", "library/deep.mp4"])
async def test_what_is_no_video_or_not_there_is_nothing(api: Api, manager: Person, key: str) -> None:
    assert (await api.data(ONE, manager, key=key))["mediaObject"] is None


CLIMBING = [
    "../../etc/passwd",
    "../x.mp4",
    "a/../x.mp4",
    "/etc/x.mp4",
    ".x.mp4",
    "a/.x/y.mp4",
    "a\0.mp4",
    "a\n.mp4",
    "a\\b.mp4",
    "a//b.mp4",
]


@pytest.mark.parametrize("key", [*CLIMBING, "x" * 70_000 + ".mp4"], ids=lambda key: key[:20])
async def test_a_key_or_prefix_that_climbs_or_hides_is_refused(api: Api, manager: Person, key: str) -> None:
    assert (await api.ask(ONE, manager, key=key)).codes == ["VALIDATION_FAILED"]
    assert (await api.ask(LIST, manager, prefix=key)).codes == ["VALIDATION_FAILED"]


FAR, UP = (
    base64.urlsafe_b64encode(json.dumps(["media_objects", key]).encode()).decode() for key in ("a" * 70_000, "../a")
)


@pytest.mark.parametrize(
    "wrong",
    [{"first": 0}, {"first": 1001}, {"first": -1}, {"after": "rubbish"}, {"after": ""}, {"after": FAR}, {"after": UP}],
)
async def test_pages_have_their_limits(api: Api, manager: Person, wrong: dict[str, Any]) -> None:
    assert (await api.ask(LIST, manager, **wrong)).codes == ["VALIDATION_FAILED"]


async def test_they_are_for_managers(api: Api, world: World) -> None:
    for who, code in ((await world.person(), "FORBIDDEN"), (None, "UNAUTHENTICATED")):
        assert (await api.ask(LIST, who)).codes == [code]
        assert (await api.ask(ONE, who, key="a.mp4")).codes == [code]


@pytest.mark.usefixtures("library")
async def test_addresses_are_the_cdns_where_there_is_one(world: World, manager: Person) -> None:
    settings = settings_like(world.marquee, cloudfront_domain="cdn.example.com")
    async with application(settings) as (_, api):
        found = (await api.data(LIST, manager, prefix="library/"))["mediaObjects"]["nodes"]
    assert "https://cdn.example.com/library/a%2Bb%2520c.AVI" in [one["url"] for one in found]
    assert all(one["url"].startswith("https://cdn.example.com/library/") for one in found)
