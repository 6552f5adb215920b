"""TMDB: a catalogue of films outside ours, whose titles can be looked up and taken over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol


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
