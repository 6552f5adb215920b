"""Pushing notifications to devices: never the same event to the same device twice, whoever dies in the middle."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress

import structlog

from domain import ids
from domain.errors import Unavailable
from domain.outbox import NotTold
from domain.patience import patiently
from domain.push import Claimed, Fate, Push, Pushed, PushService, PushStore

_log = structlog.get_logger("push")
# So many are claimed and sent at the same time: as many as a process that is killed may leave unsent.
_AT_ONCE = 50
# How long those that are on their way are waited for when the process stops.
_LAST_SECONDS = 3.0
# How often one that its service does not take is tried: with its pauses, for about half an hour.
TRIES = 180


async def skip(_subjects: Sequence[str]) -> Mapping[str, NotTold]:
    """What a relay tells where there is no push service."""
    return {}


class PushNotifications:
    """What a relay tells. A push is claimed before it is sent, and given back only if it surely was not."""

    def __init__(self, store: PushStore, service: PushService) -> None:
        self._store, self._service = store, service

    async def __call__(self, subjects: Sequence[str]) -> Mapping[str, NotTold]:
        later: dict[str, NotTold] = {}
        for start in range(0, len(subjects), _AT_ONCE):
            later |= await self._push(subjects[start : start + _AT_ONCE])
        return later

    async def _push(self, subjects: Sequence[str]) -> dict[str, NotTold]:
        """Which were not taken. Raises Unavailable where none could be sent."""
        claimed = await self._store.claim(subjects)
        sending = {asyncio.create_task(self._send(one)): one for one in claimed}
        try:
            if sending:
                await asyncio.wait(sending)
        except asyncio.CancelledError:
            await self._stop(sending)
            raise
        fates = {one: sent.result() for sent, one in sending.items()}
        await self._settle(fates)
        silent = [fate for fate in fates.values() if isinstance(fate, Unavailable)]
        if silent and len(silent) == len(fates):
            raise silent[0]
        return {one.subject: _not_told(fate) for one, fate in fates.items() if _is_unsent(fate)}

    async def _stop(self, sending: Mapping["asyncio.Task[Pushed | Unavailable]", Claimed]) -> None:
        """What is on its way may still be answered; what then was not sent is given back."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_LAST_SECONDS):
                done, unanswered = await asyncio.wait(sending, timeout=_LAST_SECONDS / 2)
                for push in unanswered:
                    push.cancel()
                await self._settle({sending[push]: push.result() for push in done})

    async def _send(self, one: Claimed) -> Pushed | Unavailable:
        try:
            return await self._service.send(_message(one))
        except Unavailable as error:
            return error
        except Exception:
            # A fault of ours with one must not keep the others from being given back.
            _log.exception("push_failed", cause=one.event)
            return Pushed(Fate.UNKNOWN, "a fault of ours")

    async def _settle(self, fates: Mapping[Claimed, Pushed | Unavailable]) -> None:
        """What was not sent is given back first, however long the database is away: else it never would be sent."""
        unsent = [one for one, fate in fates.items() if _is_unsent(fate)]
        if unsent:
            await patiently(lambda: self._store.release(unsent))
        for one, fate in fates.items():
            if isinstance(fate, Pushed):
                await self._note(one, fate)

    async def _note(self, one: Claimed, pushed: Pushed) -> None:
        if pushed.fate is Fate.DEAD:
            await self._store.forget_device(one.device_id, one.token)
        if pushed.fate is not Fate.SENT:
            _log.info("push", fate=pushed.fate.name, device_id=one.device_id, cause=one.event, reason=pushed.reason)


def _is_unsent(fate: Pushed | Unavailable) -> bool:
    return isinstance(fate, Unavailable) or fate.fate is Fate.LATER


def _not_told(fate: Pushed | Unavailable) -> NotTold:
    """Where others are sent, what cannot be is tried again by itself."""
    if isinstance(fate, Unavailable):
        return NotTold(fate.message)
    return NotTold(fate.reason, fate.wait_seconds)


def _message(one: Claimed) -> Push:
    data = {"notificationId": ids.encode("Notification", one.notification_id), "kind": one.kind.value}
    if one.content_id is not None:
        data["contentId"] = ids.encode("Content", one.content_id)
    return Push(one.token, one.event, one.title, one.body, data)
