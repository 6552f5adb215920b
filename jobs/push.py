"""Pushing notifications to devices: never the same event to the same device twice, whoever dies in the middle."""

import asyncio
from collections.abc import Mapping, Sequence

import structlog

from domain import ids
from domain.errors import Unavailable
from domain.outbox import NotTold
from domain.push import Claimed, Fate, Push, Pushed, PushService, PushStore

_log = structlog.get_logger("push")
# So many are claimed and sent at the same time: as many as a process that is killed may leave unsent.
_AT_ONCE = 50
# How often one that its service does not take is tried: with its pauses, for about ten minutes.
TRIES = 15


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
        claimed = await self._store.claim(subjects)
        fates = await asyncio.gather(*(self._send(one) for one in claimed))
        told = list(zip(claimed, fates, strict=True))
        unsent = [one for one, pushed in told if isinstance(pushed, Unavailable) or pushed.fate is Fate.LATER]
        if unsent:
            await self._store.release(unsent)
        for _, pushed in told:
            if isinstance(pushed, Unavailable):
                raise pushed
        return {
            one.subject: NotTold(pushed.reason, pushed.wait_seconds)
            for one, pushed in told
            if isinstance(pushed, Pushed) and pushed.fate is Fate.LATER
        }

    async def _send(self, one: Claimed) -> Pushed | Unavailable:
        try:
            pushed = await self._service.send(_message(one))
        except Unavailable as error:
            return error
        if pushed.fate is Fate.DEAD:
            await self._store.forget_device(one.device_id, one.token)
        if pushed.fate is not Fate.SENT:
            _log.info("push", fate=pushed.fate.name, device_id=one.device_id, cause=one.event, reason=pushed.reason)
        return pushed


def _message(one: Claimed) -> Push:
    data = {"notificationId": ids.encode("Notification", one.notification_id), "kind": one.kind.value}
    if one.content_id is not None:
        data["contentId"] = ids.encode("Content", one.content_id)
    return Push(one.token, one.platform, one.event, one.title, one.body, data)
