"""Meta's tokens, one for each persona: sealed wherever they are kept, and forgotten once Meta takes them no more."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

# Meta counts sixty days. One that ends within twenty is exchanged for another, which Meta allows once a day.
_ENDS_WITHIN, _RESTS = timedelta(days=20), timedelta(days=1)
_AT_ONCE = 100


class DeadToken(Exception):
    """Meta takes this token no more: its time is over, or whose it is took it back, or has another password by now."""


@dataclass(frozen=True, slots=True)
class MetaToken:
    """A long-lived token of a person at Meta, and how long it is good from now on."""

    text: str = field(repr=False)
    lifetime: timedelta


@dataclass(frozen=True, slots=True)
class SealedToken:
    persona_id: int
    sealed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class OpenToken:
    text: str = field(repr=False)
    kept: SealedToken


@dataclass(frozen=True, slots=True)
class Resealed:
    """How many were sealed with another key before, and how many none of our keys opens."""

    changed: int
    closed: int


class TokenBox(Protocol):
    def seal(self, text: str) -> bytes: ...

    def open(self, sealed: bytes) -> str | None:
        """None for what none of our keys opens; the log is told."""

    def reseal(self, sealed: bytes) -> bytes | None:
        """The same under the newest key, unchanged where it is already; None for what none of our keys opens."""


class TokenStore(Protocol):
    async def keep(self, user_id: int, persona_id: int, sealed: bytes, lifetime: timedelta) -> bool:
        """In place of what was kept; False where this person has no such persona."""

    async def of_persona(self, persona_id: int) -> SealedToken | None:
        """None where there is none, or its time is over."""

    async def until(self, persona_ids: Sequence[int]) -> list[datetime | None]:
        """Until when each persona's token is good, likewise."""

    async def claim(self, most: int, ends_within: timedelta, rests: timedelta) -> list[SealedToken]:
        """Those that end soon, soonest first. Who claims one is alone with it until it has rested."""

    async def after(self, persona_id: int, most: int) -> list[SealedToken]:
        """The next ones by persona."""

    async def renew(self, before: SealedToken, sealed: bytes, lifetime: timedelta) -> None:
        """Unless another took its place; so too in the next two."""

    async def reseal(self, before: SealedToken, sealed: bytes) -> bool:
        """Whether it was still there."""

    async def forget(self, token: SealedToken) -> None: ...

    async def sweep(self, kept: timedelta) -> None:
        """Forgets tokens whose time was over longer than `kept` ago."""


class Tokens:
    def __init__(self, store: TokenStore, box: TokenBox) -> None:
        self._store, self._box = store, box

    async def keep(self, user_id: int, persona_id: int, token: MetaToken) -> bool:
        """False where this person has no such persona."""
        return await self._store.keep(user_id, persona_id, self._box.seal(token.text), token.lifetime)

    async def of_persona(self, persona_id: int) -> OpenToken | None:
        """None where there is none, its time is over, or none of our keys opens it."""
        kept = await self._store.of_persona(persona_id)
        return self.opened(kept) if kept else None

    async def claim(self, most: int) -> list[SealedToken]:
        """Those that are due to be renewed, each claimed at most once a day, by one process."""
        return await self._store.claim(most, _ENDS_WITHIN, _RESTS)

    def opened(self, kept: SealedToken) -> OpenToken | None:
        text = self._box.open(kept.sealed)
        return None if text is None else OpenToken(text, kept)

    async def renew(self, before: OpenToken, after: MetaToken) -> None:
        """Nothing happens where another took its place in the meantime; so too in `forget`."""
        await self._store.renew(before.kept, self._box.seal(after.text), after.lifetime)

    async def forget(self, token: OpenToken) -> None:
        await self._store.forget(token.kept)

    async def sweep(self, kept: timedelta) -> None:
        await self._store.sweep(kept)

    async def reseal(self) -> Resealed:
        """Seals every token with the newest key. May be done twice, or while tokens are renewed: what changes meanwhile
        stays as it then is.
        """
        changed, closed, last = 0, 0, 0
        while batch := await self._store.after(last, _AT_ONCE):
            for kept in batch:
                sealed = self._box.reseal(kept.sealed)
                closed += sealed is None
                if sealed not in (None, kept.sealed):
                    changed += await self._store.reseal(kept, sealed)
            last = batch[-1].persona_id
        return Resealed(changed, closed)
