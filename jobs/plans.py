"""Paid plans end by themselves, and their companies are told."""

from datetime import timedelta

import structlog

from domain.corporations import CorporationStore
from domain.news import News
from domain.ports import Database

_log = structlog.get_logger("jobs")
_WARNED_BEFORE = timedelta(days=3)


class ExpirePlans:
    """Companies whose paid plan is past its date are put on the free plan, by whichever process comes first."""

    def __init__(self, database: Database, corporations: CorporationStore, news: News) -> None:
        self._database, self._corporations, self._news = database, corporations, news

    async def __call__(self) -> None:
        while expired := await self._some():
            _log.info("plans_expired", corporation_ids=expired)

    async def _some(self) -> list[int]:
        async with self._database.writing() as transaction:
            expired = await self._corporations.expire_plans(transaction)
            for corporation in expired:
                await self._news.plan_expired(transaction, corporation)
        return [corporation.id for corporation in expired]


class WarnOfPlanEnds:
    """Companies whose paid plan ends within three days are told so, once for each end."""

    def __init__(self, database: Database, corporations: CorporationStore, news: News) -> None:
        self._database, self._corporations, self._news = database, corporations, news

    async def __call__(self) -> None:
        while await self._some():
            pass

    async def _some(self) -> bool:
        """Whether there may be more."""
        async with self._database.writing() as transaction:
            ending = await self._corporations.warn_of_ends(transaction, _WARNED_BEFORE)
            for corporation in ending:
                await self._news.plan_expiring(transaction, corporation)
        return bool(ending)
