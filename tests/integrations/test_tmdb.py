"""TMDB's interface, spoken with a server on loopback that answers as its documentation says."""

import asyncio
import time
import traceback
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx2
import pytest
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send
from structlog.testing import capture_logs

from domain.errors import Refusal, RefusalCode
from domain.tmdb import TmdbCatalogue, TmdbDetails, TmdbTitle
from integrations.tmdb import Tmdb
from tests.integrations.tmdb_server import KEY, Dripping, Gone, Silence, TmdbServer, failure, film, listed

Lines = list[Any]


@pytest.fixture
def tmdb(server: TmdbServer, client: httpx2.AsyncClient) -> TmdbCatalogue:
    return Tmdb(client=client, api_key=KEY, url=server.url)


@pytest.fixture(autouse=True)
def lines() -> Iterator[Lines]:
    """The log. Whatever a test does, the key is not in it, and no line is long."""
    with capture_logs() as lines:
        yield lines
    assert KEY not in repr(lines)
    assert all(len(repr(line)) < 600 for line in lines)


async def refusal(call: Awaitable[Any], code: RefusalCode = RefusalCode.UPSTREAM_FAILED) -> str:
    """What the refusal says. The key is neither in it nor in the traceback."""
    with pytest.raises(Refusal) as caught:
        await call
    assert KEY not in "".join(traceback.format_exception(caught.value))
    assert caught.value.refused.code is code
    return caught.value.refused.message


def fill(server: TmdbServer, count: int) -> None:
    server.films |= {number: film(number, title=f"Film {number}") for number in range(1, count + 1)}


def page(*ids: int, total_pages: int = 1) -> Response:
    results = [listed(film(number)) for number in ids]
    return JSONResponse({"page": 1, "results": results, "total_pages": total_pages, "total_results": len(ids)})


async def test_a_search_asks_as_documented_and_lists_titles(server: TmdbServer, tmdb: TmdbCatalogue) -> None:
    server.films[550] = film(original_title="Fight & Club=?")
    (found,) = await tmdb.search(" fight & CLUB=?\n")
    overview = "자동차 회사의 리콜 심사관으로 일하는 주인공."
    poster = "/pB8BM7pdSp6B6Ih7QZ4DrQ3PmJK.jpg"
    assert found == TmdbTitle(550, "파이트 클럽", overview, date(1999, 10, 15), poster)
    (asked,) = server.asked
    assert (asked.method, asked.url.path) == ("GET", "/3/search/movie")
    parameters = {"query": "fight & CLUB=?", "include_adult": "false", "page": "1", "language": "ko-KR"}
    assert dict(asked.query_params) == parameters
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.headers["accept"] == "application/json"


async def test_details_are_asked_for_in_the_language_of_the_catalogue(
    server: TmdbServer, client: httpx2.AsyncClient
) -> None:
    server.films[550] = film(adult=True)
    found = await Tmdb(client=client, api_key=KEY, url=server.url + "/", language="en-US").details(550)
    assert found
    assert found == TmdbDetails(found.title, 139, ["드라마", "스릴러"], adult=True)
    assert (found.title.tmdb_id, found.title.title) == (550, "파이트 클럽")
    (asked,) = server.asked
    assert (asked.url.path, dict(asked.query_params)) == ("/3/movie/550", {"language": "en-US"})
    assert asked.headers["authorization"] == f"Bearer {KEY}"


async def test_a_film_that_tmdb_does_not_have_is_none(server: TmdbServer, tmdb: TmdbCatalogue, lines: Lines) -> None:
    assert await tmdb.details(551) is None
    assert await tmdb.search("nothing like it") == []
    assert len(server.asked) == 2
    assert lines == []


async def test_a_hundred_titles_come_in_the_order_of_tmdb(server: TmdbServer, tmdb: TmdbCatalogue) -> None:
    fill(server, 130)
    assert [found.tmdb_id for found in await tmdb.search("film")] == list(range(1, 101))
    assert sorted(asked.query_params["page"] for asked in server.asked) == list("12345")
    server.asked.clear()
    assert len(await tmdb.search("film 12")) == 11  # 12 and 120 to 129
    assert len(server.asked) == 1
    server.failing.append(page(*range(1, 121)))
    assert len(await tmdb.search("film")) == 100, "however many there are on a page"


