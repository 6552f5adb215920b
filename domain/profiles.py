"""Profiles: what people say of themselves, and their consent."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, Protocol

from domain.errors import Refusal, RefusalCode
from domain.ports import Database, Transaction
from domain.registration import LONGEST_NAME, LONGEST_REGION, normal_email
from domain.users import User, Viewer
from domain.validation import Problems

EARLIEST_BIRTHDAY = date(1900, 1, 1)


class ProfileStore(Protocol):
    async def held(self, transaction: Transaction, user_id: int) -> User:
        """As they are, and nobody else changes them until the transaction ends. Raises Conflict."""

    async def write(self, transaction: Transaction, user: User) -> User | None:
        """What a profile is made of; None where the e-mail is somebody else's."""

    async def consent(self, user_id: int) -> User:
        """Now, by the database's clock. Raises Conflict."""


class Profiles:
    """`consent_since`: consent that was given before it counts no more."""

    def __init__(self, database: Database, store: ProfileStore, consent_since: datetime | None) -> None:
        self._database, self._store, self._consent_since = database, store, consent_since

    def needs_consent(self, viewer: Viewer) -> bool:
        given = viewer.user.consented_at
        return given is None or (self._consent_since is not None and given < self._consent_since)

    async def consent(self, viewer: Viewer) -> User:
        return await self._store.consent(viewer.user.id)

    async def update(self, viewer: Viewer, changes: Mapping[str, Any]) -> User:
        """All of the changes or none. `changes` holds only what is to change: display_name, first_name, last_name,
        birthday, gender, region_code, email. Raises Refusal: VALIDATION_FAILED, CONFLICT, ALREADY_EXISTS.
        """
        checked = _checked(changes)
        async with self._database.writing() as transaction:
            before = await self._store.held(transaction, viewer.user.id)
            if "email" in checked and before.email not in (None, checked["email"]):
                raise Refusal(RefusalCode.CONFLICT, "This account has an e-mail address already.")
            after = await self._store.write(transaction, replace(before, **checked))
        if after is None:
            raise Refusal(RefusalCode.ALREADY_EXISTS, "There is already an account with this e-mail address.")
        return after


def _checked(changes: Mapping[str, Any]) -> dict[str, Any]:
    """The same as it is kept. Raises Refusal VALIDATION_FAILED."""
    with Problems("input") as problems:
        checked = dict(changes)
        for name, field in (("first_name", "firstName"), ("last_name", "lastName")):
            if name in checked:
                checked[name] = problems.optional_text(field, checked[name], longest=LONGEST_NAME)
        if "display_name" in checked:
            checked["display_name"] = problems.text("displayName", checked["display_name"] or "", longest=LONGEST_NAME)
        if "region_code" in checked:
            checked["region_code"] = problems.optional_text(
                "regionCode", checked["region_code"], longest=LONGEST_REGION
            )
        if "email" in checked:
            checked["email"] = normal_email(problems, "email", checked["email"] or "")
        birthday = checked.get("birthday")
        # The day is UTC's: who was born later today, somewhere, will hardly sign up before tomorrow.
        if birthday is not None and not EARLIEST_BIRTHDAY <= birthday <= datetime.now(UTC).date():
            problems.add("birthday", "A birthday is a day from 1900-01-01 up to today.")
    return checked
