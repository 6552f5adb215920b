"""Attempts to sign in: how many wrong ones an account or a network address may make."""

import asyncio
import enum
import hashlib
import ipaddress
import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from domain.errors import CodedError, RateLimited, Refusal, Unavailable

# A household or an office has a whole network of this size in IPv6; one address there costs nothing.
_IPV6_NETWORK = 64
_PATIENCE_SECONDS, _PAUSE_SECONDS, _SETTLING_SECONDS = 4.0, 0.05, 0.3


@dataclass(frozen=True, slots=True)
class AttemptRules:
    """How many wrong attempts are taken within `window`, which begins with the first of them."""

    per_account: int
    per_address: int
    window: timedelta


class Outcome(enum.Enum):
    """VOID: nothing was learnt of whether the password is right, or it is and something else is in the way."""

    RIGHT = enum.auto()
    WRONG = enum.auto()
    VOID = enum.auto()


@dataclass(slots=True)
class Attempt:
    succeeded: bool = False


class AttemptStore(Protocol):
    """Each method is a transaction of its own: what was counted stays so, whatever becomes of the attempt."""

    async def begin(self, key: bytes, most: int, window: timedelta) -> bool:
        """Counts one more as pending, unless there are `most` already that are pending or were wrong."""

    async def wrong(self, key: bytes) -> tuple[int, float]:
        """How many were wrong, and in how many seconds that is forgotten."""

    async def settle(self, key: bytes, outcome: Outcome) -> None:
        """One that was pending is so no longer; a right one makes those forgotten that were wrong."""


class Attempts:
    def __init__(self, store: AttemptStore, rules: AttemptRules) -> None:
        self._store, self._rules = store, rules

    @asynccontextmanager
    async def counted(self, account: str, address: str) -> AsyncIterator[Attempt]:
        """Counts an attempt before it is made, so that many at once are many. One that is never settled, for its asker
        went away, stays counted. Raises RateLimited. An address that has used its own attempts up does not use up
        those of accounts.
        """
        by_address, by_account = _key("address", network_of(address)), _key("account", account)
        await self._begin(by_address, self._rules.per_address)
        try:
            await self._begin(by_account, self._rules.per_account)
        except RateLimited:
            await self._store.settle(by_address, Outcome.WRONG)
            raise
        attempt = Attempt()
        try:
            yield attempt
        except Unavailable:
            # Perhaps it is the database that is silent; then half a minute gives the attempt up.
            with suppress(TimeoutError, Unavailable):
                async with asyncio.timeout(_SETTLING_SECONDS):
                    await self._settle(by_address, by_account, Outcome.VOID)
            raise
        except (Refusal, CodedError):
            await self._settle(by_address, by_account, Outcome.VOID)
            raise
        await self._settle(by_address, by_account, Outcome.RIGHT if attempt.succeeded else Outcome.WRONG)

    async def _begin(self, key: bytes, most: int) -> None:
        """Waits for those that are pending, if only these are in the way: they may turn out right."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not await self._store.begin(key, most, self._rules.window):
            wrong, seconds = await self._store.wrong(key)
            if wrong >= most or time.monotonic() > deadline:
                raise RateLimited("There were too many wrong attempts to sign in.", math.ceil(max(seconds, 1)))
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _settle(self, by_address: bytes, by_account: bytes, outcome: Outcome) -> None:
        """That one account was right says nothing of the others that its address has tried."""
        await self._store.settle(by_account, outcome)
        await self._store.settle(by_address, Outcome.VOID if outcome is Outcome.RIGHT else outcome)


def network_of(address: str) -> str:
    """What counts as one address: for IPv6 its network of 64 bits; the text itself where it is none."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, _IPV6_NETWORK), strict=False))
    return str(parsed)


def _key(kind: str, what: str) -> bytes:
    """Only a hash is kept: the table is no list of who tried."""
    return hashlib.sha256(f"{kind}\n{what}".encode(errors="surrogatepass")).digest()
