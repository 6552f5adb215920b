"""Paid plans end by themselves."""

import structlog

from domain.corporations import CorporationStore
from domain.ports import Database

_log = structlog.get_logger("jobs")


class ExpirePlans:
    """Companies whose paid plan is past its date are put on the free plan, by whichever process comes first."""

    def __init__(self, database: Database, corporations: CorporationStore) -> None:
        self._database, self._corporations = database, corporations

    async def __call__(self) -> None:
        async with self._database.writing() as transaction:
            expired = await self._corporations.expire_plans(transaction)
        if expired:
            _log.info("plans_expired", corporation_ids=expired)
