"""Notifications, and the devices that they are pushed to."""

from collections.abc import AsyncIterator
from typing import Any

import strawberry

from domain import ids
from domain.devices import Device
from domain.notifications import NOTIFICATIONS_BY_AGE, Notification
from domain.pages import Page, PageRequest
from domain.users import Viewer
from resolvers.arguments import After, First
from resolvers.context import Info
from resolvers.live import until_ended


async def of_viewer(
    root: strawberry.Parent[Viewer], info: Info, first: First = 20, after: After = None
) -> Page[Notification]:
    page = PageRequest.of(NOTIFICATIONS_BY_AGE, first, after)
    return await info.context.stores.notifications.page(root.user.id, page)


async def unread_of_viewer(root: strawberry.Parent[Viewer], info: Info) -> int:
    return await info.context.stores.notifications.unread(root.user.id)


async def devices_of_viewer(root: strawberry.Parent[Viewer], info: Info) -> list[Device]:
    return await info.context.stores.devices.of_user(root.user.id)


async def register_device(info: Info, input: Any) -> Device:
    """Registers a phone or browser, to which notifications are pushed from now on. If somebody else had registered it,
    theirs go there no longer. It is forgotten when this session is ended.
    """
    return await info.context.services.devices.register(info.context.signed_in(), input.platform, input.token)


async def unregister_device(info: Info, input: Any) -> ids.Deleted:
    """Forgets a device of one's own."""
    await info.context.services.devices.unregister(info.context.signed_in(), ids.decode("Device", input.id))
    return ids.Deleted(input.id)


async def mark_notifications_read(info: Info, input: Any) -> int:
    """Marks notifications of one's own as read, at most 100 at a time, and answers how many of them were not read yet.
    What is not there, or somebody else's, does not count.
    """
    wanted = [ids.decode("Notification", one) for one in input.ids]
    return await info.context.services.notifications.mark_read(info.context.signed_in(), wanted)


def notification_added(info: Info) -> AsyncIterator[Notification]:
    """The viewer's notifications as they come."""
    notifications = info.context.services.notifications.watch(info.context.signed_in())
    return until_ended(info.context, notifications)
