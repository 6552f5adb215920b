"""Devices: where a person's notifications are pushed to."""

import enum
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.allowance import Allowance, Limited
from domain.errors import not_found
from domain.ports import Database, Transaction
from domain.users import Viewer
from domain.validation import Problems

# Of one person; those that were registered longest ago go first.
MOST_DEVICES = 50
_TOKEN = re.compile("[!-~]{1,4096}")


class DevicePlatform(enum.Enum):
    IOS = "IOS"
    ANDROID = "ANDROID"
    WEB = "WEB"


@dataclass(frozen=True, slots=True)
class Device:
    """`token` is what the push service knows it by; who has it can be pushed to, so nobody else is shown it."""

    id: int
    user_id: int
    platform: DevicePlatform
    token: str
    registered_at: datetime


class DeviceStore(Protocol):
    """A device is there for as long as the session that registered it was not ended by anybody."""

    async def of_user(self, user_id: int) -> list[Device]:
        """Last registered first."""

    async def by_ids(self, user_id: int, ids: Sequence[int]) -> list[Device | None]:
        """Those of this person."""

    async def put(
        self, transaction: Transaction, user_id: int, session_id: int, platform: DevicePlatform, token: str
    ) -> Device:
        """A token that is known already moves to this person and session."""

    async def keep(self, transaction: Transaction, user_id: int, most: int) -> None:
        """So many of this person, and no more."""

    async def delete(self, user_id: int, device_id: int) -> bool:
        """Whether it was there."""


class Devices:
    def __init__(self, database: Database, store: DeviceStore, allowance: Allowance) -> None:
        self._database, self._store, self._allowance = database, store, allowance

    async def register(self, viewer: Viewer, platform: DevicePlatform, token: str) -> Device:
        """Whoever registered the same token before is pushed to by it no longer. Raises Refusal VALIDATION_FAILED; and
        RateLimited.
        """
        with Problems("input") as problems:
            if not _TOKEN.fullmatch(token):
                problems.add("token", "This must be the token as FCM gave it: 1 to 4096 visible characters.")
        await self._allowance.count(Limited.DEVICE_REGISTRATIONS, viewer.user.id)
        async with self._database.writing() as transaction:
            device = await self._store.put(transaction, viewer.user.id, viewer.session_id, platform, token)
            await self._store.keep(transaction, viewer.user.id, MOST_DEVICES)
        return device

    async def unregister(self, viewer: Viewer, device_id: int) -> None:
        """Raises Refusal NOT_FOUND."""
        if not await self._store.delete(viewer.user.id, device_id):
            raise not_found("device of yours")
