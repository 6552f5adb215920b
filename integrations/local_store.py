"""The embedded object store: a folder, with signed addresses of its own."""

import asyncio
import os
import shutil
import stat
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from io import BufferedReader
from itertools import islice
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from domain.errors import ValidationFailed
from domain.media import PATIENCE_SECONDS, STREAM_PATIENCE_SECONDS, SignedUpload, StoredObject, is_safe_key
from domain.validation import has_control_characters
from integrations.content_types import content_type
from integrations.local_listing import keys
from integrations.local_parts import PART, Part, part_of, to_the_end, usable
from integrations.object_failures import silent, unavailable
from integrations.secrets import SignedPaths

_PIECE = 256 * 1024
_MOST_LISTED = 1000
_HALF_DAY_SECONDS = 12 * 3600
_Result = TypeVar("_Result")


class LocalStore:
    """Speaks domain.media.ObjectStore over the folder `root`."""

    def __init__(self, root: Path, paths: SignedPaths) -> None:
        self._root, self._paths = root, paths

    async def head(self, key: str, *, to_stream: bool = False) -> StoredObject | None:
        patience = STREAM_PATIENCE_SECONDS if to_stream else PATIENCE_SECONDS
        return await _asked(self._head, key, within=patience)

    async def read(self, stored: StoredObject, start: int, length: int) -> AsyncGenerator[bytes, None]:
        if length <= 0:
            return
        file = await _asked(self._open, stored, start, within=STREAM_PATIENCE_SECONDS)
        try:
            while length > 0:
                piece = await _asked(file.read, min(_PIECE, length), within=STREAM_PATIENCE_SECONDS)
                if not piece:
                    raise unavailable("has less of a file than it said")
                length -= len(piece)
                yield piece
        finally:
            # In a thread, and behind one that may still read: a number that is given to another file too early would
            # have that one read instead.
            asyncio.get_running_loop().run_in_executor(None, file.close)

    async def put(self, key: str, data: bytes) -> None:
        await _asked(self._put, self._file(key), data)

    async def receive(self, key: str, size_bytes: int, pieces: AsyncIterator[bytes]) -> None:
        """All of `pieces` as a new file, or nothing. Raises ValidationFailed where they are not `size_bytes`, as soon
        as they are too many. It waits for `pieces` as long as they take.
        """
        target = self._file(key)
        async with part_of(target) as part:
            await _write(part, pieces, size_bytes)
            await to_the_end(part.replace)

    async def copy(self, stored: StoredObject, key: str) -> None:
        await _asked(self._copy, stored, self._file(key))

    async def delete(self, keys: Sequence[str]) -> Mapping[str, str]:
        await _asked(self._delete, [self._file(key) for key in keys])
        return {}

    async def list(self, prefix: str, after: str, most: int) -> Sequence[StoredObject]:
        if has_control_characters(prefix + after):
            return []
        return await _asked(self._list, prefix, after, min(max(most, 0), _MOST_LISTED))

    async def upload(self, key: str, content_type: str, size_bytes: int, seconds: int) -> SignedUpload:
        expires = int(time.time()) + seconds
        url = self._signed("PUT", key, expires, type=content_type, size=str(size_bytes))
        return SignedUpload(url, "PUT", {"Content-Type": content_type}, datetime.fromtimestamp(expires, UTC))

    async def address(
        self, key: str, seconds: int, *, content_type: str | None = None, disposition: str | None = None
    ) -> str:
        given = {"type": content_type, "disposition": disposition}
        bound = {name: value for name, value in given.items() if value is not None}
        return self._signed("GET", key, int(time.time()) + seconds, **bound)

    async def lasting_address(self, key: str) -> str:
        return self._signed("GET", key, (int(time.time()) // _HALF_DAY_SECONDS + 2) * _HALF_DAY_SECONDS)

    async def sweep(self, kept: timedelta) -> None:
        """Removes what a process that was killed had begun to write, after so long."""
        await asyncio.to_thread(self._sweep, time.time() - kept.total_seconds())

    async def check(self) -> None:
        await _asked(self._check)

    def _signed(self, method: str, key: str, expires: int, **bound: str) -> str:
        self._file(key)
        return f"/media/{quote(key)}?{self._paths.sign(method, key, expires, **bound)}"

    def _file(self, key: str) -> Path:
        if not is_safe_key(key):
            raise ValueError("not a key of this store")
        return self._root / key

    def _head(self, key: str) -> StoredObject | None:
        if not is_safe_key(key):
            return None
        try:
            return _described(key, self._file(key).stat())
        except (FileNotFoundError, NotADirectoryError):
            return None

    def _open(self, stored: StoredObject, start: int) -> BufferedReader:
        file = self._file(stored.key).open("rb")
        now = _described(stored.key, os.fstat(file.fileno()))
        if now is None or now.etag != stored.etag:
            file.close()
            raise unavailable("has another file now")
        file.seek(start)
        return file

    def _put(self, target: Path, data: bytes) -> None:
        part = Part(target)
        try:
            part.write(data)
            part.replace()
        finally:
            part.discard()

    def _copy(self, stored: StoredObject, target: Path) -> None:
        part = Part(target)
        try:
            with self._open(stored, 0) as file:
                shutil.copyfileobj(file, part)
            part.replace()
        finally:
            part.discard()

    def _delete(self, files: Sequence[Path]) -> None:
        for file in files:
            if file.is_file():
                file.unlink(missing_ok=True)

    def _list(self, prefix: str, after: str, most: int) -> Sequence[StoredObject]:
        if not self._root.is_dir():
            return []
        found = (self._head(key) for key in keys(self._root, prefix, after))
        return list(islice((one for one in found if one), most))

    def _sweep(self, before: float) -> None:
        for part in self._root.rglob(f"{PART}*"):
            with suppress(FileNotFoundError):
                if part.is_file() and part.stat().st_mtime < before:
                    part.unlink()

    def _check(self) -> None:
        self._root.mkdir(parents=True, exist_ok=True)
        if not os.access(self._root, os.R_OK | os.W_OK | os.X_OK):
            raise unavailable("is a folder that cannot be written")


async def _write(part: Part, pieces: AsyncIterator[bytes], size_bytes: int) -> None:
    left = size_bytes
    async for piece in pieces:
        left -= len(piece)
        if left < 0:
            raise ValidationFailed(f"These are more bytes than the {size_bytes} that were announced.")
        await to_the_end(part.write, piece)
    if left:
        raise ValidationFailed(f"These are {left} bytes less than the {size_bytes} that were announced.")


async def _asked(work: Callable[..., _Result], *given: object, within: float = PATIENCE_SECONDS) -> _Result:
    """In a thread, because disks can be slow. A thread that hangs is left to itself."""
    with usable():
        try:
            return await asyncio.wait_for(asyncio.to_thread(work, *given), within)
        except TimeoutError:
            raise silent() from None


def _described(key: str, found: os.stat_result) -> StoredObject | None:
    if not stat.S_ISREG(found.st_mode):
        return None
    modified = datetime.fromtimestamp(int(found.st_mtime), UTC)
    etag = f'"{found.st_mtime_ns:x}-{found.st_ino:x}-{found.st_size:x}"'
    return StoredObject(key, found.st_size, content_type(key), modified, etag)
