"""What TMDB says of a film is judged before it is ours: what can be mended is mended, what cannot is refused."""

import json
from collections.abc import AsyncIterator, Iterator
from datetime import date
from typing import Any

import httpx2
import pytest
from pydantic import ValidationError
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from structlog.testing import capture_logs

from integrations.tmdb import Tmdb
from settings import Settings
from tests.integrations.test_tmdb import Lines, refusal
from tests.integrations.tmdb_server import KEY, TmdbServer, film, listed


@pytest.fixture
async def tmdb(server: TmdbServer) -> AsyncIterator[Tmdb]:
    async with httpx2.AsyncClient() as client:
        yield Tmdb(client=client, api_key=KEY, url=server.url)


@pytest.fixture
def lines() -> Iterator[Lines]:
    with capture_logs() as lines:
        yield lines


MENDED: dict[str, tuple[dict[str, Any], Any]] = {
    "title: 파이트 클럽": ({}, "파이트 클럽"),
    "title: trimmed": ({"title": "  Fight\n\t Club\0 \x85"}, "Fight  Club"),
    "title: only spaces": ({"title": " \u3000\n"}, "Fight Club"),
    "title: only control characters": ({"title": "\0\x1b\x9f"}, "Fight Club"),
    "title: none in any language": ({"title": "", "original_title": " "}, "TMDB 550"),
    "title: long": ({"title": "ㄱ" * 301}, "ㄱ" * 300),
    "title: long as the original one": ({"title": "", "original_title": "x" * 301}, "x" * 300),
    "title: a space where it is cut": ({"title": "x" * 299 + " x"}, "x" * 299),
    "overview: empty": ({"overview": ""}, None),
    "overview: null": ({"overview": None}, None),
    "overview: only spaces": ({"overview": " \n "}, None),
    "overview: lines": ({"overview": "One.\r\n\tTwo.\0\x08"}, "One.\r\n\tTwo."),
    "overview: long": ({"overview": "가" * 10_001}, "가" * 10_000),
    "release_date: empty": ({"release_date": ""}, None),
    "release_date: null": ({"release_date": None}, None),
    "release_date: malformed": ({"release_date": "15.10.1999"}, None),
    "release_date: no day of the year": ({"release_date": "1999-02-29"}, None),
    "release_date: a day": ({"release_date": "2000-02-29"}, date(2000, 2, 29)),
    "poster_path: null": ({"poster_path": None}, None),
    "poster_path: plain": ({"poster_path": "/a-B_9.svg.png"}, "/a-B_9.svg.png"),
}
UNFIT = ["", "/", "x.jpg", "//x.jpg", "/a/b.jpg", "/..", "/../x.jpg", "/x.jpg?y", "/x.jpg\n", "/x y.jpg", "/é.jpg"]
UNFIT += ["https://other.example/x.jpg", "/%2e%2e", "/x\\y", "/" + "x" * 300]
MENDED |= {f"poster_path: {path[:20]!r}": ({"poster_path": path}, None) for path in UNFIT}


@pytest.mark.parametrize("case", MENDED)
async def test_a_title_is_mended_where_that_is_possible(server: TmdbServer, tmdb: Tmdb, case: str) -> None:
    changes, expected = MENDED[case]
    server.films[550] = film(**changes)
    server.failing.append(JSONResponse({"results": [listed(film(**changes))], "total_pages": 1}))
    (found,) = await tmdb.search("film")
    assert getattr(found, case.partition(":")[0]) == expected
    details = await tmdb.details(550)
    assert details
    assert details.title == found, "the same in a list and alone"


async def test_a_title_that_says_only_what_it_must_is_read(server: TmdbServer, tmdb: Tmdb) -> None:
    least = {"id": 1, "title": "A", "original_title": "A"}
    server.failing.append(JSONResponse({"results": [least], "total_pages": 1}))
    (found,) = await tmdb.search("film")
    assert (found.overview, found.release_date, found.poster_path) == (None, None, None)


@pytest.mark.parametrize(
    ("runtime", "kept"), [(139, 139), (0, None), (None, None), (-1, None), (6000, 6000), (51_420, None)]
)
async def test_a_runtime_is_one_that_a_content_may_have(
    server: TmdbServer, tmdb: Tmdb, runtime: int | None, kept: int | None
) -> None:
    server.films[550] = film(runtime=runtime)
    details = await tmdb.details(550)
    assert details
    assert details.runtime_minutes == kept


