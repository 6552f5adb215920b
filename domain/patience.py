"""Waiting until the database can be asked again, for what lives longer than a request."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from domain.errors import Unavailable

T = TypeVar("T")
_PAUSE_SECONDS = 1


async def patiently(ask: Callable[[], Awaitable[T]]) -> T:
    """The answer, however long the database is away: what watches must neither give up nor take silence for a no."""
    while True:
        try:
            return await ask()
        except Unavailable:
            await asyncio.sleep(_PAUSE_SECONDS)
