"""A stream that is open ends with the permission to see it: B4 and D3 of FEATURES, A7 of GUARD."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from domain import ids
from domain.contents import Content
from domain.corporations import Corporation
from domain.users import Role
from tests.api.conftest import Api, Person, World
from tests.api.test_playback import id_of, started

MEGABYTE = 1024 * 1024
SIZE = 256 * MEGABYTE


class Viewing:
    """A player that has begun to read a large file, and reads on when it is told to."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.bytes = 0

    @classmethod
    async def begin(cls, url: str) -> "Viewing":
        address = urlsplit(url)
        reader, writer = await asyncio.open_connection(address.hostname, address.port, limit=64 * 1024)
        writer.write(f"GET {address.path} HTTP/1.1\r\nHost: marquee\r\nConnection: close\r\n\r\n".encode())
        viewing = cls(reader, writer)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 OK")
        await viewing.read(MEGABYTE)
        return viewing

    async def read(self, most: int) -> None:
        """Until so many bytes have come, or the server hangs up."""
        until = self.bytes + most
        while self.bytes < until and (piece := await asyncio.wait_for(self._reader.read(MEGABYTE), 10)):
            self.bytes += len(piece)

    async def to_the_end(self) -> int:
        await self.read(SIZE)
        self.leave()
        return self.bytes

    def leave(self) -> None:
        self._writer.close()


@pytest.fixture
async def corporation(world: World) -> Corporation:
    return await world.corporation()


@pytest.fixture
async def content(world: World, corporation: Corporation, home: Path) -> AsyncIterator[Content]:
    """With a video file far larger than what any buffer holds."""
    file = home / "media" / "film.webm"
    with file.open("wb") as opened:
        opened.truncate(SIZE)
    made = await world.content(corporation, video=False)
    async with world.marquee.database.writing() as transaction:
        await world.marquee.stores.video_assets.add(transaction, made.id, "film.webm", "video/webm", SIZE)
    yield made
    file.unlink()


async def end_by(how: str, api: Api, world: World, corporation: Corporation, person: Person, content: Content) -> None:
    manager = await world.person(Role.MANAGER, corporation)
    [(asset_id,)] = await world.rows("select id from video_assets")
    mutations = {
        "deleting the content": (f'deleteContent(input: {{id: "{id_of(content)}"}}) {{ __typename }}', manager),
        "removing the file": (
            f'removeVideoAsset(input: {{id: "{ids.encode("VideoAsset", asset_id)}"}}) {{ __typename }}',
            manager,
        ),
        "signing out": ("logout", person),
        "revoking all sessions": ("revokeAllSessions", person),
        "deleting the person": (f'deleteUser(input: {{id: "{person.id}"}}) {{ __typename }}', person),
    }
    mutation, who = mutations[how]
    assert "Refusal" not in str(await api.data(f"mutation {{ done: {mutation} }}", who))


@pytest.mark.parametrize(
    "how",
    [
        "deleting the content",
        "removing the file",
        "signing out",
        "revoking all sessions",
        "deleting the person",
    ],
)
async def test_an_open_stream_is_cut_by(
    api: Api, world: World, corporation: Corporation, content: Content, how: str
) -> None:
    person = await world.person()
    viewing = await Viewing.begin((await started(api, person, content))["url"])
    await end_by(how, api, world, corporation, person, content)
    assert await viewing.to_the_end() < SIZE / 2


async def test_an_open_stream_outlives_what_happens_to_others(
    api: Api, world: World, corporation: Corporation, content: Content
) -> None:
    person, other = await world.person(), await world.person()
    viewing = await Viewing.begin((await started(api, person, content))["url"])
    another = await world.content(corporation)
    manager = await world.person(Role.MANAGER, corporation)
    await api.data(f'mutation {{ deleteContent(input: {{id: "{id_of(another)}"}}) {{ __typename }} }}', manager)
    await api.data("mutation { revokeAllSessions }", other)
    change = "mutation ($id: ID!) { updateUser(input: {id: $id, role: MANAGER}) { __typename } }"
    await api.data(change, await world.person(Role.ADMIN), id=person.id)
    assert await viewing.to_the_end() == SIZE
