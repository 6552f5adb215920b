"""Who holds how many of what there is room for, so that nobody holds all of it."""

from collections import defaultdict
from collections.abc import Hashable
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import TypeAlias

from domain.attempts import network_of

Network: TypeAlias = IPv4Network | IPv6Network


class Crowd:
    """What each one holds. What enters twice is there once, and what never entered may leave."""

    def __init__(self) -> None:
        self._held: dict[Hashable, set[object]] = defaultdict(set)

    def count(self, who: Hashable) -> int:
        return len(self._held.get(who, ()))

    def enter(self, who: Hashable, what: object) -> None:
        self._held[who].add(what)

    def leave(self, who: Hashable, what: object) -> None:
        held = self._held.get(who, set())
        held.discard(what)
        if not held:
            self._held.pop(who, None)


def peer_of(address: str, proxies: tuple[Network, ...]) -> str | None:
    """Whose connection it is; None where it may be anybody's, for a proxy speaks for all."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return None  # a Unix socket
    return None if any(parsed in network for network in proxies) else network_of(address)
