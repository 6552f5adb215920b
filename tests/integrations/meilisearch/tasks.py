"""Tasks: what was asked to be written, and how it went."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from tests.integrations.meilisearch import queries
from tests.integrations.meilisearch.errors import Refusal
from tests.integrations.meilisearch.indexes import now

STATUSES = ("enqueued", "processing", "succeeded", "failed", "canceled")
TYPES = (
    "documentAdditionOrUpdate",
    "documentEdition",
    "documentDeletion",
    "settingsUpdate",
    "indexCreation",
    "indexDeletion",
    "indexUpdate",
    "indexSwap",
    "taskCancelation",
    "taskDeletion",
    "dumpCreation",
    "snapshotCreation",
    "export",
    "upgradeDatabase",
    "indexCompaction",
)


@dataclass
class Task:
    """`operation` and `payload` are what is done when its turn comes; `failed_details` what is told if it fails."""

    uid: int
    type: str
    index_uid: str | None
    operation: str
    payload: dict[str, Any]
    details: dict[str, Any]
    failed_details: dict[str, Any] = field(default_factory=dict)
    custom_metadata: str | None = None
    status: str = "enqueued"
    error: dict[str, Any] | None = None
    batch_uid: int | None = None
    enqueued_at: str = field(default_factory=now)
    started_at: str | None = None
    finished_at: str | None = None

    def summary(self) -> dict[str, Any]:
        """What is answered when it is put in the queue."""
        shown = {
            "taskUid": self.uid,
            "indexUid": self.index_uid,
            "status": "enqueued",
            "type": self.type,
            "enqueuedAt": self.enqueued_at,
        }
        return shown if self.custom_metadata is None else shown | {"customMetadata": self.custom_metadata}

    def view(self) -> dict[str, Any]:
        shown = {
            "uid": self.uid,
            "batchUid": self.batch_uid,
            "indexUid": self.index_uid,
            "status": self.status,
            "type": self.type,
            "canceledBy": None,
            "details": self.details,
            "error": self.error,
            "duration": self._duration(),
            "enqueuedAt": self.enqueued_at,
            "startedAt": self.started_at,
            "finishedAt": self.finished_at,
        }
        return shown if self.custom_metadata is None else shown | {"customMetadata": self.custom_metadata}

    def _duration(self) -> str | None:
        if self.started_at is None or self.finished_at is None:
            return None
        taken = datetime.fromisoformat(self.finished_at) - datetime.fromisoformat(self.started_at)
        return f"PT{taken.total_seconds():f}S"

    def kept(self) -> dict[str, Any]:
        return asdict(self)


_MOMENTS = {
    "afterEnqueuedAt": "enqueued_at",
    "beforeEnqueuedAt": "enqueued_at",
    "afterStartedAt": "started_at",
    "beforeStartedAt": "started_at",
    "afterFinishedAt": "finished_at",
    "beforeFinishedAt": "finished_at",
}
_LISTS = {"uids": "uid", "batchUids": "batch_uid", "statuses": "status", "types": "type", "indexUids": "index_uid"}
PARAMETERS: dict[str, tuple[str, queries.Parameter]] = {
    "limit": ("invalid_task_limit", queries.natural),
    "from": ("invalid_task_from", queries.natural),
    "reverse": ("invalid_task_reverse", queries.boolean),
    "batchUids": ("invalid_batch_uids", queries.several(queries.natural)),
    "uids": ("invalid_task_uids", queries.several(queries.natural)),
    "canceledBy": ("invalid_task_canceled_by", queries.several(queries.natural)),
    "types": ("invalid_task_types", queries.several(queries.among("task type", "types", TYPES))),
    "statuses": ("invalid_task_statuses", queries.several(queries.among("task status", "statuses", STATUSES))),
    "indexUids": ("invalid_index_uid", queries.several(queries.index_name)),
    "afterEnqueuedAt": ("invalid_task_after_enqueued_at", queries.moment),
    "beforeEnqueuedAt": ("invalid_task_before_enqueued_at", queries.moment),
    "afterStartedAt": ("invalid_task_after_started_at", queries.moment),
    "beforeStartedAt": ("invalid_task_before_started_at", queries.moment),
    "afterFinishedAt": ("invalid_task_after_finished_at", queries.moment),
    "beforeFinishedAt": ("invalid_task_before_finished_at", queries.moment),
}


def _wanted(task: Task, asked: dict[str, Any]) -> bool:
    for name, value in asked.items():
        if value is None or name in ("limit", "from", "reverse"):
            continue
        if name == "canceledBy":
            return False
        if name in _LISTS and getattr(task, _LISTS[name]) not in value:
            return False
        if name in _MOMENTS:
            moment = getattr(task, _MOMENTS[name])
            if moment is None:
                return False
            later = datetime.fromisoformat(moment) > value
            if later != name.startswith("after"):
                return False
    return True


def listed(tasks: list[Task], asked: dict[str, Any]) -> dict[str, Any]:
    """The tasks that are asked for, the newest first."""
    reverse, start, limit = asked.get("reverse", False), asked.get("from"), asked.get("limit", 20)
    wanted = [task for task in tasks if _wanted(task, asked)]
    ordered = wanted if reverse else wanted[::-1]
    if start is not None:
        ordered = [task for task in ordered if (task.uid >= start if reverse else task.uid <= start)]
    page, rest = ordered[:limit], ordered[limit:]
    return {
        "results": [task.view() for task in page],
        "total": len(wanted),
        "limit": limit,
        "from": page[0].uid if page else None,
        "next": rest[0].uid if rest else None,
    }


def found(tasks: list[Task], uid: str) -> Task:
    if not (uid.isascii() and uid.isdigit()):
        message = f"Task uid `{uid}` is invalid. It should only contain numeric characters."
        raise Refusal("invalid_task_uids", message)
    if int(uid) >= len(tasks):
        raise Refusal("task_not_found", f"Task `{uid}` not found.")
    return tasks[int(uid)]
