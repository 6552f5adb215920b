"""Devices: where a person's notifications are pushed to."""

import enum
from dataclasses import dataclass
from datetime import datetime


class DevicePlatform(enum.Enum):
    IOS = "IOS"
    ANDROID = "ANDROID"
    WEB = "WEB"


@dataclass(frozen=True, slots=True)
class Device:
    """`token` is what the push service knows it by; who has it can be pushed to, so nobody else is shown it."""

    id: int
    user_id: int
    platform: DevicePlatform
    token: str
    registered_at: datetime
