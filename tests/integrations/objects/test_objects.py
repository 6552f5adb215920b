"""One set of tests for every store: the folder, S3 by moto, S3 by rclone."""

from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from domain.errors import Unavailable
from domain.media import ObjectStore
from integrations.s3 import S3Store
from tests.integrations.objects.conftest import everything

ODD = [
    "plain.mp4",
    "폴더/한국 영상.mp4",
    "a+b.mp4",
    "100%.mp4",
    "100%25.mp4",
    "a#b?c.mp4",
    'it\'s "said".mp4',
    "a&b=c;d.mp4",
    "(x)[y]{z}~!*@,.mp4",
    "two  spaces.mp4",
    "a<b>.mp4",
    "😀.mp4",
    "￦.mp4",
    "up-down.mp4",
    "up/down.mp4",
    "up0.mp4",
]
UNSAFE = ["", "/a", "a//b", "../a", "a/../b", ".hidden", "a/.part-1", "a\\b", "a\x00b", "a\ud800b", "a" * 256, "a/"]


async def kept(store: ObjectStore, *keys: str) -> None:
    for key in keys:
        await store.put(key, key.encode())


async def keys(store: ObjectStore, prefix: str, after: str = "", most: int = 1000) -> list[str]:
    return [one.key for one in await store.list(prefix, after, most)]


async def test_what_was_put_is_there_with_its_size_type_time_and_version(store: ObjectStore, folder: str) -> None:
    before = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=1)
    await store.put(f"{folder}/a.mp4", b"0123456789")
    stored = await store.head(f"{folder}/a.mp4")
    assert stored
    assert (stored.key, stored.size_bytes, stored.content_type) == (f"{folder}/a.mp4", 10, "video/mp4")
    assert before <= stored.last_modified <= datetime.now(UTC) + timedelta(seconds=1)
    assert stored.last_modified.microsecond == 0
    assert stored.etag[0] == stored.etag[-1] == '"'
    assert await everything(store, stored) == b"0123456789"


@pytest.mark.parametrize("name", ["a.webp", "a.avif", "a.png", "a.jpg", "a.JPEG", "a.gif", "a.mkv"])
async def test_the_type_is_that_of_the_ending(store: ObjectStore, folder: str, name: str) -> None:
    await store.put(f"{folder}/{name}", b"0")
    stored = await store.head(f"{folder}/{name}")
    assert stored
    assert stored.content_type in {
        "image/webp",
        "image/avif",
        "image/png",
        "image/jpeg",
        "image/gif",
        "video/x-matroska",
    }


async def test_odd_keys_are_kept_found_read_listed_and_deleted(store: ObjectStore, folder: str) -> None:
    odd = [f"{folder}/{key}" for key in ODD]
    await kept(store, *odd)
    for key in odd:
        stored = await store.head(key)
        assert stored, key
        assert await everything(store, stored) == key.encode()
    assert await keys(store, f"{folder}/") == sorted(odd, key=str.encode)
    for key in odd:
        assert await keys(store, key, most=1) == [key]
        assert key not in await keys(store, f"{folder}/", after=key)
    await store.delete(odd)
    assert await keys(store, f"{folder}/") == []
    assert await store.head(odd[0]) is None


async def test_a_listing_goes_on_behind_any_key_and_begins_inside_a_name(store: ObjectStore, folder: str) -> None:
    mine = sorted((f"{folder}/{key}" for key in ODD), key=str.encode)
    await kept(store, *mine)
    seen: list[str] = []
    while page := await keys(store, f"{folder}/", after=seen[-1] if seen else "", most=3):
        assert len(page) <= 3
        seen += page
    assert seen == mine
    assert await keys(store, f"{folder}/up") == [key for key in mine if key.startswith(f"{folder}/up")]
    assert await keys(store, f"{folder}/up/", after=f"{folder}/up") == [f"{folder}/up/down.mp4"]
    assert await keys(store, f"{folder}/", after=f"{folder}/up/a") == [
        key for key in mine if key.encode() > f"{folder}/up/a".encode()
    ]
    assert await keys(store, f"{folder}/nothing") == await keys(store, f"{folder}/", most=0) == []
    assert await keys(store, f"{folder}/", after="\U0010ffff") == []


@pytest.mark.parametrize("rubbish", ["\x00", "\ud800", "a\nb", "x" * 5000, "../", "/", "//", "\\"])
async def test_rubbish_lists_nothing(store: ObjectStore, rubbish: str) -> None:
    assert await keys(store, rubbish) == []


async def test_listed_objects_are_told_as_by_themselves(store: ObjectStore, folder: str) -> None:
    await store.put(f"{folder}/a.webm", b"012")
    assert list(await store.list(f"{folder}/", "", 5)) == [await store.head(f"{folder}/a.webm")]


async def test_a_part_is_exactly_that_part(store: ObjectStore, folder: str) -> None:
    await store.put(f"{folder}/a.mp4", b"0123456789")
    stored = await store.head(f"{folder}/a.mp4")
    assert stored
    for start, length in [(0, 1), (2, 3), (9, 1), (0, 10), (5, 5), (3, 0)]:
        read = b"".join([piece async for piece in store.read(stored, start, length)])
        assert read == b"0123456789"[start : start + length]


async def test_pieces_are_small_and_together_the_whole(store: ObjectStore, folder: str) -> None:
    data = bytes(range(256)) * 5000 + b"!"
    await store.put(f"{folder}/a.mp4", data)
    stored = await store.head(f"{folder}/a.mp4")
    assert stored
    pieces = [piece async for piece in store.read(stored, 0, stored.size_bytes)]
    assert b"".join(pieces) == data
    assert max(map(len, pieces)) <= 256 * 1024


