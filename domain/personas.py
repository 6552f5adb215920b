"""Personas: whom a person appears as."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.users import Gender


@dataclass(frozen=True, slots=True)
class Persona:
    """`number` counts a person's personas from 1; that of one that was deleted is given again."""

    id: int
    user_id: int
    number: int
    name: str
    gender: Gender | None
    feature: str | None
    options: Sequence[str]
    image_id: int | None
    created_at: datetime


class PersonaStore(Protocol):
    async def by_ids(self, user_id: int, ids: Sequence[int]) -> list[Persona | None]:
        """Those of this person."""
