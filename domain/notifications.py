"""Notifications: what people are told of, each of them once."""

import enum
from dataclasses import dataclass
from datetime import datetime


class NotificationKind(enum.Enum):
    REVIEW_ADDED = "REVIEW_ADDED"
    PLAN_EXPIRED = "PLAN_EXPIRED"
    PLAN_EXPIRING = "PLAN_EXPIRING"
    UPLOAD_SWEPT = "UPLOAD_SWEPT"
    CONTENT_ADDED = "CONTENT_ADDED"


@dataclass(frozen=True, slots=True)
class Notification:
    id: int
    user_id: int
    kind: NotificationKind
    title: str
    body: str
    content_id: int | None
    read_at: datetime | None
    created_at: datetime
