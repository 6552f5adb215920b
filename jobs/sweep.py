"""Forgetting what nobody needs any more."""

from datetime import timedelta
from typing import Protocol

from domain.images import ImageStore
from domain.news import News
from domain.ports import Database

# Longer than the oldest event that is taken, so that no repeat of one that was forgotten can come in.
EVENTS_KEPT = timedelta(days=31)
SESSIONS_KEPT = timedelta(days=30)
NOTIFICATIONS_KEPT = timedelta(days=90)
# Longer than an event can still be pushed.
PUSHES_KEPT = timedelta(days=7)
LOOSE_IMAGES_KEPT = timedelta(days=1)
OVER = timedelta(0)
_UPLOADS_KEPT = timedelta(days=1)


class Sweepable(Protocol):
    async def sweep(self, kept: timedelta) -> None: ...


class Sweep:
    """Each kind of thing, once it is older than is said beside it."""

    def __init__(self, *kept: tuple[Sweepable, timedelta]) -> None:
        self._kept = kept

    async def __call__(self) -> None:
        for kind, kept in self._kept:
            await kind.sweep(kept)


class SweepUploads:
    """Uploads that were not completed within a day, and whose they were is told."""

    def __init__(self, database: Database, images: ImageStore, news: News) -> None:
        self._database, self._images, self._news = database, images, news

    async def __call__(self) -> None:
        while await self._some():
            pass

    async def _some(self) -> bool:
        """Whether there may be more."""
        async with self._database.writing() as transaction:
            swept = await self._images.sweep_uploads(transaction, _UPLOADS_KEPT)
            for upload in swept:
                await self._news.upload_swept(transaction, upload)
        return bool(swept)
