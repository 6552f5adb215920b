"""Who may be shown what was true a few seconds ago: whoever has not just written."""

from contextvars import ContextVar
from typing import Protocol

# How long a writer is remembered. A replica is asked only while it is known to be less than half as much behind.
REMEMBERED_SECONDS = 10.0

# Whether what this operation reads may be a few seconds old.
may_lag: ContextVar[bool] = ContextVar("may_lag", default=False)


class Freshness(Protocol):
    async def wrote(self, user_id: int) -> None:
        """Remembers that this person has changed something just now."""

    async def has_written(self, user_id: int) -> bool:
        """Whether they have, within REMEMBERED_SECONDS; True also where nobody can know."""


class AlwaysFresh:
    """Where writers are not remembered, everybody who is signed in may be one."""

    async def wrote(self, user_id: int) -> None:
        return

    async def has_written(self, user_id: int) -> bool:
        return True
