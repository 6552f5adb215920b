"""Forgetting what nobody needs any more."""

from datetime import timedelta
from typing import Protocol

# Longer than the oldest event that is taken, so that no repeat of one that was forgotten can come in.
_EVENTS_KEPT = timedelta(days=31)
_SESSIONS_KEPT = timedelta(days=30)
_UPLOADS_KEPT = timedelta(days=1)
_OVER = timedelta(0)


class Sweepable(Protocol):
    async def sweep(self, kept: timedelta) -> None: ...


class Sweep:
    """Ended sessions after 30 days, watch events after 31, uploads that were never completed after a day, signing keys
    once no token of theirs can be alive; codes and attempts when they are over.
    """

    def __init__(
        self,
        sessions: Sweepable,
        progress: Sweepable,
        keys: Sweepable,
        codes: Sweepable,
        attempts: Sweepable,
        images: Sweepable,
        token_lifetime: timedelta,
    ) -> None:
        self._sessions, self._progress, self._keys = sessions, progress, keys
        self._codes, self._attempts, self._images = codes, attempts, images
        self._keys_kept = token_lifetime + timedelta(hours=1)

    async def __call__(self) -> None:
        await self._sessions.sweep(_SESSIONS_KEPT)
        await self._progress.sweep(_EVENTS_KEPT)
        await self._keys.sweep(self._keys_kept)
        await self._codes.sweep(_OVER)
        await self._attempts.sweep(_OVER)
        await self._images.sweep(_UPLOADS_KEPT)
