"""The engine behind the interface: indexes, the queue of tasks, and the worker that runs them one after another."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from tests.integrations.meilisearch.errors import Refusal, out_of_space
from tests.integrations.meilisearch.indexes import Index, now
from tests.integrations.meilisearch.operations import OPERATIONS, existing
from tests.integrations.meilisearch.tasks import Task

_KEPT = ("uid", "primary_key", "created_at", "updated_at", "settings", "documents")


class Engine:
    """`state` is a file that keeps everything, written before a task is acknowledged and after it was run."""

    def __init__(self, state: Path | None = None) -> None:
        self.delay = 0.01
        self.hold = asyncio.Event()
        self.poison: set[Any] = set()
        self.full: Callable[[], bool] = lambda: False
        self.indexes: dict[str, Index] = {}
        self.tasks: list[Task] = []
        self._state, self._batches = state, 0
        self._waiting = asyncio.Event()
        if state and state.exists():
            self._load(orjson.loads(state.read_bytes()))

    def forget(self) -> None:
        self.indexes.clear()
        self.tasks.clear()
        self.poison.clear()
        self.hold.clear()
        self._batches = 0

    def index(self, uid: str) -> Index:
        return existing(self.indexes, uid)

    def enqueue(self, kind: str, uid: str | None, operation: str, payload: dict[str, Any], **told: Any) -> Task:
        """Puts a task at the end of the queue. `told` are its details, those if it fails, and the asker's own word."""
        task = Task(len(self.tasks), kind, uid, operation, payload, **told)
        self.tasks.append(task)
        self._save()
        self._waiting.set()
        return task

    def indexing(self, uid: str) -> bool:
        return any(task.status == "processing" and task.index_uid == uid for task in self.tasks)

    async def work(self) -> None:
        """Runs tasks in their order, for ever."""
        while True:
            task = next((one for one in self.tasks if one.status in ("enqueued", "processing")), None)
            if task is None:
                self._waiting.clear()
                await self._waiting.wait()
            elif self.hold.is_set():
                await asyncio.sleep(0.005)
            else:
                await self._run(task)

    async def _run(self, task: Task) -> None:
        task.status, task.started_at, task.batch_uid = "processing", now(), self._batches
        await asyncio.sleep(self.delay)
        if task.uid >= len(self.tasks) or self.tasks[task.uid] is not task:
            return  # forgotten meanwhile
        self._batches += 1
        try:
            if self.full():
                refusal = out_of_space()
                raise refusal.within(task.index_uid) if task.index_uid else refusal
            OPERATIONS[task.operation](self.indexes, task, self.poison)
            task.status = "succeeded"
        except Refusal as refusal:
            self._failed(task, refusal)
        except Exception as error:  # the worker goes on, as the real one does after a crash in a task
            crash = f"An unexpected crash occurred when processing the task: {error!r}"
            self._failed(task, Refusal("internal", crash))
        task.finished_at = now()
        self._save()

    def _failed(self, task: Task, refusal: Refusal) -> None:
        task.status, task.error = "failed", refusal.body()
        task.details |= task.failed_details

    def _save(self) -> None:
        if self._state is None:
            return
        kept = {
            "indexes": [{name: getattr(index, name) for name in _KEPT} for index in self.indexes.values()],
            "tasks": [task.kept() for task in self.tasks],
            "batches": self._batches,
        }
        new = self._state.with_suffix(".new")
        new.write_bytes(orjson.dumps(kept))
        os.replace(new, self._state)

    def _load(self, kept: dict[str, Any]) -> None:
        self.indexes = {index["uid"]: Index(**index) for index in kept["indexes"]}
        self.tasks = [Task(**task) for task in kept["tasks"]]
        self._batches = kept["batches"]
