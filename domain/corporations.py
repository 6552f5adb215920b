"""Companies: they own the catalogue and pay for a plan."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from domain.errors import Refusal, RefusalCode, not_found
from domain.pages import Order, Page, PageRequest
from domain.ports import Database, Transaction
from domain.users import Viewer
from domain.validation import Problems

LONGEST_COMPANY_NAME = 200


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

    async def change_plan(
        self, transaction: Transaction, corporation_id: int, plan: Plan, expires_at: datetime | None
    ) -> Corporation | None: ...

    async def held(self, transaction: Transaction, corporation_id: int) -> Corporation | None:
        """With its plan of this moment, which does not change before the transaction ends."""

    async def expire_plans(self, transaction: Transaction) -> list[Corporation]:
        """Puts paid plans past their date on the free plan; whose these were, each told once to all that ask, at most a
        hundred at a time.
        """

    async def warn_of_ends(self, transaction: Transaction, within: timedelta) -> list[Corporation]:
        """Whose paid plan ends so soon, each told once for this end to all that ask, at most a hundred at a time."""

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
        with Problems("input") as problems:
            name = problems.text("name", new.name, longest=LONGEST_COMPANY_NAME)
            _check_end(problems, "planExpiresAt", new.plan, new.plan_expires_at)
        async with self._database.writing() as transaction:
            made = await self._store.insert(transaction, NewCorporation(name, new.plan, new.plan_expires_at))
            if made is None:
                raise _name_taken()
            _require_running("planExpiresAt", new.plan, made)
        return made

    async def rename(self, viewer: Viewer, corporation_id: int, name: str | None) -> Corporation:
        """No name leaves it as it is. Raises Refusal: NOT_FOUND, VALIDATION_FAILED, ALREADY_EXISTS."""
        if not viewer.manages(corporation_id):
            raise not_found("company")
        if name is None:
            return await self._existing(corporation_id)
        with Problems("input") as problems:
            checked = problems.text("name", name, longest=LONGEST_COMPANY_NAME)
        try:
            async with self._database.writing() as transaction:
                renamed = await self._store.rename(transaction, corporation_id, checked)
        except NameTaken as error:
            raise _name_taken() from error
        if renamed is None:
            raise not_found("company")
        return renamed

    async def change_plan(self, corporation_id: int, plan: Plan, expires_at: datetime | None) -> Corporation:
        """Raises Refusal: NOT_FOUND, VALIDATION_FAILED."""
        with Problems("input") as problems:
            _check_end(problems, "expiresAt", plan, expires_at)
        async with self._database.writing() as transaction:
            changed = await self._store.change_plan(transaction, corporation_id, plan, expires_at)
            if changed is None:
                raise not_found("company")
            _require_running("expiresAt", plan, changed)
        return changed

    async def delete(self, corporation_id: int) -> None:
        """Raises Refusal: NOT_FOUND, or CONFLICT that says what is in the way."""
        async with self._database.writing() as transaction:
            found = await self._store.belongings(transaction, corporation_id)
            if found is None:
                raise not_found("company")
            if any(found):
                raise Refusal(RefusalCode.CONFLICT, f"This company still has {_listed(*found)}.")
            await self._store.delete(transaction, corporation_id)

    async def _existing(self, corporation_id: int) -> Corporation:
        found = (await self._store.by_ids([corporation_id]))[0]
        if found is None:
            raise not_found("company")
        return found


def _listed(contents: int, members: int) -> str:
    held = [f"contents ({contents}, those in the trash included)"] if contents else []
    return " and ".join([*held, *([f"members ({members})"] if members else [])])


def _check_end(problems: Problems, field: str, plan: Plan, expires_at: datetime | None) -> None:
    if plan is Plan.FREE and expires_at is not None:
        problems.add(field, "Only a paid plan has an end.")


def _require_running(field: str, asked: Plan, written: Corporation) -> None:
    """Whether a date has passed is for the database's clock to say, by which it has just read the plan as FREE."""
    with Problems("input") as problems:
        if written.plan is not asked:
            problems.add(field, "This is in the past. Name a later date, or none for a plan without end.")


def _name_taken() -> Refusal:
    return Refusal(RefusalCode.ALREADY_EXISTS, "There is already a company with this name.")
