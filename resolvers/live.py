"""What every subscription has in common: it ends when the viewer's session does."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager, aclosing
from typing import Any, TypeVar, cast

from domain.errors import Unauthenticated
from resolvers.context import Context

T = TypeVar("T")


async def until_ended(context: Context, events: AsyncIterator[T]) -> AsyncIterator[T]:
    """The events while the session lasts, each with fresh loaders. Raises Unauthenticated when it has ended."""
    async with context.services.sessions.ending(context.signed_in()) as ended, _closing(events):
        over = asyncio.ensure_future(ended.wait())
        try:
            while (event := await _next(events, over)) is not None:
                context.renew_loaders()
                yield event
        finally:
            over.cancel()


async def _next(events: AsyncIterator[T], over: "asyncio.Future[Any]") -> T | None:
    """The next event, or None where there are no more."""
    coming = asyncio.ensure_future(anext(events, None))
    try:
        await asyncio.wait((coming, over), return_when=asyncio.FIRST_COMPLETED)
        if over.done():
            raise Unauthenticated("This session has ended. Please sign in again.")
        return coming.result()
    finally:
        if not coming.done():
            coming.cancel()
            await asyncio.wait((coming,))


def _closing(events: AsyncIterator[Any]) -> AbstractAsyncContextManager[Any]:
    return aclosing(cast("AsyncGenerator[Any, None]", events))
