"""Keeping an index at Meilisearch. What it is told it does later, in a task; here it counts when the task is done."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any

import structlog
from meilisearch_python_sdk import AsyncClient, AsyncIndex
from meilisearch_python_sdk.errors import MeilisearchApiError
from meilisearch_python_sdk.models.settings import MeilisearchSettings
from meilisearch_python_sdk.models.task import TaskInfo, TaskResult

from domain.search import Document, SearchUnavailable
from integrations.meilisearch import asking
from integrations.meilisearch_documents import SETTINGS, are_ours, shaped

_log = structlog.get_logger("meilisearch")
_ANSWER_SECONDS = 5.0
# Meilisearch takes 100 MB at once unless told otherwise; small portions also keep us from computing for long.
_AT_ONCE, _MOST_CHARACTERS = 250, 200_000
# A task that takes longer is given up on; what it was to do is told again.
_TASK_SECONDS = 60.0
_PAGE = 1000
# Settings that are not ours any more are put right once in so long.
_SETTLED_SECONDS = 300.0


class MeilisearchIndex:
    """Speaks domain.search_index.EngineIndex."""

    def __init__(self, client: AsyncClient, index: str) -> None:
        self._client, self.name = client, index
        self.beside = f"{index}-rebuild"
        self._settled_at = -_SETTLED_SECONDS

    async def prepare(self) -> bool:
        held = await self._settings()
        if held is None:
            await self._make(self.name)
            self._settled_at = time.monotonic()
        elif not are_ours(held) and time.monotonic() - self._settled_at > _SETTLED_SECONDS:
            # Not again and again: an older version of ours that is still running may want others.
            _log.warning("gives_settings", index=self.name)
            await self._give_settings(self.name)
            self._settled_at = time.monotonic()
        return held is None

    async def put(
        self, documents: Sequence[Document], gone: Sequence[int], *, into: str | None = None
    ) -> Mapping[int, str]:
        index = self._client.index(into or self.name)
        async with asking(_ANSWER_SECONDS):
            await index.get_stats()  # an index that is missing would be made by itself, without our settings
            removal = [await index.delete_documents([str(one) for one in gone])] if gone else []
        refused: dict[int, str] = {}
        portions = list(_portions(documents))
        while portions or removal:
            sent = [(portion, await self._send(index, portion, refused)) for portion in portions]
            tasks = [*removal, *(task for _, task in sent if isinstance(task, TaskInfo))]
            failed = await self._done(tasks)
            portions, removal = [], []
            for portion, task in sent:
                reason = failed.get(task.task_uid) if isinstance(task, TaskInfo) else task
                if reason and len(portion) > 1:
                    portions += [portion[: len(portion) // 2], portion[len(portion) // 2 :]]
                elif reason:
                    refused[portion[0].id] = reason
        return refused

    async def begin(self) -> None:
        await self._remove(self.beside)
        await self._make(self.beside)

    async def swap(self) -> None:
        async with asking(_ANSWER_SECONDS):
            swapped = await self._client.swap_indexes([(self.beside, self.name)])
        if failed := await self._done([swapped]):
            _log.error("not_swapped", reason=failed[swapped.task_uid])
            raise SearchUnavailable
        await self._remove(self.beside)

    async def held(self) -> int:
        async with asking(_ANSWER_SECONDS):
            return (await self._client.index(self.name).get_stats()).number_of_documents

    async def seals(self) -> AsyncIterator[Mapping[int, str]]:
        offset, total = 0, 1
        while offset < total:
            async with asking(_ANSWER_SECONDS):
                page = await self._client.index(self.name).get_documents(
                    fields=["id", "seal"], offset=offset, limit=_PAGE
                )
            yield {int(document["id"]): str(document.get("seal")) for document in page.results}
            offset, total = offset + _PAGE, page.total

    def seal(self, document: Document) -> str:
        return document.seal

    async def _settings(self) -> MeilisearchSettings | None:
        async with asking(_ANSWER_SECONDS):
            try:
                return await self._client.index(self.name).get_settings()
            except MeilisearchApiError as error:
                if error.code != "index_not_found":
                    raise
        return None

    async def _make(self, uid: str) -> None:
        """An index of that name, if by somebody else just now."""
        async with asking(_TASK_SECONDS):
            await self._client.create_index(uid, "id")
        await self._give_settings(uid)

    async def _remove(self, uid: str) -> None:
        """An index of that name, if there is one."""
        async with asking(_ANSWER_SECONDS):
            removal = await self._client.index(uid).delete()
        await self._done([removal])

    async def _give_settings(self, uid: str) -> None:
        async with asking(_ANSWER_SECONDS):
            given = await self._client.index(uid).update_settings(SETTINGS)
        if failed := await self._done([given]):
            _log.error("settings_refused", reason=failed[given.task_uid])
            raise SearchUnavailable

    async def _send(
        self, index: AsyncIndex, portion: Sequence[Document], refused: dict[int, str]
    ) -> TaskInfo | str | None:
        """The task, or why the portion was refused at once. Long texts take long to take apart, which is done beside
        the requests.
        """
        made = await asyncio.to_thread(_shaped, portion, refused)
        if not made:
            return None
        async with asking(_ANSWER_SECONDS):
            try:
                return await index.add_documents(made, "id")
            except MeilisearchApiError as error:
                if error.status_code not in (400, 413):
                    raise
                return f"{error.code}: {error.message[:300]}"

    async def _done(self, tasks: Sequence[TaskInfo]) -> Mapping[int, str]:
        """Waits for tasks to end; which were refused for what was in them, and why. Raises SearchUnavailable."""
        failed: dict[int, str] = {}
        waiting, pause = {task.task_uid for task in tasks}, 0.02
        ends = time.monotonic() + _TASK_SECONDS
        while waiting:
            if time.monotonic() > ends:
                _log.warning("tasks_take_too_long", waiting=len(waiting))
                raise SearchUnavailable
            async with asking(_ANSWER_SECONDS):
                found = await self._client.get_tasks(uids=sorted(waiting), limit=len(waiting))
            for task in found.results:
                if task.status not in ("enqueued", "processing"):
                    waiting.discard(task.uid)
                    failed |= _failure(task)
            if waiting:
                await asyncio.sleep(pause)
                pause = min(pause * 1.5, 0.5)
        return failed


def _failure(task: TaskResult) -> Mapping[int, str]:
    error = task.error or {}
    if task.status == "succeeded":
        return {}
    reason = f"{error.get('code')}: {str(error.get('message'))[:300]}"
    if error.get("type") == "invalid_request":
        return {task.uid: reason}
    _log.warning("task_failed", task=task.uid, status=task.status, reason=reason)
    raise SearchUnavailable


def _portions(documents: Sequence[Document]) -> Iterator[Sequence[Document]]:
    """What is sent at once."""
    portion, characters = list[Document](), 0
    for document in documents:
        portion.append(document)
        characters += len(document.title) + len(document.description or "")
        if len(portion) == _AT_ONCE or characters > _MOST_CHARACTERS:
            yield portion
            portion, characters = [], 0
    if portion:
        yield portion


def _shaped(documents: Sequence[Document], refused: dict[int, str]) -> list[dict[str, Any]]:
    """Without those that cannot be given a shape, which is a fault of ours and must not hold up the others."""
    made = []
    for document in documents:
        try:
            made.append(shaped(document))
        except Exception as error:
            _log.exception("no_shape", content_id=document.id)
            refused[document.id] = f"cannot be shaped: {error!r}"
    return made
