"""Files in the object store: which keys are video, and the port that every store speaks."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.errors import UpstreamSilent, ValidationFailed
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
# How long a store may take to answer a question, and how long it may be silent in the middle of a file (FEATURES B7).
PATIENCE_SECONDS = 4.5
STREAM_PATIENCE_SECONDS = 10.0
# How long a signed address for reading is good (FEATURES E7).
READ_SECONDS = 900
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


@dataclass(frozen=True, slots=True)
class SignedUpload:
    """Where the bytes of one object may be sent, of exactly the type and size that were asked for; the last ones count.
    `url` is below the server's own, or absolute; `headers` must be sent as they are.
    """

    url: str
    method: str
    headers: Mapping[str, str]
    expires_at: datetime


class ObjectStore(Protocol):
    """Raises Unavailable where the store is down or slow, within 4.5 seconds if not said otherwise. What signs asks
    nobody, and works all the same.
    """

    async def head(self, key: str, *, to_stream: bool = False) -> StoredObject | None:
        """`to_stream` has the patience of streams."""

    def read(self, stored: StoredObject, start: int, length: int) -> AsyncGenerator[bytes, None]:
        """`length` bytes from byte `start` of this very version, in pieces; a piece is fetched only when the one before
        was taken. Raises Unavailable where nothing comes for STREAM_PATIENCE_SECONDS, or the object was replaced.
        """

    async def put(self, key: str, data: bytes) -> None:
        """Whole or not at all, with the content type of its ending."""

    async def copy(self, stored: StoredObject, key: str) -> None:
        """This very version, whole or not at all. Raises Unavailable where it was replaced."""

    async def delete(self, keys: Sequence[str]) -> Mapping[str, str]:
        """They are gone, whether they were there or not; but those that the store keeps, and why."""

    async def list(self, prefix: str, after: str, most: int) -> Sequence[StoredObject]:
        """The next keys behind `after`, in the order of their UTF-8, at most 1000; fewer than `most` are the last."""

    async def upload(self, key: str, content_type: str, size_bytes: int, seconds: int) -> SignedUpload: ...

    async def address(
        self, key: str, seconds: int, *, content_type: str | None = None, disposition: str | None = None
    ) -> str:
        """A signed address for reading, below the server's own or absolute, good for so long. What is given is what its
        answer says in Content-Type and Content-Disposition.
        """

    async def lasting_address(self, key: str) -> str:
        """One that stays the same for half a day, so that caches help, and is good for at least as long; but never
        longer than the credentials that signed it.
        """

    async def check(self) -> None:
        """Raises where the store cannot be used."""


class Cdn(Protocol):
    """In front of the object store, by addresses of its own."""

    @property
    def signs(self) -> bool:
        """Whether its addresses expire, so that one can be given to somebody who may see the object only now."""

    def address(self, key: str, until: datetime) -> str: ...


@asynccontextmanager
async def answered(seconds: float) -> AsyncIterator[None]:
    """The time for several questions to a store together. Raises UpstreamSilent."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise UpstreamSilent("The object store does not answer in time.") from None


def video_type(key: str) -> str | None:
    """The content type of a video's key by its ending, in any case; None for anything that is not video."""
    _, dot, ending = key.rpartition(".")
    return VIDEO_TYPES.get(f"{dot}{ending}".lower())


def is_safe_key(key: str) -> bool:
    """Whether a key names a file inside the store: nothing that climbs, hides or cannot be stored."""
    parts = key.split("/")
    plain = not has_control_characters(key) and "\\" not in key and len(key.encode()) <= _LONGEST_KEY
    return plain and all(part and not part.startswith(".") and len(part.encode()) <= _LONGEST_PART for part in parts)


def checked_key(key: str) -> str:
    """Raises ValidationFailed for one that no object can have."""
    if not is_safe_key(key):
        raise ValidationFailed("This is no key: it climbs, hides, or has characters that cannot be stored.")
    return key


def checked_prefix(prefix: str) -> str:
    """The beginning of a key. Raises ValidationFailed where no key can begin so."""
    return prefix if not prefix or is_safe_key(f"{prefix}x") else checked_key(prefix)
