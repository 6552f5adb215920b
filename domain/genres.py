"""Genres: names that contents share, in any case."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.ports import Transaction
from domain.validation import Problems

MOST_GENRES, LONGEST_GENRE = 20, 50


@dataclass(frozen=True, slots=True)
class Genre:
    id: int
    name: str


class GenreStore(Protocol):
    async def all(self) -> list[Genre]: ...

    async def by_ids(self, ids: Sequence[int]) -> list[Genre | None]: ...

    async def of_contents(self, content_ids: Sequence[int]) -> list[list[Genre]]: ...

    async def set(self, transaction: Transaction, content_id: int, names: Sequence[str]) -> None:
        """Genres are shared by name, in any case; those that are new are made."""


def checked_genres(problems: Problems, names: Sequence[str]) -> list[str]:
    """The names trimmed, each once in any case."""
    if len(names) > MOST_GENRES:
        problems.add("genres", f"A content may have at most {MOST_GENRES} genres, not {len(names)}.")
        return []
    trimmed = [problems.text(("genres", str(index)), name, longest=LONGEST_GENRE) for index, name in enumerate(names)]
    return list({name.lower(): name for name in reversed(trimmed)}.values())[::-1]
