"""Reading pictures: E7 of FEATURES, U1 and Z3 of GUARD."""

from urllib.parse import unquote

import pytest

from domain import ids
from domain.users import Role
from tests.api.media.conftest import Stage, announced, picture


async def test_one_reads_ones_own_and_those_of_posts(stage: Stage) -> None:
    person, other, admin = [await stage.world.person(role) for role in (Role.MEMBER, Role.MEMBER, Role.ADMIN)]
    own = (await stage.image(person))["key"]
    made = await stage.post_with_picture(person)
    posted = made["upload"]["image"]["key"]
    for reader in (person, other, admin, None):
        assert (await stage.url(reader, own) is not None) == (reader is person)
        read = await stage.url(reader, posted)
        assert {**read, "url": ""} == {"key": posted, "url": "", "expiresIn": 900, "download": False}
        assert (await stage.client.get(read["url"])).content == picture()
    for missing in (own[:-5] + "x.png", "images/nothing.png", "clip.webm"):
        assert await stage.url(other, missing) is None


@pytest.mark.parametrize("key", ["../secret", "images/../../x.png", "/etc/passwd", "", "a\0b", "x" * 70_000, "a//b"])
async def test_a_key_that_climbs_or_hides_is_refused(stage: Stage, key: str) -> None:
    assert (await stage.asked_url(await stage.world.person(), key)).codes == ["VALIDATION_FAILED"]


NAMES = {
    "plain.png": ('attachment; filename="plain.png"', "plain.png"),
    "my file.png": ('attachment; filename="my file.png"', "my file.png"),
    'a"b;c.png': ('attachment; filename="a_b;c.png"', 'a"b;c.png'),
    "내 사진.png": ('attachment; filename="_ __.png"', "내 사진.png"),
    "a\r\nSet-Cookie: x=1.png": ('attachment; filename="a__Set-Cookie: x=1.png"', "a__Set-Cookie: x=1.png"),
    "../../etc/passwd": ('attachment; filename=".._.._etc_passwd"', ".._.._etc_passwd"),
    "a\\b.png": ('attachment; filename="a_b.png"', "a_b.png"),
    "100%.png": ('attachment; filename="100_.png"', "100%.png"),
    "photo\u202egpj.exe": ('attachment; filename="photo_gpj.exe"', "photo_gpj.exe"),
    "emoji 🎬.png": ('attachment; filename="emoji _.png"', "emoji 🎬.png"),
}


@pytest.mark.parametrize("name", NAMES)
async def test_it_is_saved_under_any_name(stage: Stage, name: str) -> None:
    person = await stage.world.person()
    key = (await stage.image(person))["key"]
    url = await stage.url(person, key, download=True, filename=name)
    assert url["download"] is True
    saved = await stage.client.get(url["url"])
    plain, whole = NAMES[name]
    before, _, quoted = saved.headers["content-disposition"].partition("; filename*=UTF-8''")
    assert (saved.status_code, before, unquote(quoted)) == (200, plain, whole)
    assert "set-cookie" not in saved.headers


async def test_it_is_shown_or_saved_under_its_own_name(stage: Stage) -> None:
    person = await stage.world.person()
    key = (await stage.image(person))["key"]
    shown = await stage.client.get((await stage.url(person, key))["url"])
    assert shown.headers["content-disposition"].startswith('inline; filename="Holiday.png"')
    saved = await stage.client.get((await stage.url(person, key, download=True))["url"])
    assert saved.headers["content-disposition"].startswith('attachment; filename="Holiday.png"')
    too_long = await stage.asked_url(person, key, filename="x" * 256)
    assert too_long.codes == ["VALIDATION_FAILED"]


async def test_node_tells_of_an_image_what_imageurl_does(stage: Stage) -> None:
    person, other = await stage.world.person(), await stage.world.person()
    own = await stage.image(person)
    made = await stage.post(person, image=announced())
    pending = made["post"]["image"]["id"]
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Image { status } } }"
    wanted = [own["id"], pending, ids.encode("Image", 999)]
    seen = (await stage.api.data(query, person, ids=wanted))["nodes"]
    assert seen == [{"id": own["id"], "status": "READY"}, {"id": pending, "status": "PENDING"}, None]
    for stranger in (other, None):
        assert (await stage.api.data(query, stranger, ids=wanted))["nodes"] == [None, None, None]
