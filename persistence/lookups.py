"""Things by their ids, for all who ask in the same breath."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain
from operator import attrgetter
from typing import Generic, TypeVar

from domain.freshness import may_lag
from domain.gathering import Gathering
from persistence.database import Database
from persistence.statements import Statement, by_key

T = TypeVar("T")

# So many ids are asked for at once, unless one asker has more; and so many wait to be.
_GROUP = 500
_MOST_WAITING = 1_000_000


class Lookups(Generic[T]):
    """`statement` answers what has one of the `ids`. It begins after everybody has asked whom it answers, so each reads
    what they would have read alone; those who may be shown what was true a few seconds ago are asked for apart.
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
        """In the order of the ids, None where one is missing."""
        return await self._gatherings[may_lag.get()].ask(ids, len(ids))

    async def _together(self, lagging: bool, asked: Sequence[Sequence[int]]) -> list[list[T | None]]:
        may_lag.set(lagging)  # whoever serves does so in a context of nobody's
        every = list(dict.fromkeys(chain.from_iterable(asked)))
        found = dict(zip(every, await self._alone(every), strict=True))
        return [[found[wanted] for wanted in ids] for ids in asked]

    async def _alone(self, ids: Sequence[int]) -> list[T | None]:
        async with self._database.reading() as connection:
            return by_key(ids, await self._statement.all(connection, ids=ids), attrgetter("id"))
