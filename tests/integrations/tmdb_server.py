"""TMDB on loopback: answers as the documentation of its interface, version 3, says."""

import asyncio
import contextlib
import math
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from tests.serving import serving

KEY = "eyJhbGciOi.read-access-token.of-nobody"  # short enough for pydantic to quote it whole
PER_PAGE = 20
# What a film in a list says; all of it comes from the film itself but the genres, which are ids here.
LISTED = ["adult", "backdrop_path", "id", "original_language", "original_title", "overview", "popularity"]
LISTED += ["poster_path", "release_date", "title", "video", "vote_average", "vote_count"]


def film(tmdb_id: int = 550, **changes: Any) -> dict[str, Any]:
    """A film as /movie/{id} describes it."""
    return {
        "adult": False,
        "backdrop_path": "/hZkgoQYus5vegHoetLkCJzb17zJ.jpg",
        "belongs_to_collection": None,
        "budget": 63000000,
        "genres": [{"id": 18, "name": "드라마"}, {"id": 53, "name": "스릴러"}],
        "homepage": "http://www.foxmovies.com/movies/fight-club",
        "id": tmdb_id,
        "imdb_id": "tt0137523",
        "original_language": "en",
        "original_title": "Fight Club",
        "overview": "자동차 회사의 리콜 심사관으로 일하는 주인공.",
        "popularity": 61.416,
        "poster_path": "/pB8BM7pdSp6B6Ih7QZ4DrQ3PmJK.jpg",
        "production_companies": [],
        "production_countries": [{"iso_3166_1": "US", "name": "United States of America"}],
        "release_date": "1999-10-15",
        "revenue": 100853753,
        "runtime": 139,
        "spoken_languages": [{"english_name": "English", "iso_639_1": "en", "name": "English"}],
        "status": "Released",
        "tagline": "Mischief. Mayhem. Soap.",
        "title": "파이트 클럽",
        "video": False,
        "vote_average": 8.433,
        "vote_count": 26280,
        **changes,
    }


def listed(film: dict[str, Any]) -> dict[str, Any]:
    """The same film as a search lists it."""
    kept = {name: film[name] for name in LISTED if name in film}
    return kept | {"genre_ids": [genre["id"] for genre in film["genres"]]}


def _names(film: dict[str, Any]) -> str:
    return f"{film['title']} {film['original_title']}".casefold()


def failure(status: int, **headers: str) -> Response:
    """The body that TMDB sends with a status. Headers are named as in Python: retry_after."""
    code, message = {
        400: (22, "Invalid page: Pages start at 1 and max at 500. They are expected to be an integer."),
        401: (7, "Invalid API key: You must be granted a valid key."),
        403: (45, "This user has been suspended."),
        404: (34, "The resource you requested could not be found."),
        422: (5, "Invalid parameters: Your request parameters are incorrect."),
        429: (25, "Your request count (41) is over the allowed limit of 40."),
        500: (11, "Internal error: Something went wrong, contact TMDB."),
        503: (9, "Service offline: This service is temporarily offline, try again later."),
    }[status]
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return JSONResponse({"status_code": code, "status_message": message, "success": False}, status, named)


class Silence(Response):
    """No answer, for as long as the asker waits for one."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass


class Dripping(Response):
    """An answer that never ends, a byte at a time: no pause in it is long enough for a time-out between bytes."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        leaving = asyncio.create_task(Silence()(scope, receive, send))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while not leaving.done():
            await send({"type": "http.response.body", "body": b" ", "more_body": True})
            await asyncio.wait([leaving], timeout=0.05)


class Gone(Response):
    """The connection breaks in the middle of an answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})


@dataclass
class TmdbServer:
    """`films` by id, in the order that searches find them. `failing` comes before the true answers, one for each
    request; None in it lets one through.
    """

    url: str = ""
    asked: list[Request] = field(default_factory=list)
    films: dict[int, dict[str, Any]] = field(default_factory=dict)
    failing: deque[Response | None] = field(default_factory=deque)

    def forget(self) -> None:
        for kept in (self.asked, self.films, self.failing):
            kept.clear()

    def application(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/3/search/movie", self._search),
                Route("/3/movie/{id}", self._details),
                Route("/{path:path}", self._nothing),
            ]
        )

    async def _search(self, request: Request) -> Response:
        if first := self._before(request):
            return first
        page = request.query_params.get("page", "1")
        if not page.isdecimal() or not 1 <= int(page) <= 500:
            return failure(400)
        words = request.query_params.get("query", "").casefold()
        found = [one for one in self.films.values() if words and words in _names(one)]
        body = {"page": int(page), "total_pages": math.ceil(len(found) / PER_PAGE), "total_results": len(found)}
        shown = found[(int(page) - 1) * PER_PAGE : int(page) * PER_PAGE]
        return JSONResponse(body | {"results": [listed(one) for one in shown]})

    async def _details(self, request: Request) -> Response:
        if first := self._before(request):
            return first
        wanted = request.path_params["id"]
        found = self.films.get(int(wanted)) if wanted.isdecimal() else None
        return failure(404) if found is None else JSONResponse(found)

    async def _nothing(self, request: Request) -> Response:
        return self._before(request) or failure(404)

    def _before(self, request: Request) -> Response | None:
        self.asked.append(request)
        canned = self.failing.popleft() if self.failing else None
        if canned is None and request.headers.get("authorization") != f"Bearer {KEY}":
            return failure(401)
        return canned


@contextlib.asynccontextmanager
async def tmdb_server() -> AsyncIterator[TmdbServer]:
    tmdb = TmdbServer()
    async with serving(tmdb.application(), lifespan="off") as address:
        tmdb.url = f"{address}/3"
        yield tmdb
