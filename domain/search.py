"""Search: what is asked of an engine, what it answers, and what of that may be shown."""

import enum
import hashlib
import time
import unicodedata
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Protocol

import domain.words
from domain.contents import AgeRating, Content
from domain.errors import Unavailable, ValidationFailed
from domain.validation import has_control_characters

LONGEST_QUERY = 500
# So many hits can be paged through, and are counted at most.
MOST_HITS = 1000
MOST_FACET_VALUES = 100
# How long an engine that could not answer is not asked again, where another one answers instead.
_REST_SECONDS = 5.0
# How long it is tried to guess what was meant.
_GUESSING_SECONDS = 0.5
# Goes up when what engines are given of a content takes another form; what has an older one is then given anew.
SHAPE = 1


class SearchUnavailable(Unavailable):
    code = "SEARCH_UNAVAILABLE"
    status = 503

    def __init__(self) -> None:
        super().__init__("Search service is not available.")


class SearchFacet(enum.Enum):
    GENRE = "GENRE"
    AGE_RATING = "AGE_RATING"
    RELEASE_YEAR = "RELEASE_YEAR"


@dataclass(frozen=True, slots=True)
class SearchFilter:
    """All of what is given must hold. A genre is given by name, in any case."""

    genre: str | None = None
    age_rating: AgeRating | None = None
    release_year: int | None = None

    @classmethod
    def of(cls, genre: str | None = None, **rest: Any) -> "SearchFilter":
        return cls(genre if genre is None else unicodedata.normalize("NFC", genre).strip(), **rest)


@dataclass(frozen=True)
class SearchQuery:
    """An empty text asks for everything, newest first; `facets` are answered in their order, and each must be there but
    once. Raises ValidationFailed.
    """

    text: str
    only: SearchFilter = SearchFilter()
    facets: tuple[SearchFacet, ...] = ()
    limit: int = 20
    offset: int = 0
    # What is searched for instead of the words of the text.
    instead: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if len(self.text) > LONGEST_QUERY:
            raise ValidationFailed(f"`query` may have at most {LONGEST_QUERY} characters.")
        if has_control_characters(self.text + (self.only.genre or ""), allowed="\n\r\t"):
            raise ValidationFailed("`query` and `filter` must not contain control characters.")
        if not 1 <= self.limit <= 100:
            raise ValidationFailed("`limit` must be from 1 to 100.")
        if self.offset < 0:
            raise ValidationFailed("`offset` must not be negative.")

    @cached_property
    def terms(self) -> list[str]:
        return domain.words.terms(self.text) if self.instead is None else list(self.instead)

    @property
    def phrase(self) -> str:
        return domain.words.phrase(domain.words.words(self.text)) if self.instead is None else " ".join(self.instead)

    @property
    def others(self) -> "list[SearchQuery]":
        """What may have been meant, where nothing is found."""
        return [
            replace(self, instead=tuple(terms))
            for terms in domain.words.other_terms(self.text)
            if terms and terms != self.terms and not self.wants_everything
        ]

    @property
    def wants_everything(self) -> bool:
        return not self.text.strip()

    @property
    def is_hopeless(self) -> bool:
        """Something was typed, but no word: nothing is found by it, nor behind what can be paged through."""
        return not (self.wants_everything or self.terms) or self.offset >= MOST_HITS


@dataclass(frozen=True, slots=True)
class FacetCount:
    value: str
    count: int


@dataclass(frozen=True, slots=True)
class FacetCounts:
    """The values of a facet among all that was found, the most frequent first."""

    facet: SearchFacet
    values: Sequence[FacetCount]


@dataclass(frozen=True, slots=True)
class Found:
    """What an engine answers; `total` is at most MOST_HITS."""

    content_ids: Sequence[int]
    total: int
    facets: Sequence[FacetCounts] = ()
    milliseconds: int = 0


@dataclass(frozen=True, slots=True)
class SearchHit:
    content: Content
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SearchResult:
    query: str
    limit: int
    offset: int
    hits: Sequence[SearchHit]
    estimated_total_hits: int
    facets: Sequence[FacetCounts]
    processing_time_ms: int


@dataclass(frozen=True, slots=True)
class Document:
    """What search knows of a content."""

    id: int
    title: str
    description: str | None
    age_rating: AgeRating
    release_year: int | None
    like_count: int
    created_at: datetime
    genres: Sequence[str]

    @property
    def seal(self) -> str:
        """Another one for everything that differs; by it is seen whether an engine knows the latest."""
        return sealed(
            self.title,
            self.description,
            self.age_rating.value,
            self.release_year,
            self.like_count,
            self.created_at.timestamp(),
            *self.genres,
        )


class SearchEngine(Protocol):
    async def find(self, query: SearchQuery) -> Found:
        """What fits, best first: titles before descriptions, exact before alike, then by likes. Raises
        SearchUnavailable within two seconds.
        """

    async def check(self) -> None:
        """Raises SearchUnavailable."""


class Search:
    """`instead` answers while the engine cannot, where there is one."""

    def __init__(self, engine: SearchEngine, instead: SearchEngine | None = None) -> None:
        self._engine, self._instead = engine, instead
        self._rests_until = 0.0

    async def find(
        self, query: SearchQuery, load: Callable[[Sequence[int]], Awaitable[Sequence[Content | None]]]
    ) -> SearchResult:
        """`load` finds the contents that may be seen; what an engine still knows and it does not is neither shown nor
        counted as a hit. Raises SearchUnavailable.
        """
        query, found = (query, Found([], 0)) if query.is_hopeless else await self._first_found(query)
        contents = await load(found.content_ids) if found.content_ids else []
        hits = [SearchHit(content, tuple(query.terms)) for content in contents if content]
        total = max(found.total - contents.count(None), len(hits))
        facets = found.facets or [FacetCounts(facet, ()) for facet in query.facets]
        return SearchResult(query.text, query.limit, query.offset, hits, total, facets, found.milliseconds)

    async def check(self) -> None:
        """Raises SearchUnavailable where nobody would answer."""
        try:
            await self._engine.check()
        except SearchUnavailable:
            if self._instead is None:
                raise
            await self._instead.check()

    async def _first_found(self, query: SearchQuery) -> tuple[SearchQuery, Found]:
        ends = time.monotonic() + _GUESSING_SECONDS
        nothing = found = await self._find(query)
        for other in [] if found.total else query.others:
            if time.monotonic() < ends and (found := await self._find(other)).total:
                return other, found
        return query, found if found.total else nothing

    async def _find(self, query: SearchQuery) -> Found:
        if self._instead is None:
            return await self._engine.find(query)
        if time.monotonic() < self._rests_until:
            return await self._instead.find(query)
        if self._rests_until:  # one asks whether it is back; the others need not wait for the answer
            self._rests_until = time.monotonic() + _REST_SECONDS
        try:
            found = await self._engine.find(query)
        except SearchUnavailable:
            self._rests_until = time.monotonic() + _REST_SECONDS
            return await self._instead.find(query)
        self._rests_until = 0.0
        return found


def sealed(*values: object) -> str:
    digest = hashlib.blake2b(repr(values).encode(errors="replace"), digest_size=12).hexdigest()
    return f"{SHAPE}:{digest}"
