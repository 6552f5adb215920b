"""When those must end who live longer than a request: with the session or the token that they came by."""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import Context
from datetime import UTC, datetime
from typing import TypeAlias

from domain.patience import patiently
from domain.ports import Inbox, Signals, Wake
from domain.users import Viewer

Renew: TypeAlias = Callable[[Viewer], Awaitable[Viewer | None]]


class Endings:
    """One watch for each session in this process, however many must end with it. `renew` finds the viewer as they are
    now, or None where their session has ended.
    """

    def __init__(self, signals: Signals, renew: Renew) -> None:
        self._signals, self._renew = signals, renew
        self._watches: dict[int, _Watch] = {}

    def of(self, viewer: Viewer, then: Callable[[], None], *, by_rights: bool) -> "Ending":
        """`then` is called once, in nobody's context, and never before this has returned."""
        watch = self._watches.get(viewer.session_id) or _Watch(viewer, self._signals, self._renew, self._watches)
        return Ending(watch, viewer, then, by_rights)


class Ending:
    """Of one who must end. When it comes, or has been cancelled, it does not come any more."""

    __slots__ = ("_by_rights", "_then", "_viewer", "_watch")

    def __init__(self, watch: "_Watch", viewer: Viewer, then: Callable[[], None], by_rights: bool) -> None:
        self._watch, self._viewer, self._then, self._by_rights = watch, viewer, then, by_rights
        watch.join(self)

    def seconds(self) -> float:
        """Until the token is over."""
        return max((self._viewer.expires_at - datetime.now(UTC)).total_seconds(), 0)

    def judge(self, now: Viewer | None) -> None:
        if now is None or (self._by_rights and now.rights != self._viewer.rights):
            self.come()

    def come(self) -> None:
        if self._watch.is_for(self):
            self.cancel()
            self._then()

    def cancel(self) -> None:
        self._watch.leave(self)


class _Watch:
    """Over one session, from when somebody joins until nobody is there any more."""

    __slots__ = ("_alarm", "_all", "_inbox", "_present", "_renew", "_signals", "_task", "_viewer")

    def __init__(self, viewer: Viewer, signals: Signals, renew: Renew, every: "dict[int, _Watch]") -> None:
        self._viewer, self._signals, self._renew, self._all = viewer, signals, renew, every
        self._present: set[Ending] = set()
        self._inbox: Inbox | None = None
        self._alarm: asyncio.TimerHandle | None = None
        every[viewer.session_id] = self
        # It is nobody's in particular: neither in the log nor in what is counted of an operation.
        self._task = asyncio.create_task(self._look_on(), context=Context())

    def is_for(self, ending: Ending) -> bool:
        return ending in self._present

    def join(self, ending: Ending) -> None:
        """It looks once more: news of which the others were told may have come after this viewer was read."""
        self._present.add(ending)
        self._set_alarm(ending.seconds())
        if self._inbox is not None:
            self._inbox.hear(Wake((), lost=False))

    def leave(self, ending: Ending) -> None:
        self._present.discard(ending)
        if not self._present:
            self._retire()
            self._task.cancel()

    def _set_alarm(self, seconds: float) -> None:
        """One for all of them, for the token that is over first."""
        loop = asyncio.get_running_loop()
        if self._alarm is None or loop.time() + seconds < self._alarm.when():
            self._put_off()
            self._alarm = loop.call_later(seconds, self._ring, context=Context())

    def _put_off(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _ring(self) -> None:
        self._alarm = None
        for ending in tuple(self._present):
            if ending.seconds() == 0:
                ending.come()
        if self._present:
            self._set_alarm(min(ending.seconds() for ending in self._present))

    def _retire(self) -> None:
        """Who comes from now on has a new one."""
        self._put_off()
        if self._all.get(self._viewer.session_id) is self:
            del self._all[self._viewer.session_id]

    async def _look_on(self) -> None:
        try:
            with self._signals.listen(("person", self._viewer.user.id)) as self._inbox:
                while True:
                    await self._look()
                    await self._inbox.wait()
        finally:
            self._retire()
            for ending in tuple(self._present):
                ending.come()  # also where it failed: what is not watched must not go on

    async def _look(self) -> None:
        """Who joins meanwhile is judged by the next look: this one may be older than what they were read as."""
        present = tuple(self._present)
        now = await patiently(lambda: self._renew(self._viewer))
        for ending in present:
            ending.judge(now)
