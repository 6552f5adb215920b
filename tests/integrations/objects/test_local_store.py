"""The folder by itself: bytes that arrive, and what else may be lying in it."""

import asyncio
import io
import os
import threading
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from structlog.testing import capture_logs

from domain.errors import Unavailable, UpstreamSilent, ValidationFailed
from integrations.local_parts import Part
from integrations.local_store import LocalStore
from integrations.secrets import SignedPaths
from tests.integrations.objects.conftest import everything


async def pieces_of(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


def files(folder: Path) -> list[str]:
    """All of them, hidden ones too."""
    return sorted(str(path.relative_to(folder / "media")) for path in folder.rglob("*") if path.is_file())


async def test_what_arrives_whole_is_there(local: LocalStore, tmp_path: Path) -> None:
    await local.receive("a/한글.png", 9, pieces_of(b"012", b"", b"345", b"678"))
    stored = await local.head("a/한글.png")
    assert stored
    assert (stored.size_bytes, stored.content_type, await everything(local, stored)) == (9, "image/png", b"012345678")
    assert files(tmp_path) == ["a/한글.png"]
    await local.receive("a/empty.png", 0, pieces_of())
    assert files(tmp_path) == ["a/empty.png", "a/한글.png"]


async def test_too_few_or_too_many_bytes_are_nothing(local: LocalStore, tmp_path: Path) -> None:
    for size, pieces in [(10, [b"012"]), (1, []), (2, [b"012"]), (0, [b"0"]), (4, [b"012", b"345"])]:
        with pytest.raises(ValidationFailed):
            await local.receive("a.png", size, pieces_of(*pieces))
    assert files(tmp_path) == []


async def test_no_more_is_read_than_is_too_many(local: LocalStore) -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield b"0123456789"

    with pytest.raises(ValidationFailed):
        await local.receive("a.png", 25, endless())
    assert taken == 3


async def test_of_two_that_arrive_at_the_same_time_one_is_there_whole(local: LocalStore, tmp_path: Path) -> None:
    both_begun = asyncio.Barrier(2)

    async def slowly(data: bytes) -> AsyncIterator[bytes]:
        await both_begun.wait()
        yield data

    await asyncio.gather(local.receive("a.png", 3, slowly(b"one")), local.receive("a.png", 3, slowly(b"two")))
    assert (tmp_path / "media" / "a.png").read_bytes() in {b"one", b"two"}
    assert files(tmp_path) == ["a.png"]


async def test_whose_sender_fails_or_who_is_cancelled_leaves_nothing(local: LocalStore, tmp_path: Path) -> None:
    begun = asyncio.Event()

    async def failing() -> AsyncIterator[bytes]:
        yield b"012"
        raise ConnectionResetError

    async def hanging() -> AsyncIterator[bytes]:
        yield b"012"
        begun.set()
        await asyncio.Event().wait()

    with pytest.raises(ConnectionResetError):
        await local.receive("a.png", 9, failing())
    receiving = asyncio.create_task(local.receive("a.png", 9, hanging()))
    await begun.wait()
    assert [name.startswith(".part-") for name in files(tmp_path)] == [True]
    receiving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await receiving
    assert files(tmp_path) == []


@pytest.mark.parametrize("turns", range(12))
async def test_whenever_it_is_cancelled_all_or_nothing_is_there(local: LocalStore, tmp_path: Path, turns: int) -> None:
    receiving = asyncio.create_task(local.receive("a.png", 6, pieces_of(b"012", b"345")))
    for _ in range(turns):
        await asyncio.sleep(0)
    receiving.cancel()
    receiving.cancel()
    await asyncio.wait([receiving])
    assert files(tmp_path) in ([], ["a.png"])
    assert not (tmp_path / "media" / "a.png").exists() or (tmp_path / "media" / "a.png").read_bytes() == b"012345"


async def test_what_is_still_being_written_is_waited_for_before_it_is_removed(
    local: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing, go_on = asyncio.Event(), threading.Event()
    loop, make = asyncio.get_running_loop(), Part.__init__

    def slowly(part: Part, target: Path) -> None:
        loop.call_soon_threadsafe(writing.set)
        assert go_on.wait(20)
        make(part, target)

    monkeypatch.setattr(Part, "__init__", slowly)
    receiving = asyncio.create_task(local.receive("a.png", 3, pieces_of(b"012")))
    await writing.wait()
    for _ in range(3):
        receiving.cancel()
        await asyncio.sleep(0)
    assert not receiving.done()
    go_on.set()
    await asyncio.wait([receiving])
    assert receiving.cancelled()
    assert files(tmp_path) == []


async def test_a_disk_that_refuses_is_unavailable_and_the_log_says_why(local: LocalStore, tmp_path: Path) -> None:
    (tmp_path / "media").write_text("no folder")
    for question in (
        local.put("a.png", b"0"),
        local.receive("a.png", 1, pieces_of(b"0")),
        local.check(),
    ):
        with capture_logs() as log, pytest.raises(Unavailable) as raised:
            await question
        assert raised.value.message == "The object store cannot be reached."
        assert [str(tmp_path) in str(line) for line in log] == [False]
    assert await local.head("a.png") is None
    assert await local.list("", "", 10) == []


async def test_a_disk_that_hangs_is_not_waited_for(
    local: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await local.put("a.mp4", b"0")
    (tmp_path / "media" / "b.mp4").symlink_to(tmp_path / "media" / "a.mp4")
    hanging, release = local._head, asyncio.Event()
    loop = asyncio.get_running_loop()

    def hang(key: str) -> object:
        asyncio.run_coroutine_threadsafe(release.wait(), loop).result(20)
        return hanging(key)

    local._head = hang  # type: ignore[method-assign,assignment]
    monkeypatch.setattr("integrations.local_store.PATIENCE_SECONDS", 0.05)
    with pytest.raises(UpstreamSilent):
        await local.head("a.mp4")
    release.set()


async def test_what_is_hidden_unsafe_or_no_file_is_not_listed(local: LocalStore, tmp_path: Path) -> None:
    root = tmp_path / "media"
    await local.put("b/c.mp4", b"0")
    await local.put("b.mp4", b"0")
    for name in (".part-1", ".hidden/a.mp4", "b/.part-2", "b/back\\slash", "b/new\nline"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(b"0")
    (root / os.fsdecode(b"not utf-8 \xff")).write_bytes(b"0")
    (root / "empty" / "emptier").mkdir(parents=True)
    (root / "b" / "again").symlink_to(root / "b")
    (root / "b" / "nowhere").symlink_to(root / "gone")
    os.mkfifo(root / "b" / "pipe")
    assert [one.key for one in await local.list("", "", 10)] == ["b.mp4", "b/c.mp4"]


async def test_a_listing_reads_only_the_folders_that_matter(local: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        await local.put(f"films/{number}/a.mp4", b"0")
        await local.put(f"images/{number}/a.png", b"0")
    read: list[str] = []
    scandir = os.scandir

    def noted(folder: Path) -> object:
        read.append(folder.name)
        return scandir(folder)

    monkeypatch.setattr("os.scandir", noted)
    assert [one.key for one in await local.list("films/3/", "", 10)] == ["films/3/a.mp4"]
    assert read == ["media", "films", "3"]
    read.clear()
    assert [one.key for one in await local.list("films/", "films/2/a.mp4", 1)] == ["films/3/a.mp4"]
    assert read == ["media", "films", "2", "3"]


async def test_addresses_carry_what_they_were_signed_for(local: LocalStore, paths: SignedPaths) -> None:
    key = "폴더/a + 100%?#.png"
    upload = await local.upload(key, "image/png", 9, 60)
    assert (upload.method, upload.headers) == ("PUT", {"Content-Type": "image/png"})
    bound = {
        "PUT": (upload.url, {"type": "image/png", "size": "9"}),
        "GET": (
            await local.address(key, 60, content_type="image/png", disposition='attachment; filename="a"'),
            {"type": "image/png", "disposition": 'attachment; filename="a"'},
        ),
        "HEAD": (await local.lasting_address(key), {}),
    }
    for method, (address, expected) in bound.items():
        parts = urlsplit(address)
        asked = dict(parse_qsl(parts.query, keep_blank_values=True))
        assert unquote(parts.path) == f"/media/{key}"
        assert paths.is_good(method, key, asked)
        assert {name: asked[name] for name in asked.keys() - {"expires", "signature"}} == expected
    assert int(upload.expires_at.timestamp()) == int(dict(parse_qsl(urlsplit(upload.url).query))["expires"])
    assert await local.lasting_address(key) == await local.lasting_address(key)


async def test_what_a_killed_process_had_begun_is_swept_after_a_day(local: LocalStore, tmp_path: Path) -> None:
    await local.put("a/whole.mp4", b"0")
    for name, hours in ((".part-old", 25), ("a/.part-old", 25), ("a/.part-young", 23)):
        path = tmp_path / "media" / name
        path.write_bytes(b"0")
        os.utime(path, (time.time() - hours * 3600,) * 2)
    os.utime(tmp_path / "media" / "a" / "whole.mp4", (0, 0))
    await local.sweep(timedelta(days=1))
    assert files(tmp_path) == ["a/.part-young", "a/whole.mp4"]


async def test_a_link_in_a_circle_is_left_out(local: LocalStore, tmp_path: Path) -> None:
    await local.put("a.mp4", b"0")
    (tmp_path / "media" / "loop").symlink_to(tmp_path / "media" / "loop")
    assert [stored.key for stored in await local.list("", "", 10)] == ["a.mp4"]


async def test_a_file_is_closed_behind_a_read_that_is_still_on_its_way(
    local: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await local.put("a.mp4", b"0123")
    stored = await local.head("a.mp4")
    assert stored
    opened: list[Any] = []
    begin, end = threading.Event(), threading.Event()
    open_ = local._open

    def slow(stored: Any, start: int) -> Any:
        opened.append(open_(stored, start))
        raw = opened[0].raw
        return io.BufferedReader(_Slow(raw, begin, end))

    monkeypatch.setattr(local, "_open", slow)
    reading = asyncio.create_task(everything(local, stored))
    await asyncio.to_thread(begin.wait)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert not opened[0].raw.closed, "its number may not be given to another file yet"
    end.set()
    while not opened[0].raw.closed:
        await asyncio.sleep(0.01)


class _Slow(io.RawIOBase):
    """Reads as a slow disk does."""

    def __init__(self, raw: io.RawIOBase, begin: threading.Event, end: threading.Event) -> None:
        self._raw, self._begin, self._end = raw, begin, end

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._begin.set()
        self._end.wait(10)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()
