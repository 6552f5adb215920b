"""Personas: whom a person appears as."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from domain.errors import Refusal, RefusalCode, not_found
from domain.images import ImageStore
from domain.ports import Database, Transaction
from domain.users import Gender, Viewer
from domain.validation import Problems

MOST_PERSONAS = 10
MOST_OPTIONS = 20
# In characters.
LONGEST_NAME, LONGEST_FEATURE, LONGEST_OPTION = 100, 2000, 100


@dataclass(frozen=True, slots=True)
class Persona:
    """`number` counts a person's personas from 1; that of one that was deleted is the next to be given."""

    id: int
    user_id: int
    number: int
    name: str
    gender: Gender | None
    feature: str | None
    options: Sequence[str]
    image_id: int | None
    created_at: datetime


@dataclass(frozen=True)
class NewPersona:
    name: str
    gender: Gender | None
    feature: str | None
    options: Sequence[str]


class PersonaStore(Protocol):
    async def by_ids(self, user_id: int, ids: Sequence[int]) -> list[Persona | None]:
        """Those of this person."""

    async def of_user(self, user_id: int) -> list[Persona]:
        """By number."""

    async def hold(self, transaction: Transaction, user_id: int) -> None:
        """Nobody else changes this person's personas before the transaction ends."""

    async def insert(self, transaction: Transaction, user_id: int, new: NewPersona) -> Persona | None:
        """Under the lowest number that is free; None where there is none."""

    async def update(
        self, transaction: Transaction, user_id: int, persona_id: int, changes: Mapping[str, Any]
    ) -> Persona | None: ...

    async def set_image(self, transaction: Transaction, user_id: int, persona_id: int, image_id: int) -> Persona | None:
        """As it was before; None where it is not there."""

    async def delete(self, transaction: Transaction, user_id: int, persona_id: int) -> Persona | None:
        """As it was; None where it was not there."""


class Personas:
    def __init__(self, database: Database, store: PersonaStore, images: ImageStore) -> None:
        self._database, self._store, self._images = database, store, images

    async def create(self, viewer: Viewer, new: NewPersona) -> Persona:
        """Raises Refusal: VALIDATION_FAILED, CONFLICT where there are ten."""
        with Problems("input") as problems:
            checked = NewPersona(**checked_persona(problems, vars(new)))
        async with self._database.writing() as transaction:
            await self._store.hold(transaction, viewer.user.id)
            persona = await self._store.insert(transaction, viewer.user.id, checked)
        if persona is None:
            message = f"A person has at most {MOST_PERSONAS} personas. Please delete one first."
            raise Refusal(RefusalCode.CONFLICT, message)
        return persona

    async def update(self, viewer: Viewer, persona_id: int, changes: Mapping[str, Any]) -> Persona:
        """`changes` holds only the fields to change. Raises Refusal: NOT_FOUND, VALIDATION_FAILED."""
        with Problems("input") as problems:
            checked = checked_persona(problems, changes)
        if not checked:
            return await own_persona(self._store, viewer, persona_id)
        async with self._database.writing() as transaction:
            persona = await self._store.update(transaction, viewer.user.id, persona_id, checked)
        if persona is None:
            raise not_found("persona of yours")
        return persona

    async def delete(self, viewer: Viewer, persona_id: int) -> None:
        """With its image, and with what it is linked to. Raises Refusal NOT_FOUND."""
        async with self._database.writing() as transaction:
            await self._store.hold(transaction, viewer.user.id)
            persona = await self._store.delete(transaction, viewer.user.id, persona_id)
            if persona is None:
                raise not_found("persona of yours")
            if persona.image_id is not None:
                await self._images.delete(transaction, persona.image_id)


async def own_persona(store: PersonaStore, viewer: Viewer, persona_id: int) -> Persona:
    """Raises Refusal NOT_FOUND."""
    (persona,) = await store.by_ids(viewer.user.id, [persona_id])
    if persona is None:
        raise not_found("persona of yours")
    return persona


def checked_persona(problems: Problems, values: Mapping[str, Any]) -> dict[str, Any]:
    """What is given of a persona, as it is kept."""
    checked = dict(values)
    if "name" in values:
        checked["name"] = problems.text("name", values["name"] or "", longest=LONGEST_NAME)
    if "feature" in values:
        checked["feature"] = problems.optional_text("feature", values["feature"], longest=LONGEST_FEATURE, lines=True)
    if "options" in values:
        checked["options"] = _checked_options(problems, values["options"] or ())
    return checked


def _checked_options(problems: Problems, options: Sequence[str]) -> list[str]:
    """Each once, in their order."""
    if len(options) > MOST_OPTIONS:
        problems.add("options", f"There may be at most {MOST_OPTIONS} options, not {len(options)}.")
        return []
    return list(
        dict.fromkeys(
            problems.text(("options", str(place)), option, longest=LONGEST_OPTION)
            for place, option in enumerate(options)
        )
    )