class Together(Response):
    """A page that is not answered before so many are asked for."""

    def __init__(self, barrier: asyncio.Barrier, answer: Response) -> None:
        self.barrier, self.answer = barrier, answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.barrier.wait()
        await self.answer(scope, receive, send)


async def test_the_other_pages_are_asked_for_at_the_same_time(server: TmdbServer, tmdb: TmdbCatalogue) -> None:
    barrier = asyncio.Barrier(4)
    server.failing.append(page(1, total_pages=500))
    server.failing.extend(Together(barrier, page(number, total_pages=500)) for number in (2, 3, 4, 5))
    assert sorted(found.tmdb_id for found in await tmdb.search("film")) == [1, 2, 3, 4, 5]
    assert len(server.asked) == 5


async def test_a_film_that_slips_to_the_next_page_comes_once(server: TmdbServer, tmdb: TmdbCatalogue) -> None:
    server.failing.extend([page(7, 3, 9, total_pages=2), page(9, 3, 4, total_pages=2)])
    assert [found.tmdb_id for found in await tmdb.search("film")] == [7, 3, 9, 4]


async def test_there_are_no_half_answers(server: TmdbServer, tmdb: TmdbCatalogue) -> None:
    fill(server, 100)
    server.failing.extend([None, Silence(), Silence(), failure(422), Silence()])
    began = time.monotonic()
    assert await refusal(tmdb.search("film")) == "TMDB refuses the question (422)."
    assert time.monotonic() - began < 1, "nobody waits for the others"
    server.failing.extend([None, *[failure(503)] * 12])
    assert await refusal(tmdb.search("film")) == "TMDB is out of order just now (503)."


async def test_without_a_key_nobody_is_asked(server: TmdbServer, client: httpx2.AsyncClient) -> None:
    for nothing in (None, ""):
        tmdb = Tmdb(client=client, api_key=nothing, url=server.url)
        for call in (tmdb.search("film"), tmdb.details(550)):
            assert "TMDB_API_KEY" in await refusal(call, RefusalCode.NOT_CONFIGURED)
    assert server.asked == []


@pytest.mark.parametrize("status", [401, 403])
async def test_a_key_that_tmdb_refuses_is_told_to_client_and_log(
    server: TmdbServer, tmdb: TmdbCatalogue, lines: Lines, status: int
) -> None:
    for call in (tmdb.search("film"), tmdb.details(550)):
        server.failing.append(failure(status))
        assert await refusal(call) == "TMDB does not accept this server's key."
        assert (lines[-1]["log_level"], lines[-1]["status"]) == ("warning", status)
    assert len(server.asked) == len(lines) == 2, "once is enough"


async def test_another_key_than_tmdb_gave_is_refused(server: TmdbServer, client: httpx2.AsyncClient) -> None:
    message = await refusal(Tmdb(client=client, api_key="another", url=server.url).details(550))
    assert message == "TMDB does not accept this server's key."


async def test_a_key_that_no_header_can_carry_is_not_quoted(
    server: TmdbServer, client: httpx2.AsyncClient, lines: Lines
) -> None:
    tmdb = Tmdb(client=client, api_key=f"{KEY}\n{KEY}", url=server.url)
    assert "cannot be reached" in await refusal(tmdb.details(550))
    assert [line["event"] for line in lines] == ["stamina.retry_scheduled"] * 2 + ["stranger_failed"]


def http_date(**delay: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(**delay), usegmt=True)


@pytest.mark.parametrize("form", ["seconds", "date"])
async def test_tmdb_is_asked_again_when_it_says(server: TmdbServer, tmdb: TmdbCatalogue, form: str) -> None:
    server.films[550] = film()
    # A date has no fractions of a second: what is two seconds away may be written as one.
    server.failing.append(failure(429, retry_after="1" if form == "seconds" else http_date(seconds=2)))
    began = time.monotonic()
    assert await tmdb.details(550)
    assert 0.95 < time.monotonic() - began < 3
    assert len(server.asked) == 2


PASSED = ["0", "Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 2015 07:28:00 -0000"]
UNREADABLE = [
    "",
    "soon",
    "-5",
    "١",
    "9" * 5000,
    "Wed, 99 Oct 2015 07:28:00 GMT",
    f"Wed, 21 Oct {'9' * 20} 07:28:00 GMT",
]


