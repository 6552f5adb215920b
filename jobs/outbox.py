"""Telling what waits in the outbox, once it is there and as often as it takes."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import TypeAlias

import structlog

from domain.errors import CodedError
from domain.outbox import NotTold, Outbox, Waiting
from jobs.background import background

_log = structlog.get_logger("outbox")
_AT_ONCE = 1000
# How long nobody else takes what one process has taken; one that was killed holds it up for so long.
_KEPT_SECONDS = 6.0
_MOST_TRIES = 3
_LONGEST_REST_SECONDS = 5.0
_LONGEST_PAUSE_SECONDS, _LONGEST_WAIT_SECONDS = 10.0, 3600.0
Tell: TypeAlias = Callable[[Sequence[str]], Awaitable[Mapping[str, NotTold]]]


class Relay:
    """Tells `tell` of a topic's subjects, each of them once in a batch. Any number of relays may run at once.

    `tell` returns which subjects were not taken, and why; each of these is tried again up to `tries` times in all, with
    longer and longer pauses if none is asked for, and then set aside. It raises a CodedError where nobody could be told
    anything; then all of them wait.
    """

    def __init__(self, outbox: Outbox, topic: str, tell: Tell, tries: int = _MOST_TRIES) -> None:
        self._outbox, self._topic, self._tell, self._tries = outbox, topic, tell, tries
        self._rest, self._rests_until = 0.0, 0.0

    async def __call__(self) -> None:
        """Goes on until nothing waits."""
        if time.monotonic() < self._rests_until:
            return
        while taken := await self._outbox.take(self._topic, _AT_ONCE, _KEPT_SECONDS):
            try:
                async with background(self._keep(taken)):
                    refused = await self._tell(list(dict.fromkeys(one.subject for one in taken)))
            except CodedError as error:
                await self._give_back(taken, error)
                return
            await self._finish(taken, refused)

    async def _keep(self, taken: Sequence[Waiting]) -> None:
        ids = [one.id for one in taken]
        while True:
            await asyncio.sleep(_KEPT_SECONDS / 3)
            with suppress(CodedError):  # the next time may come early enough
                await self._outbox.keep(ids, _KEPT_SECONDS)

    async def _finish(self, taken: Sequence[Waiting], refused: Mapping[str, NotTold]) -> None:
        if self._rest:
            _log.info("told_again", topic=self._topic)
            self._rest = 0.0
        await self._outbox.finish(self._topic, [one for one in taken if one.subject not in refused])
        again = [one for one in taken if one.subject in refused and one.attempts + 1 < self._tries]
        aside = [one for one in taken if one.subject in refused and one.attempts + 1 >= self._tries]
        if again:
            await self._outbox.put_off({one.id: _pause(one, refused[one.subject]) for one in again})
        if aside:
            await self._outbox.set_aside({one.id: refused[one.subject].reason for one in aside})
        for one in aside:
            _log.error("set_aside", topic=self._topic, subject=one.subject, reason=refused[one.subject].reason)

    async def _give_back(self, taken: Sequence[Waiting], error: CodedError) -> None:
        """Nobody could be told. Each time a longer rest, and one line in the log for all of them."""
        if not self._rest:
            _log.warning("waits", topic=self._topic, reason=error.message)
        self._rest = min(max(self._rest * 2, 1.0), _LONGEST_REST_SECONDS)
        self._rests_until = time.monotonic() + self._rest
        await self._outbox.give_back(self._topic, taken)


def _pause(one: Waiting, told: NotTold) -> float:
    """In seconds, before it is tried again: longer each time, or what was asked for, within reason."""
    own = min(2.0 ** min(one.attempts, 10), _LONGEST_PAUSE_SECONDS)
    return max(own, min(told.wait_seconds or 0.0, _LONGEST_WAIT_SECONDS))
