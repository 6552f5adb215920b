"""Video files of contents: A13, B3 of FEATURES."""

import pytest

from domain import ids
from domain.users import Role
from tests.api.conftest import CLIP, Api, World

ADD = """mutation ($id: ID!, $key: String!) { addVideoAsset(input: {contentId: $id, key: $key}) {
  ... on VideoAsset { id key contentType sizeBytes } ... on Refusal { code } } }"""
REMOVE = """mutation ($id: ID!) { removeVideoAsset(input: {id: $id}) {
  ... on Deleted { id } ... on Refusal { code } } }"""


async def test_a_file_that_is_there_becomes_a_video_and_goes_again(api: Api, world: World) -> None:
    corporation = await world.corporation()
    manager = await world.person(Role.MANAGER, corporation)
    content = ids.encode("Content", (await world.content(corporation, video=False)).id)
    await world.marquee.objects.put("films/새 영화 1+1.MP4", CLIP)
    added = (await api.data(ADD, manager, id=content, key="films/새 영화 1+1.MP4"))["addVideoAsset"]
    assert added["contentType"] == "video/mp4"
    assert added["sizeBytes"] == len(CLIP)
    again = await api.data(ADD, manager, id=content, key="films/새 영화 1+1.MP4")
    assert again["addVideoAsset"] == {"code": "ALREADY_EXISTS"}
    stranger = await world.person(Role.MANAGER, await world.corporation())
    assert (await api.data(REMOVE, stranger, id=added["id"]))["removeVideoAsset"] == {"code": "NOT_FOUND"}
    assert (await api.data(REMOVE, manager, id=added["id"]))["removeVideoAsset"] == {"id": added["id"]}
    assert (await api.data(REMOVE, manager, id=added["id"]))["removeVideoAsset"] == {"code": "NOT_FOUND"}


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("missing.mp4", "NOT_FOUND"),
        ("../secret.mp4", "NOT_FOUND"),
        ("/etc/clip.mp4", "NOT_FOUND"),
        ("a/../clip.webm", "NOT_FOUND"),
        (".hidden/clip.mp4", "NOT_FOUND"),
        ("a\0.mp4", "NOT_FOUND"),
        ("x" * 5000 + ".mp4", "NOT_FOUND"),
        ("x" * 300 + ".mp4", "NOT_FOUND"),
        ("a/" * 400 + "b.mp4", "NOT_FOUND"),
        ("clip.exe", "UNSUPPORTED_FILE_TYPE"),
        ("clip.webm.html", "UNSUPPORTED_FILE_TYPE"),
        ("", "UNSUPPORTED_FILE_TYPE"),
    ],
)
async def test_a_key_that_is_not_a_video_in_the_store_is_refused(api: Api, world: World, key: str, code: str) -> None:
    corporation = await world.corporation()
    manager = await world.person(Role.MANAGER, corporation)
    content = ids.encode("Content", (await world.content(corporation, video=False)).id)
    assert (await api.data(ADD, manager, id=content, key=key))["addVideoAsset"] == {"code": code}
    assert await world.rows("select 1 from video_assets") == []
