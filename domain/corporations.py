"""Companies: they own the catalogue and pay for a plan."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.errors import Refusal, RefusalCode, not_found
from domain.pages import Order, Page, PageRequest
from domain.ports import Database, Transaction
from domain.users import Viewer
from domain.validation import Problems


class Plan(enum.Enum):
    FREE = "FREE"
    PAID = "PAID"


@dataclass(frozen=True, slots=True)
class Corporation:
    """`plan` is the plan of this moment by the database's clock: a paid plan past its date reads as FREE."""

    id: int
    name: str
    plan: Plan
    plan_expires_at: datetime | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class NewCorporation:
    name: str
    plan: Plan
    plan_expires_at: datetime | None


CORPORATIONS_BY_AGE = Order("corporations", ("created_at", "id"), (datetime, int), descending=False)


class CorporationStore(Protocol):
    async def by_ids(self, ids: Sequence[int]) -> list[Corporation | None]: ...

    async def page(self, page: PageRequest) -> Page[Corporation]: ...

    async def insert(self, transaction: Transaction, new: NewCorporation) -> Corporation | None:
        """None where the name is taken, in any case."""

    async def rename(self, transaction: Transaction, corporation_id: int, name: str) -> Corporation | None:
        """None where there is no such company. Raises NameTaken."""

    async def belongings(self, transaction: Transaction, corporation_id: int) -> tuple[int, int] | None:
        """How many contents (deleted ones too) and members it has; locks it. None where there is none."""

    async def delete(self, transaction: Transaction, corporation_id: int) -> None: ...


class NameTaken(Exception):
    """Another company has this name."""


class Corporations:
    def __init__(self, database: Database, store: CorporationStore) -> None:
        self._database, self._store = database, store

    async def create(self, new: NewCorporation) -> Corporation:
        """Raises Refusal: VALIDATION_FAILED, ALREADY_EXISTS."""
        name = _checked_name(new.name)
        async with self._database.writing() as transaction:
            made = await self._store.insert(transaction, NewCorporation(name, new.plan, new.plan_expires_at))
        if made is None:
            raise _name_taken()
        return made

    async def rename(self, viewer: Viewer, corporation_id: int, name: str | None) -> Corporation:
        """No name leaves it as it is. Raises Refusal: NOT_FOUND, VALIDATION_FAILED, ALREADY_EXISTS."""
        if not viewer.manages(corporation_id):
            raise not_found("company")
        if name is None:
            return await self._existing(corporation_id)
        checked = _checked_name(name)
        try:
            async with self._database.writing() as transaction:
                renamed = await self._store.rename(transaction, corporation_id, checked)
        except NameTaken as error:
            raise _name_taken() from error
        if renamed is None:
            raise not_found("company")
        return renamed

    async def delete(self, corporation_id: int) -> None:
        """Raises Refusal: NOT_FOUND, or CONFLICT that says what is in the way."""
        async with self._database.writing() as transaction:
            found = await self._store.belongings(transaction, corporation_id)
            if found is None:
                raise not_found("company")
            contents, members = found
            if contents or members:
                raise Refusal(
                    RefusalCode.CONFLICT,
                    f"This company still has contents ({contents}, deleted ones included) and members ({members}).",
                )
            await self._store.delete(transaction, corporation_id)

    async def _existing(self, corporation_id: int) -> Corporation:
        found = (await self._store.by_ids([corporation_id]))[0]
        if found is None:
            raise not_found("company")
        return found


def _checked_name(name: str) -> str:
    with Problems("input") as problems:
        return problems.text("name", name, longest=200)


def _name_taken() -> Refusal:
    return Refusal(RefusalCode.ALREADY_EXISTS, "There is already a company with this name.")
