"""Indexes: compared with the database, told of changes, built anew."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.search import Document


class SearchIndex(Protocol):
    """What can be compared with the database."""

    @property
    def name(self) -> str: ...

    def seals(self) -> AsyncIterator[Mapping[int, str]]:
        """The seals of all documents in the index, by id."""

    def seal(self, document: Document) -> str:
        """What `seals` says of a document that the index knows as it is."""


class OwnIndex(SearchIndex, Protocol):
    """The database's own, brought up to date in place."""

    async def outdated(self) -> list[int]:
        """Some of those it knows in an old form, or not at all."""

    async def renew(self, ids: Sequence[int]) -> Mapping[int, str]:
        """Brings these to their newest form. Which could not be, and why."""


class EngineIndex(SearchIndex, Protocol):
    """All of it raises SearchUnavailable where the engine cannot be reached, or does not do what it is told."""

    @property
    def beside(self) -> str:
        """What it is called while it is built beside the one in use."""

    async def prepare(self) -> bool:
        """Makes the index where there is none, and gives it our settings. Whether it now has to be told everything."""

    async def put(
        self, documents: Sequence[Document], gone: Sequence[int], *, into: str | None = None
    ) -> Mapping[int, str]:
        """Returns when the index has these, and no longer those that are gone. Which were refused for what they are,
        and why. `into` names an index that is being built.
        """

    async def begin(self) -> None:
        """Makes an empty index beside the one in use."""

    async def swap(self) -> None:
        """From now on the index beside is the one in use; the other one goes."""

    async def held(self) -> int:
        """How many documents the index has."""


class Documents(Protocol):
    """What search is to know: visible contents."""

    async def by_ids(self, ids: Sequence[int]) -> Mapping[int, Document]:
        """Those that are not there are gone."""

    async def ids_after(self, last: int, most: int) -> list[int]:
        """The next ids in their order."""

    async def count(self) -> int: ...


class Rebuilds(Protocol):
    """Which index is being built, so that changes go into it too."""

    async def current(self) -> str | None: ...

    async def begin(self, index: str, builder: str, seconds: float) -> bool:
        """For so many seconds from now. Whether nobody else builds it."""

    async def renew(self, index: str, builder: str, seconds: float) -> bool:
        """Whether it had not lapsed."""

    async def finish(self, index: str, builder: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Differences:
    """Between an index and the database: ids that it lacks, knows in an old form, or should not have any more."""

    missing: Sequence[int]
    outdated: Sequence[int]
    gone: Sequence[int]

    @property
    def ids(self) -> list[int]:
        return [*self.missing, *self.outdated, *self.gone]
