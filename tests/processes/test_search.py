"""Search over several processes, of which any may be killed (S1, O2, O5), and its commands."""

import asyncio
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from composition import Marquee
from domain.search_index import Differences
from tests.api.conftest import Api, World
from tests.processes.conftest import ROOT, Server, Street

pytestmark = pytest.mark.xdist_group("heavy")

WITHIN_SECONDS = 15.0
KEY = "a-key-for-tests"


class EngineProcess:
    """The stand-in for Meilisearch, which keeps its indexes in a file."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self._state = folder / "meilisearch.json"
        self._process: subprocess.Popen[str] | None = None
        self.settings = {"MEILISEARCH_URL": f"http://127.0.0.1:{self._port}", "MEILISEARCH_API_KEY": KEY}

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.integrations.meilisearch", "--port", str(self._port), "--key", KEY]
        self._process = subprocess.Popen(
            [*command, "--state", str(self._state)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout
        assert self._process.stdout.readline()

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait(10)
            assert self._process.stdout
            self._process.stdout.close()
        self._process = None

    def send(self, number: int) -> None:
        assert self._process
        self._process.send_signal(number)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineProcess]:
    made = EngineProcess(tmp_path_factory.mktemp("engine"))
    made.start()
    yield made
    made.kill()


@pytest.fixture(scope="module")
def pair(street: Street, engine: EngineProcess) -> list[Server]:
    return street.servers(2, **engine.settings)


@pytest.fixture
async def searching(street: Street, engine: EngineProcess, world: World) -> AsyncIterator[Marquee]:
    """What compares the index with the database; it tells nothing itself."""
    marquee = street.marquee(**{name.lower(): value for name, value in engine.settings.items()})
    async with marquee.running(listening=False):
        await marquee.searching.outbox.open("search")
        yield marquee


async def equal_again(marquee: Marquee) -> Differences:
    """Waits for it, as long as is promised."""
    ends = time.monotonic() + WITHIN_SECONDS
    while True:
        state = await marquee.searching.outbox.state("search")
        found = await marquee.searching.compare()()
        if (not found.ids and not state.waiting) or time.monotonic() > ends:
            return found
        await asyncio.sleep(0.2)


async def write(world: World, chance: random.Random, until: float) -> None:
    """Everything that can happen to contents, as fast as it goes."""
    services, corporation = world.marquee.services, await world.corporation()
    fan, contents = world.viewer(await world.person()), [await world.content(corporation, video=False)]
    while time.monotonic() < until:
        content = chance.choice(contents)
        choice = chance.randrange(6)
        if choice == 0:
            contents.append(await world.content(corporation, video=False, genres=[f"Genre {chance.randrange(5)}"]))
        elif choice == 1:
            await world.rows("update contents set deleted_at = now() where id = $1 returning 1", content.id)
        elif choice == 2:
            await world.rows("update contents set deleted_at = null where id = $1 returning 1", content.id)
        elif choice == 3:
            async with world.marquee.database.writing() as transaction:
                await world.marquee.stores.genres.set(transaction, content.id, [f"Genre {chance.randrange(5)}"])
        elif (await world.marquee.stores.contents.by_ids([content.id]))[0]:
            await services.likes.set(fan, content.id, liked=choice == 4)
        await asyncio.sleep(0.005)


async def test_whatever_is_killed_the_index_equals_the_database_again(
    street: Street, engine: EngineProcess, pair: list[Server], world: World, searching: Marquee
) -> None:
    first, second = pair
    until = time.monotonic() + 8
    writers = [asyncio.create_task(write(world, random.Random(seed), until)) for seed in range(3)]
    await asyncio.sleep(1.5)
    first.process.kill()
    await asyncio.sleep(0.5)
    second.process.send_signal(signal.SIGSTOP)
    (third,) = await asyncio.to_thread(street.servers, 1, **engine.settings)
    engine.kill()
    await asyncio.sleep(2)
    second.process.send_signal(signal.SIGCONT)
    engine.start()
    third.process.kill()
    await asyncio.gather(*writers)
    assert (await equal_again(searching)).ids == []
    assert len(await world.rows("select 1 from contents")) > 20
    pair[0] = (await asyncio.to_thread(street.servers, 1, **engine.settings))[0]


async def test_a_paused_engine_is_told_everything_when_it_goes_on(
    engine: EngineProcess, apis: list[Api], world: World, searching: Marquee
) -> None:
    content = await world.content(title="Before")
    assert (await equal_again(searching)).ids == []
    engine.send(signal.SIGSTOP)
    try:
        begun = time.monotonic()
        answer = await apis[0].ask('{ search(query: "before") { query } }')
        assert answer.codes == ["SEARCH_UNAVAILABLE"]
        assert time.monotonic() - begun < 2.5
        await world.rows("update contents set title = 'After' where id = $1 returning 1", content.id)
        await asyncio.sleep(1)
    finally:
        engine.send(signal.SIGCONT)
    assert (await equal_again(searching)).ids == []


def command(street: Street, word: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "server.py", word],
        cwd=ROOT,
        env=street.environment(**settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@contextmanager
def paused(servers: list[Server]) -> Iterator[None]:
    """They look after the index, and would mend what a test breaks before it is counted."""
    for server in servers:
        server.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for server in servers:
            server.process.send_signal(signal.SIGCONT)


async def test_the_commands_check_and_rebuild_the_index(
    street: Street, engine: EngineProcess, pair: list[Server], world: World, searching: Marquee
) -> None:
    contents = [await world.content(title=f"River {number}", video=False) for number in range(3)]
    assert (await equal_again(searching)).ids == []
    checked = await asyncio.to_thread(command, street, "search-check", **engine.settings)
    assert "of 3 contents 0 are missing and 0 outdated; 0 are there that should be gone." in checked.stdout
    assert checked.returncode == 0
    client = searching.searching.client
    assert client
    with paused(pair):
        await client.index("contents").update_documents([{"id": contents[0].id, "seal": "old"}])
        last = await client.index("contents").update_documents([{"id": 999}])
        await client.wait_for_task(last.task_uid)
        checked = await asyncio.to_thread(command, street, "search-check", **engine.settings)
    assert "0 are missing and 1 outdated; 1 are there" in checked.stdout
    assert checked.returncode == 1
    rebuilt = await asyncio.to_thread(command, street, "reindex", **engine.settings)
    assert rebuilt.returncode == 0, rebuilt.stderr
    assert "The index is new." in rebuilt.stdout
    assert (await asyncio.to_thread(command, street, "search-check", **engine.settings)).returncode == 0


async def test_the_commands_say_when_the_engine_is_not_there(street: Street, world: World) -> None:
    nobody = {"MEILISEARCH_URL": "http://127.0.0.1:1", "MEILISEARCH_API_KEY": KEY}
    for word in ("search-check", "reindex"):
        said = await asyncio.to_thread(command, street, word, **nobody)
        assert said.returncode == 1
        assert "Search service is not available." in said.stderr
        assert "Traceback" not in said.stderr


async def test_who_leaves_the_engine_rebuilds_search_in_the_database(
    street: Street, pair: list[Server], world: World, searching: Marquee
) -> None:
    """All servers leave it, or those that stay would have changes written down for it again. (So this test is last.)"""
    for server in pair:
        server.process.kill()
        server.process.wait(10)
    await world.content(title="River", video=False)
    rebuilt = await asyncio.to_thread(command, street, "reindex")
    assert rebuilt.returncode == 0, rebuilt.stderr
    checked = await asyncio.to_thread(command, street, "search-check")
    assert "PostgreSQL: of 1 contents 0 are missing" in checked.stdout
    await world.content(title="Stream", video=False)
    assert await world.rows("select 1 from outbox") == []
