"""What every subscription has in common: it ends when the viewer's session does."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, TypeVar, cast

from domain.errors import Forbidden, Unauthenticated
from resolvers.context import Context

T = TypeVar("T")


async def until_ended(context: Context, events: AsyncIterator[T], *, by_rights: bool = False) -> AsyncIterator[T]:
    """The events while the session lasts, each with fresh loaders. Raises Unauthenticated when it has ended; if asked,
    Forbidden when the viewer's role or company has changed.
    """
    waiting = _Waiting()
    ending = context.services.authentication.ending(context.signed_in(), waiting.end, by_rights=by_rights)
    try:
        while (event := await waiting.next(events)) is not None and not waiting.is_over:
            context.renew_loaders()
            yield event
        if waiting.is_over:
            raise await _why_over(context)
    finally:
        ending.cancel()
        await cast("AsyncGenerator[Any, None]", events).aclose()


class _Waiting:
    """For events, until it ends. No task of its own waits for that, for there may be thousands of subscriptions:
    whichever task waits for an event is cancelled, as asyncio.timeout does it.
    """

    __slots__ = ("_is_cancelled", "_task", "is_over")

    def __init__(self) -> None:
        self._task: asyncio.Task[Any] | None = None
        self._is_cancelled = self.is_over = False

    async def next(self, events: AsyncIterator[T]) -> T | None:
        """None where there are no more, and where it is over meanwhile, or since the last."""
        if self.is_over:
            return None
        task = self._task = asyncio.current_task()
        assert task
        try:
            return await anext(events, None)
        except asyncio.CancelledError:
            if not self._is_cancelled or task.uncancel():  # by somebody else, perhaps as well
                raise
            return None
        finally:
            self._task = None

    def end(self) -> None:
        self.is_over = True
        if self._task:
            self._is_cancelled = self._task.cancel()


async def _why_over(context: Context) -> Exception:
    before = context.signed_in()
    now = await context.services.authentication.renewed(before)
    if now is not None and now.rights != before.rights:
        return Forbidden("Your role or company has changed. Please subscribe again.")
    return Unauthenticated("This session has ended. Please sign in again.")
