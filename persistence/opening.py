"""Reaching a database that starts at the same time as we do, or has its hands full."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg
import structlog

T = TypeVar("T")

_PAUSES = (0.5, 1.0, 2.0, 4.0)  # seconds, between tries
# What may be over in a moment: nobody listens yet, or too many ask. A wrong password is not among them.
_PASSING = (
    OSError,
    asyncpg.CannotConnectNowError,
    asyncpg.PostgresConnectionError,
    asyncpg.TooManyConnectionsError,
)
_log = structlog.get_logger("database")


async def patiently(reach: Callable[[], Awaitable[T]]) -> T:
    """Raises the reason of the last of several tries."""
    for pause in _PAUSES:
        try:
            return await reach()
        except _PASSING as error:
            _log.warning("database_awaited", reason=repr(error)[:200])
            await asyncio.sleep(pause)
    return await reach()