async def test_genres_are_as_many_and_as_long_as_a_content_may_have(server: TmdbServer, tmdb: Tmdb) -> None:
    names = ["", " \0", " S\0F\n", "x" * 51, *map(str, range(30))]
    server.films[550] = film(genres=[{"id": 1, "name": name} for name in names])
    details = await tmdb.details(550)
    assert details
    assert list(details.genres) == ["SF", "x" * 50, *map(str, range(18))]


async def test_a_question_is_asked_without_what_no_address_can_carry(server: TmdbServer, tmdb: Tmdb) -> None:
    assert await tmdb.search("a\ud800b\0") == []
    assert server.asked[0].query_params["query"] == "ab"


def test_a_picture_has_an_address_at_tmdb() -> None:
    tmdb = Tmdb(client=httpx2.AsyncClient(), api_key=None)
    assert tmdb.poster_url("/x.jpg") == "https://image.tmdb.org/t/p/w500/x.jpg"
    tmdb = Tmdb(client=httpx2.AsyncClient(), api_key=None, image_url="http://127.0.0.1:1/t/")
    assert tmdb.poster_url("/x.jpg") == "http://127.0.0.1:1/t/w500/x.jpg"


def described(**changes: Any) -> bytes:
    return json.dumps({"page": 1, "results": [listed(film()) | changes], "total_pages": 1}).encode()


UNREADABLE = {
    "HTML": f"<html><title>{KEY}</title>".encode(),
    "nothing": b"",
    "null": b"null",
    "a list": b"[]",
    "an object of other things": json.dumps({KEY: KEY}).encode(),
    "results that are none": json.dumps({"results": KEY, "total_pages": 1}).encode(),
    "no count of pages": b'{"results": []}',
    "a count in words": b'{"results": [], "total_pages": "1"}',
    "an id of another kind": described(id=KEY),
    "an id in words": described(id="550"),
    "an id of 0": described(id=0),
    "an id too great": described(id=2**31),
    "no title": described(title=None),
    "half a character": described(title="\ud800"),
    "an overview of another kind": described(overview=[KEY]),
    "not UTF-8": b'{"results": [], "total_pages": 1, "x": "\xff"}',
    "a deep hole": b"[" * 100_000,
    "a thousand mistakes": json.dumps({"results": [{KEY: KEY}] * 1000, "total_pages": 1}).encode(),
}


@pytest.mark.parametrize("body", UNREADABLE)
async def test_an_answer_of_another_shape_is_refused_and_not_quoted(
    server: TmdbServer, tmdb: Tmdb, lines: Lines, body: str
) -> None:
    server.failing.append(Response(UNREADABLE[body], media_type="application/json"))
    assert await refusal(tmdb.search("film")) == "TMDB gave an answer that cannot be read."
    assert len(server.asked) == len(lines) == 1
    assert lines[0]["log_level"] == "warning"
    assert KEY not in repr(lines)
    assert len(repr(lines)) < 600


async def test_details_without_what_they_are_asked_for_are_refused(server: TmdbServer, tmdb: Tmdb) -> None:
    server.failing.append(JSONResponse(listed(film())))
    assert await refusal(tmdb.details(550)) == "TMDB gave an answer that cannot be read."


async def test_redirects_are_not_followed(server: TmdbServer, tmdb: Tmdb) -> None:
    server.films[550] = film()
    for status in (301, 302, 307, 308):
        server.failing.append(RedirectResponse(f"{server.url}/movie/550", status))
        assert await refusal(tmdb.details(550)) == f"TMDB refuses the question ({status})."
    server.failing.append(HTMLResponse("<html>", 404))
    assert await refusal(tmdb.search("film")) == "TMDB refuses the question (404)."
    assert len(server.asked) == 5


async def test_a_key_that_is_echoed_goes_no_further(server: TmdbServer, tmdb: Tmdb, lines: Lines) -> None:
    for status in (400, 401, 404, 422, 500):
        server.failing.extend(JSONResponse({"status_message": KEY}, status, {"x-echo": KEY}) for _ in range(3))
        assert KEY not in await refusal(tmdb.search(KEY))
        server.failing.clear()
    assert len(lines) == 7, "two of them before another try"
    assert KEY not in repr(lines)


def test_a_key_is_trimmed_and_one_that_no_header_can_carry_is_refused_at_the_start() -> None:
    assert Settings(_env_file=None, tmdb_api_key=f" {KEY}\n").tmdb_api_key == KEY
    for wrong in ("two words", "ключ", "a\nb", " "):
        with pytest.raises(ValidationError, match="tmdb_api_key") as caught:
            Settings(_env_file=None, tmdb_api_key=wrong)
        assert wrong.strip() == "" or wrong not in str(caught.value)
