"""Telling many people of one thing, a few at a time."""

from domain.news import News, NewsStore
from domain.ports import Database

# So many people are looked through in one transaction.
_AT_ONCE = 1000


class FanOutNews:
    """Goes on where whichever process was before it stopped, until everybody was told of everything."""

    def __init__(self, database: Database, store: NewsStore, news: News) -> None:
        self._database, self._store, self._news = database, store, news

    async def __call__(self) -> None:
        while await self._batch():
            pass

    async def _batch(self) -> bool:
        """Whether there was anything to tell."""
        async with self._database.writing() as transaction:
            fan_out = await self._store.next_fan_out(transaction)
            if fan_out is not None:
                await self._news.fan_out(transaction, fan_out, _AT_ONCE)
        return fan_out is not None
