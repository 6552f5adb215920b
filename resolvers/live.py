"""What every subscription has in common: it ends when the viewer's session does."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager, aclosing
from typing import Any, TypeVar, cast

from domain.errors import Forbidden, Unauthenticated
from resolvers.context import Context

T = TypeVar("T")


async def until_ended(context: Context, events: AsyncIterator[T], *, by_rights: bool = False) -> AsyncIterator[T]:
    """The events while the session lasts, each with fresh loaders. Raises Unauthenticated when it has ended; if asked,
    Forbidden when the viewer's role or company has changed.
    """
    authentication = context.services.authentication
    async with authentication.ending(context.signed_in(), by_rights=by_rights) as ended, _closing(events):
        over = asyncio.ensure_future(ended.wait())
        try:
            while (event := await _next(events, over)) is not None:
                context.renew_loaders()
                yield event
            if over.done():
                raise await _why_over(context)
        finally:
            over.cancel()


async def _next(events: AsyncIterator[T], over: "asyncio.Future[Any]") -> T | None:
    """The next event, or None where there are no more, or none to be told."""
    coming = asyncio.ensure_future(anext(events, None))
    try:
        await asyncio.wait((coming, over), return_when=asyncio.FIRST_COMPLETED)
        return None if over.done() else coming.result()
    finally:
        if not coming.done():
            await _put_away(coming)


async def _put_away(task: "asyncio.Future[Any]") -> None:
    """Returns when the task has really ended, which a generator must have before it is closed; whoever waits for it may
    be cancelled meanwhile, and by anyio again and again.
    """
    task.cancel()
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait((task,))
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled:
        raise cancelled


async def _why_over(context: Context) -> Exception:
    before = context.signed_in()
    now = await context.services.authentication.renewed(before)
    if now is not None and now.rights != before.rights:
        return Forbidden("Your role or company has changed. Please subscribe again.")
    return Unauthenticated("This session has ended. Please sign in again.")


def _closing(events: AsyncIterator[Any]) -> AbstractAsyncContextManager[Any]:
    return aclosing(cast("AsyncGenerator[Any, None]", events))
