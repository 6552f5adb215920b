"""The embedded object store: a folder, with signed addresses of its own."""

import asyncio
import mimetypes
import os
import stat
import tempfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from domain.errors import Unavailable
from domain.media import StoredObject, is_safe_key, video_type
from integrations.secrets import SignedPaths

_PIECE = 256 * 1024


class LocalStore:
    """Speaks domain.media.ObjectStore over the folder `root`."""

    def __init__(self, root: Path, paths: SignedPaths) -> None:
        self._root, self._paths = root, paths

    async def head(self, key: str) -> StoredObject | None:
        return await asyncio.to_thread(self._head, key)

    async def read(self, key: str, start: int, length: int) -> AsyncIterator[bytes]:
        file = await asyncio.to_thread(self._open, key, start)
        try:
            while length > 0 and (piece := await asyncio.to_thread(file.read, min(_PIECE, length))):
                length -= len(piece)
                yield piece
        finally:
            file.close()

    async def put(self, key: str, data: bytes) -> None:
        await asyncio.to_thread(self._put, key, data)

    def path(self, key: str) -> str:
        return f"/media/{quote(key)}?{self._paths.sign(key)}"

    async def check(self) -> None:
        await asyncio.to_thread(self._check)

    def _file(self, key: str) -> Path:
        if not is_safe_key(key):
            raise ValueError("not a key of this store")
        return self._root / key

    def _head(self, key: str) -> StoredObject | None:
        try:
            found = self._file(key).stat()
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return None
        if not stat.S_ISREG(found.st_mode):
            return None
        modified = datetime.fromtimestamp(int(found.st_mtime), UTC)
        etag = f'"{found.st_mtime_ns:x}-{found.st_size:x}"'
        return StoredObject(key, found.st_size, _content_type(key), modified, etag)

    def _open(self, key: str, start: int) -> BinaryIO:
        file = self._file(key).open("rb")
        file.seek(start)
        return file

    def _put(self, key: str, data: bytes) -> None:
        target = self._file(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".part-", delete=False) as part:
            part.write(data)
            part.flush()
            os.fsync(part.fileno())
        os.replace(part.name, target)

    def _check(self) -> None:
        self._root.mkdir(parents=True, exist_ok=True)
        if not os.access(self._root, os.R_OK | os.W_OK):
            raise Unavailable("The folder of the object store cannot be written.")


def _content_type(key: str) -> str:
    return video_type(key) or mimetypes.guess_type(key)[0] or "application/octet-stream"
