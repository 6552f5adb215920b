"""Video files of contents."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.contents import ContentStore, managed
from domain.errors import Refusal, RefusalCode, not_found
from domain.media import ObjectStore, is_safe_key, video_type
from domain.ports import Database, Signals, Transaction
from domain.users import Viewer


@dataclass(frozen=True, slots=True)
class VideoAsset:
    id: int
    content_id: int
    key: str
    content_type: str
    size_bytes: int


class VideoAssetStore(Protocol):
    async def of_contents(self, content_ids: Sequence[int]) -> list[list[VideoAsset]]: ...

    async def by_ids(self, ids: Sequence[int]) -> list[VideoAsset | None]:
        """Those of visible contents."""

    async def add(
        self, transaction: Transaction, content_id: int, key: str, content_type: str, size_bytes: int
    ) -> VideoAsset | None:
        """None where this content has this key already."""

    async def remove(self, transaction: Transaction, asset_id: int) -> None: ...


class VideoAssets:
    def __init__(
        self,
        database: Database,
        store: VideoAssetStore,
        contents: ContentStore,
        objects: ObjectStore,
        signals: Signals,
    ) -> None:
        self._database, self._store, self._contents = database, store, contents
        self._objects, self._signals = objects, signals

    async def add(self, viewer: Viewer, content_id: int, key: str) -> VideoAsset:
        """Takes a key only if the object is there and is video. Raises Refusal: NOT_FOUND, UNSUPPORTED_FILE_TYPE,
        ALREADY_EXISTS.
        """
        content = await managed(self._contents, viewer, content_id)
        content_type = video_type(key)
        if content_type is None:
            raise Refusal(RefusalCode.UNSUPPORTED_FILE_TYPE, "Only .mp4 .avi .mov .mkv .webm .m4v and .flv can play.")
        stored = await self._objects.head(key) if is_safe_key(key) else None
        if stored is None:
            raise not_found("file in the object store")
        async with self._database.writing() as transaction:
            asset = await self._store.add(transaction, content.id, key, content_type, stored.size_bytes)
        if asset is None:
            raise Refusal(RefusalCode.ALREADY_EXISTS, "This content has this file already.")
        return asset

    async def remove(self, viewer: Viewer, asset_id: int) -> None:
        """Open streams of it end. Raises Refusal NOT_FOUND."""
        asset = (await self._store.by_ids([asset_id]))[0]
        if asset is None:
            raise not_found("video file")
        try:
            await managed(self._contents, viewer, asset.content_id)
        except Refusal as error:
            raise not_found("video file") from error
        async with self._database.writing() as transaction:
            await self._store.remove(transaction, asset.id)
            await self._signals.announce(transaction, "content", asset.content_id, [])
