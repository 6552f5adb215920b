"""Images that people upload: announced, sent straight to the object store, looked at, and read."""

import enum
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from domain import ids
from domain.disposition import disposition
from domain.errors import Refusal, RefusalCode, Unavailable, ValidationFailed, not_found
from domain.image_types import FIRST_BYTES, type_of
from domain.leases import Leases
from domain.media import (
    PATIENCE_SECONDS,
    READ_SECONDS,
    ObjectStore,
    SignedUpload,
    StoredObject,
    answered,
    checked_key,
)
from domain.ports import Database, Transaction
from domain.uploads import LONGEST_FILENAME, NewImage, NewUpload, Uploads, incoming
from domain.users import Viewer
from domain.validation import Problems

# Longer than looking at an image can take, and how long another waits for its turn.
_HELD_SECONDS, _TURN_SECONDS = 15.0, 4.0


class ImageStatus(enum.Enum):
    PENDING = "PENDING"
    READY = "READY"


@dataclass(frozen=True, slots=True)
class Image:
    id: int
    owner_id: int
    key: str
    filename: str
    content_type: str
    size_bytes: int
    status: ImageStatus
    created_at: datetime


@dataclass(frozen=True, slots=True)
class FormField:
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class UploadTicket:
    image: Image
    signed: SignedUpload

    @property
    def method(self) -> str:
        return self.signed.method

    @property
    def headers(self) -> list[FormField]:
        return [FormField(name, value) for name, value in self.signed.headers.items()]

    @property
    def fields(self) -> list[FormField]:
        """Of a form by POST, which no store of ours wants."""
        return []

    @property
    def expires_at(self) -> datetime:
        return self.signed.expires_at


@dataclass(frozen=True, slots=True)
class SignedUrl:
    """`address` is below the server's own, or absolute; it is good for `expires_in` seconds."""

    key: str
    address: str
    expires_in: int
    download: bool


@dataclass(frozen=True, slots=True)
class Swept:
    """An upload that was never completed, and is no more."""

    image_id: int
    owner_id: int
    filename: str


class ImageStore(Protocol):
    async def visible(self, ids: Sequence[int], viewer_id: int) -> list[Image | None]:
        """One's own, and those of posts once they are ready."""

    async def visible_by_key(self, key: str, viewer_id: int) -> Image | None: ...

    async def insert(self, transaction: Transaction, owner_id: int, new: NewImage) -> Image: ...

    async def expect_bytes(self, key: str) -> None:
        """Some are about to be stored under this key; unless `keep` is called within an hour, they are deleted."""

    async def keep(self, transaction: Transaction, owner_id: int, new: NewImage) -> Image:
        """A generated image, ready, whose bytes are stored and now stay. Raises Conflict where its owner is gone."""

    async def make_ready(self, transaction: Transaction, image_id: int) -> Image | None:
        """None where it is gone."""

    async def delete(self, transaction: Transaction, image_id: int) -> None:
        """Its bytes follow."""

    async def sweep_uploads(self, transaction: Transaction, kept: timedelta) -> list[Swept]:
        """Deletes those that were never completed, after so long; at most a thousand at a time."""

    async def sweep(self, kept: timedelta) -> None:
        """Deletes generated ones that are no persona's, after so long."""


