"""Uploads of images: what is taken, and where the bytes are to be sent."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Self

from domain.errors import Problem, Refusal, RefusalCode
from domain.image_types import ENDINGS, ending_of
from domain.media import ObjectStore, SignedUpload
from domain.validation import Problems

MOST_BYTES = 10 * 1024 * 1024
LONGEST_FILENAME = 255
# How long an address takes bytes.
_UPLOAD_SECONDS = 900


@dataclass(frozen=True)
class NewUpload:
    filename: str
    content_type: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class NewImage:
    """What is known of an image before its bytes are there."""

    key: str
    filename: str
    content_type: str
    size_bytes: int

    @classmethod
    def called(cls, name: str, content_type: str, size_bytes: int) -> Self:
        """Under a new key, and with the ending of its type."""
        ending = ENDINGS[content_type][0]
        return cls(new_key(ending), f"{name}{ending}", content_type, size_bytes)


@dataclass(frozen=True, slots=True)
class Planned:
    """An upload that is taken, and where its bytes may go meanwhile."""

    image: NewImage
    signed: SignedUpload


def incoming(key: str) -> str:
    """Where the bytes of an image arrive. To its own key nothing can be sent: what was looked at is copied there."""
    return f"incoming/{key}"


def new_key(ending: str) -> str:
    """The key of an image, which nobody can guess."""
    return f"images/{secrets.token_hex(20)}{ending}"


class Uploads:
    """Signs uploads of these content types into the object store."""

    def __init__(self, objects: ObjectStore, content_types: Collection[str]) -> None:
        self._objects, self._endings = objects, {kind: ENDINGS[kind] for kind in content_types}

    async def plan(self, wanted: NewUpload, problems: Problems, *path: str) -> Planned:
        """`problems` are those of the whole input, in which it stands at `path`. Raises Refusal: VALIDATION_FAILED for
        any of them, FILE_TOO_LARGE, UNSUPPORTED_FILE_TYPE.
        """
        filename = problems.text((*path, "filename"), wanted.filename, longest=LONGEST_FILENAME)
        if wanted.size_bytes < 1:
            problems.add((*path, "sizeBytes"), "There must be at least one byte.")
        problems.raise_if_any()
        if wanted.size_bytes > MOST_BYTES:
            message = f"An image may have at most {MOST_BYTES} bytes; this one has {wanted.size_bytes}."
            raise _refused(RefusalCode.FILE_TOO_LARGE, message, path, "sizeBytes")
        content_type, ending = self._kind(wanted.content_type, filename, path)
        key = new_key(ending)
        signed = await self._objects.upload(incoming(key), content_type, wanted.size_bytes, _UPLOAD_SECONDS)
        return Planned(NewImage(key, filename, content_type, wanted.size_bytes), signed)

    def _kind(self, named: str, filename: str, path: Sequence[str]) -> tuple[str, str]:
        content_type, ending = named.strip().lower(), ending_of(filename)
        if content_type not in self._endings:
            message = f"Only these types can be uploaded: {', '.join(self._endings)}."
            raise _refused(RefusalCode.UNSUPPORTED_FILE_TYPE, message, path, "contentType")
        if ending not in self._endings[content_type]:
            message = f"The name of a file of type {content_type} must end in {' or '.join(ENDINGS[content_type])}."
            raise _refused(RefusalCode.UNSUPPORTED_FILE_TYPE, message, path, "filename")
        return content_type, ending


def _refused(code: RefusalCode, message: str, path: Sequence[str], field: str) -> Refusal:
    return Refusal(code, message, [Problem(("input", *path, field), message)])
