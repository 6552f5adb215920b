"""Files in the object store: which keys are video, and the port that every store speaks."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.validation import has_control_characters

# The seven endings that can be played (FEATURES A13) and the types they are served with.
VIDEO_TYPES = {
    ".mp4": "video/mp4",
    ".avi": "video/x-msvideo",
    ".mov": "video/quicktime",
    ".mkv": "video/x-matroska",
    ".webm": "video/webm",
    ".m4v": "video/x-m4v",
    ".flv": "video/x-flv",
}
_LONGEST_KEY = 1024
_LONGEST_PART = 255  # what file systems take


@dataclass(frozen=True, slots=True)
class StoredObject:
    """`etag` is strong and quoted, as HTTP writes it."""

    key: str
    size_bytes: int
    content_type: str
    last_modified: datetime
    etag: str


class ObjectStore(Protocol):
    """Raises Unavailable where the store is down or slow."""

    async def head(self, key: str) -> StoredObject | None: ...

    def read(self, key: str, start: int, length: int) -> AsyncIterator[bytes]:
        """`length` bytes from byte `start`, in pieces; a piece is fetched only when the one before was taken."""

    async def put(self, key: str, data: bytes) -> None:
        """Whole or not at all."""

    def path(self, key: str) -> str:
        """A signed address for reading, below the server's own or absolute, good for at least twelve hours."""

    async def check(self) -> None:
        """Raises where the store cannot be used."""


def video_type(key: str) -> str | None:
    """The content type of a video's key by its ending, in any case; None for anything that is not video."""
    _, dot, ending = key.rpartition(".")
    return VIDEO_TYPES.get(f"{dot}{ending}".lower())


def is_safe_key(key: str) -> bool:
    """Whether a key names a file inside the store: nothing that climbs, hides or cannot be stored."""
    parts = key.split("/")
    plain = not has_control_characters(key) and "\\" not in key and len(key.encode()) <= _LONGEST_KEY
    return plain and all(part and not part.startswith(".") and len(part.encode()) <= _LONGEST_PART for part in parts)