@pytest.mark.parametrize("header", PASSED + UNREADABLE, ids=lambda header: header[:40])
async def test_a_pause_that_is_over_or_unreadable_is_a_short_one(
    server: TmdbServer, tmdb: TmdbCatalogue, header: str
) -> None:
    server.films[550] = film()
    answer = failure(429)
    answer.raw_headers.append((b"retry-after", header.encode()))
    server.failing.append(answer)
    began = time.monotonic()
    assert await tmdb.details(550)
    assert time.monotonic() - began < 0.9


async def test_a_pause_that_is_too_long_is_told_at_once(server: TmdbServer, tmdb: TmdbCatalogue) -> None:
    began = time.monotonic()
    server.failing.extend([failure(429, retry_after="5"), failure(429, retry_after=http_date(hours=1))])
    assert await refusal(tmdb.details(550)) == "TMDB is asked too often; try again in 5 s."
    message = await refusal(tmdb.search("film"))
    assert message in {f"TMDB is asked too often; try again in {seconds} s." for seconds in (3599, 3600)}
    assert len(server.asked) == 2
    assert time.monotonic() - began < 1


async def test_tmdb_is_not_asked_a_fourth_time(server: TmdbServer, tmdb: TmdbCatalogue) -> None:
    server.failing.extend(failure(429, retry_after="0") for _ in range(4))
    assert await refusal(tmdb.details(550)) == "TMDB is asked too often; try again in 0 s."
    assert len(server.asked) == 3
    server.failing.clear()
    server.failing.extend(failure(429) for _ in range(4))
    assert await refusal(tmdb.details(550)) == "TMDB is asked too often; try again later."
    assert len(server.asked) == 6


FAULTS: dict[str, Callable[[], Response]] = {
    "500": lambda: failure(500),
    "503": lambda: failure(503),
    "broken off": Gone,
    "not gzip": lambda: Response(b"rubbish", headers={"content-encoding": "gzip"}),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_is_met_with_three_tries_and_growing_pauses(
    server: TmdbServer, tmdb: TmdbCatalogue, lines: Lines, fault: str
) -> None:
    server.films[550] = film()
    server.failing.extend([FAULTS[fault](), FAULTS[fault]()])
    assert await tmdb.details(550)
    first, second = (line["wait_for"] for line in lines)
    assert 0.1 <= first <= 0.3
    assert 0.2 <= second <= 0.4
    server.asked.clear()
    server.failing.extend([FAULTS[fault](), FAULTS[fault](), FAULTS[fault](), None])
    message = await refusal(tmdb.details(550))
    assert message.startswith("TMDB is out of order" if fault.isdecimal() else "TMDB cannot be reached")
    assert len(server.asked) == 3
    told = (lines[-1]["event"], f"{lines[-1]['stranger']} {lines[-1]['reason']}.", lines[-1]["log_level"])
    assert told == ("stranger_failed", message, "warning")


async def test_nobody_at_the_address_is_an_upstream_that_failed(client: httpx2.AsyncClient) -> None:
    tmdb = Tmdb(client=client, api_key=KEY, url="http://127.0.0.1:1/3")
    assert await refusal(tmdb.details(550)) == "TMDB cannot be reached (ConnectError)."


async def test_a_silent_try_ends_after_two_seconds(server: TmdbServer, tmdb: TmdbCatalogue) -> None:
    server.films[550] = film()
    server.failing.extend([Silence(), Dripping()])
    began = time.monotonic()
    assert all(await asyncio.gather(tmdb.details(550), tmdb.details(550)))
    assert 2 < time.monotonic() - began < 3
    assert len(server.asked) == 4


async def test_everything_together_ends_before_five_seconds(server: TmdbServer, tmdb: TmdbCatalogue) -> None:
    server.failing.extend([Silence(), Silence(), Dripping(), Dripping(), *[Silence()] * 4])
    began = time.monotonic()
    messages = await asyncio.gather(refusal(tmdb.search("film")), refusal(tmdb.details(550)))
    assert set(messages) == {"TMDB takes too long to answer."}
    assert 4.4 < time.monotonic() - began < 4.9
