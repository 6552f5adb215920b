"""TMDB by its documented interface, version 3. What it answers is judged here; inside, it is ours."""

import asyncio
import math
import re
from contextlib import suppress
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import TypeVar

import httpx2
import stamina
from pydantic import BaseModel, Field

from domain.contents import LONGEST_DESCRIPTION, LONGEST_RUNTIME, LONGEST_TITLE
from domain.errors import Refusal, RefusalCode
from domain.genres import LONGEST_GENRE, MOST_GENRES
from domain.tmdb import TmdbDetails, TmdbTitle
from integrations.strangers import asking, failed, plain, read

_NAME = "TMDB"
_TRY_SECONDS = 2.0
_MOST_PAGES, _MOST_TITLES = 5, 100
_POSTER = re.compile(r"/[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}")
_retrying = stamina.AsyncRetryingCaller(attempts=3, timeout=None, wait_initial=0.1, wait_max=1.0, wait_jitter=0.2)


class _Genre(BaseModel, strict=True):
    name: str


class _Film(BaseModel, strict=True):
    id: int = Field(ge=1, le=2**31 - 1)
    title: str
    original_title: str = ""
    overview: str | None = None
    release_date: str | None = None
    poster_path: str | None = None

    def as_title(self) -> TmdbTitle:
        poster = self.poster_path if _POSTER.fullmatch(self.poster_path or "") else None
        # A film without any name can still be found by its number.
        title = plain(self.title, LONGEST_TITLE) or plain(self.original_title, LONGEST_TITLE) or f"TMDB {self.id}"
        overview = plain(self.overview, LONGEST_DESCRIPTION, lines=True)
        return TmdbTitle(self.id, title, overview, _date(self.release_date), poster)


class _FilmDetails(_Film):
    adult: bool = False
    runtime: int | None = None
    genres: list[_Genre]

    def as_details(self) -> TmdbDetails:
        runtime = self.runtime if self.runtime and 1 <= self.runtime <= LONGEST_RUNTIME else None
        genres = [name for genre in self.genres if (name := plain(genre.name, LONGEST_GENRE))]
        return TmdbDetails(self.as_title(), runtime, genres[:MOST_GENRES], self.adult)


class _Page(BaseModel, strict=True):
    results: list[_Film]
    total_pages: int


_Shape = TypeVar("_Shape", bound=BaseModel)


class _Again(Exception):
    """A try failed, and the next may not. stamina writes this to the log, so it holds nothing of the request."""

    def __init__(self, reason: str, wait_seconds: float | None = None) -> None:
        super().__init__(reason)
        self.reason, self.wait_seconds = reason, wait_seconds


class Tmdb:
    """Speaks domain.tmdb.TmdbCatalogue. `api_key` is the API read access token of an account at TMDB."""

    def __init__(
        self,
        *,
        client: httpx2.AsyncClient,
        api_key: str | None,
        url: str = "https://api.themoviedb.org/3",
        image_url: str = "https://image.tmdb.org/t/p",
        language: str = "ko-KR",
    ) -> None:
        self._client, self._has_key, self._language = client, bool(api_key), language
        self._url, self._image_url = url.rstrip("/"), image_url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {api_key}", "Accept": "application/json"}

    async def search(self, query: str) -> list[TmdbTitle]:
        async with asking(_NAME) as limit:
            first = await self._page(query, 1, limit)
            async with asyncio.TaskGroup() as group:  # the first page that fails ends the others
                numbers = range(2, min(first.total_pages, _MOST_PAGES) + 1)
                others = [group.create_task(self._page(query, number, limit)) for number in numbers]
        pages = [first, *(task.result() for task in others)]
        # While the pages are fetched a film may slip from one to the next, and come twice: its first place counts.
        found = {film.id: film for page in pages for film in page.results}
        return [film.as_title() for film in found.values()][:_MOST_TITLES]

    async def details(self, tmdb_id: int) -> TmdbDetails | None:
        async with asking(_NAME) as limit:
            response = await self._get(f"/movie/{tmdb_id}", {}, limit)
        return None if response.status_code == 404 else _read(response, _FilmDetails).as_details()

    def poster_url(self, path: str) -> str:
        return f"{self._image_url}/w500{path}"

    async def _page(self, query: str, number: int, limit: asyncio.Timeout) -> _Page:
        parameters = {"query": plain(query, len(query)) or "", "include_adult": "false", "page": str(number)}
        return _read(await self._get("/search/movie", parameters, limit), _Page)

    async def _get(self, path: str, parameters: dict[str, str], limit: asyncio.Timeout) -> httpx2.Response:
        """What TMDB answers, at the third try if need be; never 429 or 5xx."""
        if not self._has_key:
            message = "This server cannot ask TMDB: its setting TMDB_API_KEY is empty."
            raise Refusal(RefusalCode.NOT_CONFIGURED, message)
        try:
            return await _retrying(partial(_backoff, limit), self._try, path, parameters)
        except _Again as error:
            raise failed(_NAME, error.reason) from None

    async def _try(self, path: str, parameters: dict[str, str]) -> httpx2.Response:
        url = httpx2.URL(self._url + path, params={**parameters, "language": self._language})
        try:
            async with asyncio.timeout(_TRY_SECONDS):  # the client's own time-outs begin anew with every byte
                response = await self._client.get(url, headers=self._headers, follow_redirects=False)
        except (TimeoutError, httpx2.HTTPError) as error:
            # The kind alone: the message of a protocol error quotes headers.
            raise _Again(f"cannot be reached ({type(error).__name__})") from None
        if response.status_code == 429:
            wait = _retry_after(response.headers.get("Retry-After", ""))
            pause = "later" if wait is None else f"in {math.ceil(wait)} s"
            raise _Again(f"is asked too often; try again {pause}", wait)
        if response.status_code >= 500:
            raise _Again(f"is out of order just now ({response.status_code})")
        return response


def _backoff(limit: asyncio.Timeout, error: Exception) -> bool | float:
    """Whether to try again; a number is the pause in seconds, which stamina takes as it is, however long."""
    if not isinstance(error, _Again) or error.wait_seconds is None:
        return isinstance(error, _Again)
    ends = limit.when()
    return error.wait_seconds if ends and error.wait_seconds < ends - asyncio.get_running_loop().time() else False


def _retry_after(header: str) -> float | None:
    """Seconds from now, never negative; None where the header is missing or neither of its two forms."""
    if re.fullmatch(r"[0-9]{1,9}", header):
        return float(header)
    with suppress(ValueError, OverflowError):
        when = parsedate_to_datetime(header)
        return max(0.0, ((when if when.tzinfo else when.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds())
    return None


def _read(response: httpx2.Response, shape: type[_Shape]) -> _Shape:
    if response.status_code in {401, 403}:
        raise failed(_NAME, "does not accept this server's key", status=response.status_code)
    return read(_NAME, response, shape)


def _date(text: str | None) -> date | None:
    with suppress(ValueError):
        return date.fromisoformat(text or "")
    return None
