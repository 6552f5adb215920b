"""Things by their ids, for all who ask in the same breath."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from functools import partial
from itertools import chain
from operator import attrgetter
from typing import Generic, TypeVar

from domain.freshness import may_lag
from domain.gathering import Gathering
from persistence.database import Database, unreached
from persistence.statements import Statement, by_key

T = TypeVar("T")
_id = attrgetter("id")

# So many ids are asked for at once, unless one asker has more; and so many wait to be.
_GROUP = 500
_MOST_WAITING = 100_000
# Then a group is dissolved, and each asks alone: one bad connection should keep nobody else for long.
_PATIENCE_SECONDS = 1.5
# For both together, which is as long as a statement may take by itself.
_ALL_SECONDS = 4.2


class Lookups(Generic[T]):
    """`statement` answers what has one of the `ids`. It begins after everybody has asked whom it answers, so each reads
    what they would have read alone; those who may be shown what a replica has are asked for apart.
    """

    def __init__(
        self, database: Database, statement: Statement[T], group_failed: Callable[[int, Exception], None]
    ) -> None:
        self._database, self._statement = database, statement
        self._gatherings = {
            lagging: Gathering(
                partial(self._together, lagging), self._alone, group_failed, most=_GROUP, most_waiting=_MOST_WAITING
            )
            for lagging in (False, True)
        }

    async def find(self, ids: Sequence[int]) -> list[T | None]:
        """In the order of the ids, None where one is missing. Raises Unavailable."""
        if not ids:
            return []
        lagging = may_lag.get() and self._database.replica is not None
        try:
            async with asyncio.timeout(_ALL_SECONDS):
                return await self._gatherings[lagging].ask(tuple(ids), len(ids))
        except TimeoutError as error:
            raise unreached() from error

    async def _together(self, lagging: bool, asked: Sequence[Sequence[int]]) -> list[list[T | None]]:
        may_lag.set(lagging)  # whoever serves does so in a context of nobody's
        async with asyncio.timeout(_PATIENCE_SECONDS):
            found = {_id(one): one for one in await self._rows({*chain.from_iterable(asked)})}
        return [[found.get(wanted) for wanted in ids] for ids in asked]

    async def _alone(self, ids: Sequence[int]) -> list[T | None]:
        return by_key(ids, await self._rows(ids), _id)

    async def _rows(self, ids: Collection[int]) -> list[T]:
        async with self._database.reading() as connection:
            return await self._statement.all(connection, ids=list(ids))
