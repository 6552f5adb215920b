"""The embedded store's own door, and how much of a file is read for whom: B7 of FEATURES."""

import asyncio
import secrets
import socket
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from composition import Marquee
from domain.media import StoredObject
from integrations.local_store import LocalStore
from tests.api.conftest import Api, World
from tests.api.media.test_streams import assert_opens_nothing
from tests.api.test_playback import started

MEGABYTE = 1024 * 1024


async def test_a_signed_address_opens_its_object_and_no_other(api: Api, marquee: Marquee) -> None:
    await marquee.objects.put("posters/blue sky.svg", b"<svg/>")
    address = api.base_url + await marquee.objects.lasting_address("posters/blue sky.svg")
    picture = await api.client.get(address)
    assert (picture.status_code, picture.content) == (200, b"<svg/>")
    assert picture.headers["content-type"].startswith("image/svg+xml")
    assert "sandbox" in picture.headers["content-security-policy"]
    assert "default-src 'none'" in picture.headers["content-security-policy"]
    assert picture.headers["x-content-type-options"] == "nosniff"
    query = urlsplit(address).query
    expires, signature = (part.partition("=")[2] for part in query.split("&"))
    past = int(datetime.now(UTC).timestamp()) - 5
    key = quote("posters/blue sky.svg")
    for wrong in (
        f"/media/{key}",
        f"/media/{key}?expires={expires}",
        f"/media/{key}?{query[:-2]}",
        f"/media/{key}?expires={int(expires) + 1}&signature={signature}",
        f"/media/{key}?expires=-1&signature={signature}",
        f"/media/{key}?expires=%D9%A3&signature=%ED%95%9C",
        f"/media/{key}?{marquee.storing.addresses.sign('GET', 'posters/blue sky.svg', past)}",
        f"/media/{key}?{marquee.storing.addresses.sign('PUT', 'posters/blue sky.svg', past + 900)}",
        f"/media/{key}?{query}&disposition=inline",
        f"/media/clip.webm?{query}",
    ):
        await assert_opens_nothing(api, api.base_url + wrong)


async def test_no_key_climbs_out_of_the_store(api: Api, marquee: Marquee, home: Path) -> None:
    (home / "secret.txt").write_text("secret")
    elsewhere, later = str(home / "secret.txt"), int(datetime.now(UTC).timestamp()) + 900
    for key in ("../secret.txt", "posters/../../secret.txt", elsewhere, "/etc/passwd", "", "posters/..", ".x", "a\0b"):
        signed = marquee.storing.addresses.sign("GET", key, later)
        await assert_opens_nothing(api, f"{api.base_url}/media/{quote(key, safe='')}?{signed}")


class Counted:
    """Counts what is read from the store, and knows when reading has ended."""

    def __init__(self) -> None:
        self.bytes = 0
        self.ended = asyncio.Event()
        self._read = LocalStore.read

    def reading(self) -> object:
        async def read(store: LocalStore, stored: StoredObject, start: int, length: int) -> AsyncGenerator[bytes, None]:
            try:
                async for piece in self._read(store, stored, start, length):
                    self.bytes += len(piece)
                    yield piece
            finally:
                self.ended.set()

        return read


async def test_a_slow_reader_is_waited_for_and_one_that_leaves_is_let_go(
    api: Api, world: World, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = Counted()
    monkeypatch.setattr(LocalStore, "read", counted.reading())
    content, person = await world.content(video=False), await world.person()
    with (home / "media" / "large.webm").open("wb") as file:
        file.truncate(64 * MEGABYTE)
    async with world.marquee.database.writing() as transaction:
        store = world.marquee.stores.video_assets
        await store.add(transaction, content.id, "large.webm", "video/webm", 64 * MEGABYTE)
    url = urlsplit((await started(api, person, content))["url"])
    with socket.socket() as plain:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
        plain.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(plain, (url.hostname, url.port))
        await loop.sock_sendall(plain, f"GET {url.path} HTTP/1.1\r\nHost: marquee\r\n\r\n".encode())
        assert (await loop.sock_recv(plain, 1024)).startswith(b"HTTP/1.1 200 OK")
        # While it reads no further, the server has the time for much else, and does not read on for it.
        for _ in range(50):
            assert (await api.client.get(f"{api.base_url}/ready")).status_code == 200
        assert counted.bytes < 16 * MEGABYTE
        assert not counted.ended.is_set()
    await asyncio.wait_for(counted.ended.wait(), 5)
    assert counted.bytes < 16 * MEGABYTE


async def test_a_whole_large_file_arrives(api: Api, home: Path, marquee: Marquee) -> None:
    data = secrets.token_bytes(3 * MEGABYTE + 17)
    await marquee.objects.put("whole.webm", data)
    address = api.base_url + await marquee.objects.lasting_address("whole.webm")
    assert (await api.client.get(address)).content == data
    part = await api.client.get(address, headers={"range": f"bytes={MEGABYTE}-{2 * MEGABYTE}"})
    assert part.content == data[MEGABYTE : 2 * MEGABYTE + 1]
