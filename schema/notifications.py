"""Notifications, and the devices that they are pushed to."""

from datetime import datetime

import strawberry

import resolvers.contents
from domain import devices as domain_devices
from domain import notifications as domain
from schema.contents import Content
from schema.present import enumerate_as, given, present, shown, union, worked
from schema.shared import Node, Refusal

enumerate_as(
    domain_devices.DevicePlatform,
    "What kind of device.",
    IOS="An iPhone or iPad.",
    ANDROID="An Android phone or tablet.",
    WEB="A browser.",
)

enumerate_as(
    domain.NotificationKind,
    "What a notification is about, so that an app can say it in its own words.",
    REVIEW_ADDED="Somebody reviewed a content of the company one manages.",
    PLAN_EXPIRED="The paid plan of the company one manages has expired.",
    PLAN_EXPIRING="The paid plan of the company one manages ends within three days.",
    UPLOAD_SWEPT="An upload was not completed within a day, and was given up.",
    CONTENT_ADDED="There is a new content of a genre of which one likes something.",
)


@present(domain_devices.Device, description="A phone or browser that notifications are pushed to.")
class Device(Node):
    platform: domain_devices.DevicePlatform = shown("What kind of device.")
    registered_at: datetime = shown("When it was last registered.")


@present(domain.Notification, description="Something that a person is told of. It is kept for 90 days.")
class Notification(Node):
    kind: domain.NotificationKind = shown("What it is about.")
    title: str = shown("It in a few words.")
    body: str = shown("It in a sentence, as plain text.")
    content = worked(
        resolvers.contents.visible_content_of,
        Content | None,
        "The content it is about; null where it is about none, and once that is deleted.",
    )
    read_at: datetime | None = shown("When it was marked as read; null until then.")
    created_at: datetime = shown("When it happened.")


DeviceResult = union("DeviceResult", Device, Refusal, "The device, or why not.")


@strawberry.input(description="A device to push to.")
class RegisterDeviceInput:
    platform: domain_devices.DevicePlatform = given("What kind of device.")
    token: str = given("Its registration token, as FCM gave it to the app: 1 to 4096 visible characters.")


@strawberry.input(description="Which device is forgotten.")
class UnregisterDeviceInput:
    id: strawberry.ID = given("The device's id.")


@strawberry.input(description="Which notifications were read.")
class MarkNotificationsReadInput:
    ids: list[strawberry.ID] = given("Their ids, at most 100.")
