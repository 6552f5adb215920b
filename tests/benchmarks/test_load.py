"""The load counts what was answered, and takes nothing for an answer that is none."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest

from benchmarks.line import BadAnswerError, body_of
from benchmarks.load import Load, quantile
from benchmarks.measuring import Slice, form_of, ratio
from benchmarks.operations import OPERATIONS, Cast
from tests.benchmarks.conftest import SIZE

GOOD = b'{"data":{"content":{"id":"x"},"recordWatchProgress":{"progress":[{"id":"x"}]}}}'


class Stub:
    """Answers the same to everything, in two pieces."""

    def __init__(self, body: bytes = GOOD, status: bytes = b"200 OK") -> None:
        self._answer = b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body)
        self.asked: list[dict[str, Any]] = []
        self.heads: list[bytes] = []

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[tuple[str, int]]:
        server = await asyncio.start_server(self._hear, "127.0.0.1", 0)
        async with server:
            yield server.sockets[0].getsockname()[:2]

    async def _hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
                self.heads.append(head)
                self.asked.append(orjson.loads(await reader.readexactly(length)))
                for piece in (self._answer[:30], self._answer[30:]):
                    writer.write(piece)
                    await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


@pytest.fixture
def load() -> Load:
    return Load(Cast(SIZE, [1, 3, 5]), {1: "one", 3: "three", 5: "five"})


async def slice_of(load: Load, stub: Stub, operation: str = "Q1") -> dict[str, float]:
    async with stub.serving() as address:
        return await load.slice(operation, [address], [], plainly=False, connections=4, seconds=0.05)


async def test_a_slice_counts_all_answers_but_those_that_warm_up(load: Load) -> None:
    stub = Stub()
    told = await slice_of(load, stub)
    assert told["requests"] == len(stub.asked) - 4 > 0


async def test_what_happens_once_is_asked_for_once_however_many_slices_there_are(load: Load) -> None:
    stub = Stub()
    for _ in range(2):
        await slice_of(load, stub, "M2")
    events = [asked["variables"]["input"]["events"][0]["eventId"] for asked in stub.asked]
    assert len(set(events)) == len(events) > 8


async def test_each_request_has_the_token_and_the_variables_of_its_person(load: Load) -> None:
    stub = Stub()
    async with stub.serving() as address:
        await load.answers("M2", address, plainly=False, numbers=[1, 4])
        await load.answers("M2", address, plainly=True, numbers=[2])
    cast = Cast(SIZE, [1, 3, 5])
    wanted = [OPERATIONS["M2"].variables(cast, number)["input"]["events"][0]["contentId"] for number in (1, 4)]
    assert [asked["variables"]["input"]["events"][0]["contentId"] for asked in stub.asked[:2]] == wanted
    assert all(b"Authorization: Bearer three\r\n" in head for head in stub.heads[:2])
    assert stub.asked[2]["viewer"] == 5
    assert stub.heads[2].startswith(b"POST /M2 ")


@pytest.mark.parametrize(
    "stub",
    [
        Stub(status=b"500 Internal Server Error"),
        Stub(b'{"data":{"content":null}}'),
        Stub(b'{"data":{"content":{"id":"x"}},"errors":[{"message":"half of it"}]}'),
    ],
    ids=["status", "data", "errors"],
)
async def test_what_is_no_answer_ends_the_run(stub: Stub, load: Load) -> None:
    with pytest.raises(BadAnswerError):
        await slice_of(load, stub)


def test_an_answer_is_whole_when_its_length_has_come() -> None:
    whole = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\ncontent-length: 2\r\n\r\n{}"
    assert [body_of(whole[:end]) for end in range(len(whole))] == [None] * len(whole)
    assert body_of(whole) == b"{}"


def test_of_a_hundred_the_ninety_ninth_is_the_quantile() -> None:
    assert (quantile(range(1, 101), 0.99), quantile(range(1, 101), 0.5), quantile([7], 0.99)) == (99, 50, 7)


def test_a_ratio_is_of_slices_of_the_same_round() -> None:
    ours, theirs = ([Slice(1, cpu, 1, 1, 1) for cpu in all_] for all_ in ((1, 20, 3), (2, 80, 3)))
    assert ratio(ours, theirs, "cpu_ms") == 0.5


def test_the_form_of_an_answer_is_what_is_in_it_without_the_values() -> None:
    assert form_of({"a": [1, 2.5], "b": None, "c": True}) == {"a": ["number", "number"], "b": "NoneType", "c": "bool"}
    assert form_of({"a": "x"}) != form_of({"a": 1}) != form_of({"b": 1})
