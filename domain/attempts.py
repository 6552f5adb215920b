"""Attempts to sign in: how many wrong ones an account or a network address may make."""

import hashlib
import ipaddress
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from domain.errors import RateLimited, Refusal

# A household or an office has a whole network of this size in IPv6; one address there costs nothing.
_IPV6_NETWORK = 64


@dataclass(frozen=True, slots=True)
class AttemptRules:
    """How many wrong attempts are taken within `window`, which begins with the first of them."""

    per_account: int
    per_address: int
    window: timedelta


@dataclass(slots=True)
class Attempt:
    succeeded: bool = False


class AttemptStore(Protocol):
    """Each method is a transaction of its own: what was counted stays so, whatever becomes of the attempt."""

    async def count(self, key: bytes, window: timedelta) -> tuple[int, float]:
        """Adds one; how many there are now, and in how many seconds they are forgotten."""

    async def take_back(self, *keys: bytes) -> None:
        """One from each."""

    async def forget(self, key: bytes) -> None: ...


class Attempts:
    def __init__(self, store: AttemptStore, rules: AttemptRules) -> None:
        self._store, self._rules = store, rules

    @asynccontextmanager
    async def counted(self, account: str, address: str) -> AsyncIterator[Attempt]:
        """Counts an attempt before it is made, so that many at once are many; one that succeeded is taken back, and so
        is one that was refused before the password was looked at. Raises RateLimited. An address that has used its own
        attempts up does not use up those of accounts.
        """
        by_address, by_account = _key("address", network_of(address)), _key("account", account)
        await self._count(by_address, self._rules.per_address)
        await self._count(by_account, self._rules.per_account)
        attempt = Attempt()
        try:
            yield attempt
        except Refusal:
            await self._store.take_back(by_address, by_account)
            raise
        if attempt.succeeded:
            await self._store.take_back(by_address)
            await self._store.forget(by_account)

    async def _count(self, key: bytes, most: int) -> None:
        count, seconds = await self._store.count(key, self._rules.window)
        if count > most:
            raise RateLimited("There were too many wrong attempts to sign in.", math.ceil(max(seconds, 1)))


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
