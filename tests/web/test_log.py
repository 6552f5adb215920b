"""Lines of the log: one for each thing, bounded, in one form whoever writes it, and joined by ids. G11, D9."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from composition import Marquee
from jobs.background import background
from jobs.clock import Job, keep
from tests.api.conftest import Api, World
from tests.api.test_subscriptions import connected, until
from tests.web.test_graphql_over_http import post
from web.log import joined
from web.log_line import MOST_BYTES, escaped, line

ROOT = Path(__file__).resolve().parents[2]
NESTED: list[Any] = []
for _ in range(300):
    NESTED = [NESTED]


class Rude:
    def __repr__(self) -> str:
        return "rude\n" * 10_000


HOSTILE = {
    "newlines": 'first\nsecond\r\n{"event":"forged"}',
    "a terminal's escapes": "\x1b[2J\x1b]0;title\x07\x9b1m",
    "other ends of lines": "one\u2028two\u2029three\x85four\x0bfive\x0csix",
    "the direction of writing": "\u202egnp.exe\u2066\u200f\ufeff\u00ad",
    "NUL and half a character": "\x00 \ud800 \udfff",
    "a long text": "x" * 1_000_000,
    "a long text of wide characters": "\U0001f600" * 100_000,
    "a text that grows when it is escaped": "\x00" * 10_000,
    "a large integer": 10**10_000,
    "what is no number": [float("nan"), float("inf"), -float("inf")],
    "a long list": list(range(100_000)),
    "a deep list": NESTED,
    "many keys": {str(n): "x" * 100 for n in range(10_000)},
    "keys that are no texts": {1: 2, None: 3, ("a",): 4, "\n" * 5000: 5},
    "something else": Rude(),
    "bytes": b"\xff\n" * 10_000,
    "a set": {1, 2},
}


@pytest.fixture
def lines() -> Iterator[list[Any]]:
    with capture_logs(processors=[joined]) as captured:
        yield captured


@pytest.mark.parametrize("what", HOSTILE)
def test_a_line_is_one_bounded_object_whatever_it_tells(what: str) -> None:
    event = {"event": "told", "level": "info", "value": HOSTILE[what]}
    written = line(None, "info", event)
    assert json.loads(written)["event"] == "told"
    assert len(written.encode()) <= MOST_BYTES
    assert written.isprintable()
    assert event["value"] is HOSTILE[what], "whoever told it may go on with it"


def test_a_long_value_is_cut_and_the_others_stay() -> None:
    told = json.loads(line(None, "info", {"event": "told", "long": "x" * 5000, "n": 1}))
    assert told == {"event": "told", "long": "x" * 1000 + "… (5000 characters)", "n": 1}
    told = json.loads(line(None, "info", {"event": "told", "list": list(range(3000))}))
    assert (told["list"][:2], told["list"][-1], len(told["list"])) == ([0, 1], 2999, 51)


def test_a_line_with_too_many_values_still_says_what_happened() -> None:
    written = line(None, "info", {"event": "told", "request_id": "mine", **{f"key{n}": "x" * 50 for n in range(1000)}})
    assert len(written.encode()) <= MOST_BYTES
    assert (json.loads(written)["event"], json.loads(written)["request_id"]) == ("told", "mine")


def test_a_line_keeps_what_can_be_read() -> None:
    told = {"event": "told", "title": "한글 “quoted” \\ / ünïcode 😀", "count": 3, "none": None, "codes": ["A"]}
    assert json.loads(line(None, "info", dict(told))) == told
    assert "한글" in line(None, "info", dict(told))
    assert json.loads(line(None, "info", {"event": "a\nb\u2028c"}))["event"] == "a\nb\u2028c"


def test_people_at_a_terminal_see_no_line_that_was_forged() -> None:
    seen = escaped(None, "info", {"event": "a\nforged", "path": "\x1b[2J", "many": ["\x1b"]})
    assert (seen["event"], seen["path"]) == ("a\\nforged", "\\u001b[2J")


def test_libraries_write_in_the_same_form() -> None:
    code = """if True:
        import asyncio, gc, logging, warnings
        from web.log import configure_log
        configure_log(debug=False, for_people=False)
        logging.getLogger("uvicorn.error").warning("Invalid %s\\nforged", "request" * 5000)
        logging.getLogger("uvicorn.error").info("nobody sees this")
        warnings.warn("an old thing is used")
        async def main():
            async def fails():
                raise RuntimeError("why")
            task = asyncio.create_task(fails())
            await asyncio.wait([task])
            del task
            gc.collect()
        asyncio.run(main())
        try:
            raise ValueError("with a traceback")
        except ValueError:
            logging.getLogger("library").exception("failed")
    """
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    told = [json.loads(written) for written in ran.stderr.splitlines()]
    assert [one["logger"] for one in told] == ["uvicorn.error", "py.warnings", "asyncio", "library"]
    assert [one["level"] for one in told] == ["warning", "warning", "error", "error"]
    assert all(one["timestamp"] for one in told)
    assert told[0]["event"].startswith("Invalid requestrequest")
    assert len(told[0]["event"]) < 1100
    assert told[2]["event"].startswith("Task exception was never retrieved")
    assert told[2]["exception"][0]["exc_value"] == "why"
    assert told[3]["exception"][0]["exc_type"] == "ValueError"


async def broken(*_: Any, **__: Any) -> Any:
    raise RuntimeError("broken")


async def test_every_line_of_a_request_says_which_it_was(
    api: Api, world: World, marquee: Marquee, monkeypatch: pytest.MonkeyPatch, lines: list[Any]
) -> None:
    monkeypatch.setattr(marquee.stores.genres, "all", broken)
    await post(api, {"query": "{ genres { id } }"}, x_request_id="mine")
    await until(lambda: len(lines) == 2)
    assert [(told["event"], told["request_id"]) for told in lines] == [("fault", "mine"), ("request", "mine")]


async def test_every_line_of_a_sockets_operation_says_which_and_of_what_socket(
    api: Api, world: World, marquee: Marquee, monkeypatch: pytest.MonkeyPatch, lines: list[Any]
) -> None:
    monkeypatch.setattr(marquee.stores.genres, "all", broken)
    person = await world.person()
    async with connected(api.base_url, person) as one, connected(api.base_url, person) as other:
        for socket in (one, one, other):
            await socket.subscribe("query Mine { genres { id } }")
            assert await socket.codes() == ["INTERNAL"]
            assert (await socket.hear())["type"] == "complete"
    await until(lambda: len(lines) == 6)
    assert [told["event"] for told in lines] == ["fault", "socket_operation"] * 3
    requests = [told["request_id"] for told in lines]
    assert requests[0::2] == requests[1::2]
    assert len(set(requests)) == 3
    sockets = [told["socket_id"] for told in lines]
    assert sockets[0] == sockets[1] == sockets[2] == sockets[3] != sockets[4] == sockets[5]


async def test_every_line_of_a_job_says_which_run_of_which_job_it_was(lines: list[Any]) -> None:
    async with background(keep([Job("broken", 0, broken)])):
        await until(lambda: len(lines) >= 2)
    assert {(told["event"], told["job"]) for told in lines} == {("job_failed", "broken")}
    assert len({told["run_id"] for told in lines}) == len(lines)
    assert not any("request_id" in told for told in lines)
