"""TMDB: a catalogue of films outside ours, whose titles can be looked up and taken over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from domain.contents import AgeRating, Content, ContentStore, NewContent, owner_of
from domain.errors import ValidationFailed, not_found
from domain.genres import GenreStore
from domain.news import News
from domain.ports import Database
from domain.users import Viewer

_LONGEST_QUERY = 200
# A poster of ours is a key of the object store, one of TMDB's this and the picture's name there.
_AT_TMDB = "tmdb:"


@dataclass(frozen=True, slots=True)
class TmdbTitle:
    """A film as TMDB lists it. `poster_path` is the picture's name there, beginning with a slash."""

    tmdb_id: int
    title: str
    overview: str | None
    release_date: date | None
    poster_path: str | None


@dataclass(frozen=True, slots=True)
class TmdbDetails:
    """All that is taken over of one film. Genres are names in the language of the catalogue."""

    title: TmdbTitle
    runtime_minutes: int | None
    genres: Sequence[str]
    adult: bool


class TmdbCatalogue(Protocol):
    """Raises Refusal: NOT_CONFIGURED where there is no key, UPSTREAM_FAILED where TMDB does not answer as it should;
    either within five seconds.
    """

    async def search(self, query: str) -> list[TmdbTitle]:
        """The films that fit best, at most a hundred."""

    async def details(self, tmdb_id: int) -> TmdbDetails | None:
        """None where TMDB has no such film."""

    def poster_url(self, path: str) -> str:
        """The absolute address of a picture, good for ever."""


class Tmdb:
    def __init__(
        self, database: Database, contents: ContentStore, genres: GenreStore, catalogue: TmdbCatalogue, news: News
    ) -> None:
        self._database, self._contents, self._genres = database, contents, genres
        self._catalogue, self._news = catalogue, news

    async def titles(self, query: str) -> list[TmdbTitle]:
        """Nothing for a query of only spaces. Raises ValidationFailed, or Refusal: NOT_CONFIGURED, UPSTREAM_FAILED."""
        if len(query) > _LONGEST_QUERY:
            raise ValidationFailed(f"`query` may have at most {_LONGEST_QUERY} characters.")
        return await self._catalogue.search(query.strip()) if query.strip() else []

    async def import_title(self, viewer: Viewer, tmdb_id: int, corporation_id: int | None) -> Content:
        """For the company named, or else the own. Raises Refusal: NOT_FOUND, NOT_CONFIGURED, UPSTREAM_FAILED."""
        owner = owner_of(viewer, corporation_id)
        details = await self._catalogue.details(tmdb_id) if tmdb_id > 0 else None
        if details is None:
            raise not_found("film at TMDB")
        async with self._database.writing() as transaction:
            content = await self._contents.put_title(transaction, _content(owner, details))
            if content is None:
                raise not_found("company")
            await self._genres.set(transaction, content.id, details.genres)
            if content.is_new:
                await self._news.content_added(transaction, content.id, viewer.user.id)
        return content


def poster_path(poster_key: str) -> str | None:
    """The picture's name at TMDB; None where the key is one of the object store."""
    return poster_key.removeprefix(_AT_TMDB) if poster_key.startswith(_AT_TMDB) else None


def _content(owner: int, details: TmdbDetails) -> NewContent:
    found = details.title
    return NewContent(
        corporation_id=owner,
        title=found.title,
        description=found.overview,
        age_rating=AgeRating.AGE_19 if details.adult else AgeRating.ALL,
        release_date=found.release_date,
        runtime_minutes=details.runtime_minutes,
        poster_key=f"{_AT_TMDB}{found.poster_path}" if found.poster_path else None,
        tmdb_id=found.tmdb_id,
    )
