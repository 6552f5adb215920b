"""The servers that the speed benchmark lays beside each other do the same: each has a copy of one data set."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from benchmarks.load import Load
from benchmarks.operations import OPERATIONS, Cast
from benchmarks.servers import Server, serving
from benchmarks.stage import environment
from tests.benchmarks.conftest import SIZE

pytestmark = pytest.mark.xdist_group("heavy")

_NAMES = ["ours", "strawberry", "plain", "floor"]
# Of a mutation's answer: made for this answer alone, or a time of now.
_NEW = {"streamId", "url", "expiresAt", "observedAt"}
_LEFT = [
    "select user_id, content_id, corporation_id from view_logs",
    "select user_id, content_id, points, reason from point_entries",
    "select id, points from users",
    "select id, view_count from contents",
    "select user_id, sequence from progress_counters",
    "select user_id, content_id, position_seconds, duration_seconds, completed, sequence from watch_progress",
    "select user_id, event_id from watch_events",
    """select progress_id, user_id, content_id, position_seconds, duration_seconds, completed, sequence
    from progress_changes""",
]


@pytest.fixture(scope="module")
def addresses(copy: Callable[[str], str]) -> Mapping[str, str]:
    return {name: copy(name) for name in _NAMES}


@pytest.fixture(scope="module")
def servers(addresses: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Server]]:
    folder: Path = tmp_path_factory.mktemp("servers")
    with ExitStack() as stack:
        yield [stack.enter_context(serving(name, environment(dsn, folder), folder)) for name, dsn in addresses.items()]


@pytest.fixture
def load(tokens: dict[int, str]) -> Load:
    return Load(Cast(SIZE, list(tokens)), tokens)


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_all_servers_answer_the_same(operation: str, servers: list[Server], load: Load) -> None:
    heard = [await _heard(operation, server, load) for server in servers]
    assert len(heard[0]) == 4
    assert all(answers == heard[0] for answers in heard)


async def test_all_servers_leave_the_same_behind(
    servers: list[Server], addresses: Mapping[str, str], load: Load
) -> None:
    for server in servers:
        for operation in ("M1", "M2"):
            # Both of them come by everybody, and the second time by something else.
            numbers = [100, 101, 100 + 2 * SIZE.users]
            await load.answers(operation, server.addresses[0], plainly=server.plainly, numbers=numbers)
    left = {name: await _left_in(dsn) for name, dsn in addresses.items()}
    for name in _NAMES[1:]:
        assert left[name] == left[_NAMES[0]]
    assert len(left["ours"][0]) >= 40 * SIZE.users + 3


async def test_each_server_says_how_many_statements_an_operation_takes(servers: list[Server], load: Load) -> None:
    for server in servers:
        before = await asyncio.to_thread(server.counted)
        await _heard("Q3", server, load)
        now = await asyncio.to_thread(server.counted)
        whose = 0 if server.name in {"floor", "plain"} else 1
        assert (now[0] - before[0], now[1] - before[1]) == (4 * (5 + whose), 4)


async def _heard(operation: str, server: Server, load: Load) -> list[Any]:
    answers = await load.answers(operation, server.addresses[0], plainly=server.plainly, numbers=range(4))
    data = [answer["data"] for answer in answers]
    return [_without_new(one) for one in data] if operation[0] == "M" else data


def _without_new(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: type(held) if name in _NEW else _without_new(held) for name, held in value.items()}
    return [_without_new(held) for held in value] if isinstance(value, list) else value


async def _left_in(dsn: str) -> list[list[tuple[Any, ...]]]:
    connection = await asyncpg.connect(dsn)
    found = [sorted(map(tuple, await connection.fetch(sql)), key=str) for sql in _LEFT]
    await connection.close()
    return found