async def test_an_empty_file_is_a_file(store: ObjectStore, folder: str) -> None:
    await store.put(f"{folder}/a.mp4", b"")
    stored = await store.head(f"{folder}/a.mp4")
    assert stored
    assert (stored.size_bytes, await everything(store, stored)) == (0, b"")


async def test_what_was_replaced_or_deleted_is_not_read_as_what_it_was(store: ObjectStore, folder: str) -> None:
    await store.put(f"{folder}/a.mp4", b"one version")
    stored = await store.head(f"{folder}/a.mp4")
    assert stored
    await store.put(f"{folder}/a.mp4", b"another one, longer")
    with pytest.raises(Unavailable):
        await everything(store, stored)
    now = await store.head(f"{folder}/a.mp4")
    assert now
    assert await everything(store, now) == b"another one, longer"
    await store.delete([f"{folder}/a.mp4"])
    with pytest.raises(Unavailable):
        await everything(store, now)


async def test_what_is_not_there_is_none_and_can_be_deleted(store: ObjectStore, folder: str) -> None:
    await store.put(f"{folder}/a.mp4", b"0")
    for key in (f"{folder}/b.mp4", f"{folder}/a.mp4/b.mp4", folder, f"{folder}/한글"):
        assert await store.head(key) is None
        await store.delete([key])
    await store.delete([])
    await store.delete([f"{folder}/a.mp4", f"{folder}/b.mp4", f"{folder}/a.mp4"])
    assert await store.head(f"{folder}/a.mp4") is None


@pytest.mark.parametrize("key", UNSAFE, ids=ascii)
async def test_what_is_no_key_is_nothing_and_does_nothing(store: ObjectStore, folder: str, key: str) -> None:
    await store.put(f"{folder}/a.mp4", b"0")
    assert await store.head(key) is None
    for refused in (
        store.put(key, b"0"),
        store.delete([f"{folder}/a.mp4", key]),
        store.upload(key, "image/png", 1, 60),
        store.address(key, 60),
        store.lasting_address(key),
    ):
        with pytest.raises(ValueError, match="not a key"):
            await refused
    assert await store.head(f"{folder}/a.mp4")


async def test_many_are_deleted_in_batches(bucket: S3Store, folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.s3._MOST_DELETED", 2)
    mine = [f"{folder}/{number}.mp4" for number in range(5)]
    await kept(bucket, *mine)
    await bucket.delete(mine)
    assert await keys(bucket, f"{folder}/") == []


async def test_a_store_that_can_be_used_says_so(store: ObjectStore) -> None:
    await store.check()


async def test_an_address_reads_odd_keys_and_answers_as_it_was_told_to(
    bucket: S3Store, folder: str, browser: httpx2.AsyncClient
) -> None:
    disposition = "attachment; filename=\"a.mp4\"; filename*=UTF-8''%ED%95%9C%20%EA%B8%80.mp4"
    for key in (f"{folder}/{name}" for name in ODD):
        await bucket.put(key, key.encode())
        plain = await browser.get(await bucket.address(key, 60))
        assert (plain.status_code, plain.content) == (200, key.encode()), key
        told = await browser.get(
            await bucket.address(key, 60, content_type="image/png", disposition=disposition),
            headers={"Range": "bytes=1-2"},
        )
        assert told.status_code in (200, 206)  # rclone says the one where headers are replaced
        assert told.content == key.encode()[1:3]
        assert (told.headers["content-type"], told.headers["content-disposition"]) == ("image/png", disposition)


async def test_a_lasting_address_stays_the_same_and_reads(
    bucket: S3Store, folder: str, browser: httpx2.AsyncClient
) -> None:
    await kept(bucket, f"{folder}/a.png", f"{folder}/b.png")
    address = await bucket.lasting_address(f"{folder}/a.png")
    assert await bucket.lasting_address(f"{folder}/b.png") != address
    assert await bucket.lasting_address(f"{folder}/a.png") == address
    assert (await browser.get(address)).content == f"{folder}/a.png".encode()
    assert 12 * 3600 <= int(httpx2.URL(address).params["X-Amz-Expires"]) <= 24 * 3600


async def test_only_so_many_lasting_addresses_are_remembered(
    bucket: S3Store, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.s3._MOST_LASTING", 3)
    for number in range(10):
        await bucket.lasting_address(f"{folder}/{number}.png")
    assert len(bucket._lasting) <= 3
    assert f"{folder}/9.png" in bucket._lasting
    bucket._lasting.clear()


async def test_a_copy_is_of_this_very_version(store: ObjectStore, folder: str) -> None:
    await store.put(f"{folder}/a.png", b"looked at")
    stored = await store.head(f"{folder}/a.png")
    assert stored
    await store.copy(stored, f"{folder}/한글 + 100%/b.png")
    copied = await store.head(f"{folder}/한글 + 100%/b.png")
    assert copied
    assert (await everything(store, copied), copied.content_type) == (b"looked at", "image/png")
    await store.put(f"{folder}/a.png", b"something else")
    assert await everything(store, copied) == b"looked at"
    await store.delete([f"{folder}/a.png"])
    with pytest.raises(Unavailable):
        await store.copy(stored, f"{folder}/c.png")
    assert await store.head(f"{folder}/c.png") is None
