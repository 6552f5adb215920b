"""TMDB by its documented interface, version 3. What it answers is judged here; inside, it is ours."""

import asyncio
import re
from contextlib import suppress
from datetime import date
from typing import Annotated, TypeVar

import httpx2
from pydantic import BaseModel, FailFast, Field

from domain.contents import LONGEST_DESCRIPTION, LONGEST_RUNTIME, LONGEST_TITLE
from domain.errors import Refusal, RefusalCode
from domain.genres import LONGEST_GENRE, MOST_GENRES
from domain.tmdb import TmdbDetails, TmdbTitle
from integrations.strangers import Stranger, failed, plain, read

_NAME = "TMDB"
_MOST_PAGES, _MOST_TITLES = 5, 100
_POSTER = re.compile(r"/[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}")


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
    results: Annotated[list[_Film], FailFast()]
    total_pages: int


_Shape = TypeVar("_Shape", bound=BaseModel)


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
        self._stranger, self._has_key, self._language = Stranger(_NAME, client), bool(api_key), language
        self._url, self._image_url = url.rstrip("/"), image_url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {api_key}", "Accept": "application/json"}

    async def search(self, query: str) -> list[TmdbTitle]:
        async with self._stranger.asking() as limit:
            first = await self._page(query, 1, limit)
            async with asyncio.TaskGroup() as group:  # the first page that fails ends the others
                numbers = range(2, min(first.total_pages, _MOST_PAGES) + 1)
                others = [group.create_task(self._page(query, number, limit)) for number in numbers]
        pages = [first, *(task.result() for task in others)]
        # While the pages are fetched a film may slip from one to the next, and come twice: its first place counts.
        found = {film.id: film for page in pages for film in page.results}
        return [film.as_title() for film in found.values()][:_MOST_TITLES]

    async def details(self, tmdb_id: int) -> TmdbDetails | None:
        async with self._stranger.asking() as limit:
            response = await self._get(f"/movie/{tmdb_id}", {}, limit)
        return None if response.status_code == 404 else _read(response, _FilmDetails).as_details()

    def poster_url(self, path: str) -> str:
        return f"{self._image_url}/w500{path}"

    async def _page(self, query: str, number: int, limit: asyncio.Timeout) -> _Page:
        parameters = {"query": plain(query, len(query)) or "", "include_adult": "false", "page": str(number)}
        return _read(await self._get("/search/movie", parameters, limit), _Page)

    async def _get(self, path: str, parameters: dict[str, str], limit: asyncio.Timeout) -> httpx2.Response:
        """What TMDB answers; never 429 or 5xx."""
        if not self._has_key:
            message = "This server cannot ask TMDB: its setting TMDB_API_KEY is empty."
            raise Refusal(RefusalCode.NOT_CONFIGURED, message)
        asked = {**parameters, "language": self._language}
        return await self._stranger.ask(limit, "GET", self._url + path, headers=self._headers, parameters=asked)


def _read(response: httpx2.Response, shape: type[_Shape]) -> _Shape:
    if response.status_code in {401, 403}:
        raise failed(_NAME, "does not accept this server's key", status=response.status_code)
    return read(_NAME, response, shape)


def _date(text: str | None) -> date | None:
    with suppress(ValueError):
        return date.fromisoformat(text or "")
    return None