class Images:
    def __init__(
        self, database: Database, store: ImageStore, objects: ObjectStore, uploads: Uploads, leases: Leases
    ) -> None:
        self._database, self._store, self._objects, self._uploads = database, store, objects, uploads
        self._leases = leases

    async def create_upload(self, viewer: Viewer, wanted: NewUpload) -> UploadTicket:
        """Raises Refusal: VALIDATION_FAILED, FILE_TOO_LARGE, UNSUPPORTED_FILE_TYPE."""
        planned = await self._uploads.plan(wanted, Problems("input"))
        async with self._database.writing() as transaction:
            image = await self._store.insert(transaction, viewer.user.id, planned.image)
        return UploadTicket(image, planned.signed)

    async def complete(self, viewer: Viewer, image_id: int) -> Image:
        """Looks at what arrived. Raises Refusal: NOT_FOUND, UPLOAD_INCOMPLETE, FILE_TOO_LARGE,
        UNSUPPORTED_FILE_TYPE.
        """
        image = await self._own(viewer, image_id)
        if image.status is ImageStatus.READY:
            return image
        # One at a time: else, at a store that keeps no conditions, one might copy what came after the other had looked.
        turn = self._leases.hold(f"image {image.id}", _HELD_SECONDS, patience=_TURN_SECONDS)
        async with answered(PATIENCE_SECONDS), turn as is_ours:
            image = await self._own(viewer, image_id)
            if image.status is ImageStatus.READY:
                return image
            if not is_ours:
                message = "Another request is completing this just now. Please try again in a moment."
                raise Refusal(RefusalCode.UPLOAD_INCOMPLETE, message)
            await self._take(image)
            async with self._database.writing() as transaction:
                ready = await self._store.make_ready(transaction, image.id)
        if ready is None:
            raise not_found("image of yours")
        return ready

    async def signed_url(
        self, viewer: Viewer | None, key: str, *, download: bool, filename: str | None
    ) -> SignedUrl | None:
        """None for what is not there, not ready, or not theirs to see. Raises ValidationFailed."""
        if filename is not None and len(filename) > LONGEST_FILENAME:
            raise ValidationFailed(f"`filename` may have at most {LONGEST_FILENAME} characters.")
        viewer_id = viewer.user.id if viewer else ids.NOTHING
        image = await self._store.visible_by_key(checked_key(key), viewer_id)
        if image is None or image.status is not ImageStatus.READY:
            return None
        return SignedUrl(key, await self.address(image, download=download, filename=filename), READ_SECONDS, download)

    async def address(self, image: Image, *, download: bool = False, filename: str | None = None) -> str:
        """Where it can be read for READ_SECONDS."""
        named = disposition(filename or image.filename, download=download)
        return await self._objects.address(image.key, READ_SECONDS, content_type=image.content_type, disposition=named)

    async def _own(self, viewer: Viewer, image_id: int) -> Image:
        (image,) = await self._store.visible([image_id], viewer.user.id)
        if image is None or image.owner_id != viewer.user.id:
            raise not_found("image of yours")
        return image

    async def _take(self, image: Image) -> None:
        """Looks at what arrived, and copies it to where nobody can replace it."""
        arrived = await self._objects.head(incoming(image.key))
        try:
            _judge(image, arrived, await self._first_bytes(arrived) if arrived else b"")
            assert arrived
            await self._objects.copy(arrived, image.key)
        except Unavailable:
            if await self._objects.head(incoming(image.key)) == arrived:
                raise
            raise _replaced() from None
        # Not every store keeps a condition: it was this very version if it still is.
        if await self._objects.head(incoming(image.key)) != arrived:
            raise _replaced()

    async def _first_bytes(self, stored: StoredObject) -> bytes:
        async with aclosing(self._objects.read(stored, 0, min(FIRST_BYTES, stored.size_bytes))) as pieces:
            return b"".join([piece async for piece in pieces])


def _replaced() -> Refusal:
    return Refusal(RefusalCode.UPLOAD_INCOMPLETE, "Something else arrived just now. Please complete it again.")


def _judge(image: Image, arrived: StoredObject | None, first: bytes) -> None:
    """Raises Refusal where it is not what was announced."""
    if arrived is None or arrived.size_bytes < image.size_bytes:
        message = "The bytes have not all arrived; send them to the address you were given."
        raise Refusal(RefusalCode.UPLOAD_INCOMPLETE, message)
    if arrived.size_bytes > image.size_bytes:
        raise Refusal(RefusalCode.FILE_TOO_LARGE, "More bytes arrived than were announced.")
    if arrived.content_type != image.content_type or type_of(first) != image.content_type:
        message = f"What arrived is not of type {image.content_type}. You can send other bytes to the same address."
        raise Refusal(RefusalCode.UNSUPPORTED_FILE_TYPE, message)
