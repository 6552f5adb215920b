"""Reading a tree of folders as S3 reads a bucket: in the order of the whole keys, from anywhere."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from domain.media import is_safe_key


def keys(root: Path, prefix: str, after: str) -> Iterator[str]:
    """The keys of all files behind `after`, in the order of their UTF-8. One folder at a time is read, and no folder
    that cannot have any. It waits for the disk.
    """
    yield from _keys(root, "", prefix.encode(), after.encode(), frozenset())


def _keys(folder: Path, name: str, prefix: bytes, after: bytes, above: frozenset[tuple[int, int]]) -> Iterator[str]:
    found = folder.stat()
    here = (found.st_dev, found.st_ino)
    if here in above:  # a link to a folder that it is in
        return
    for entry in _entries(folder, name, prefix, after):
        if not entry.endswith("/"):
            yield entry
            continue
        with suppress(FileNotFoundError, NotADirectoryError, PermissionError):  # deleted in between, or not ours
            yield from _keys(folder / entry[len(name) :], entry, prefix, after, above | {here})


def _entries(folder: Path, name: str, prefix: bytes, after: bytes) -> list[str]:
    """Files by their keys, folders by their keys and a slash, which is how the keys inside are ordered among others."""
    with os.scandir(folder) as entries:
        named = [f"{name}{entry.name}" + ("/" if entry.is_dir() else "") for entry in entries if _leads_on(entry)]
    return sorted((key for key in named if is_safe_key(key.rstrip("/")) and _matters(key, prefix, after)), key=_bytes)


def _matters(key: str, prefix: bytes, after: bytes) -> bool:
    """Whether a file is one of those, or a folder may have one."""
    text = _bytes(key)
    if not key.endswith("/"):
        return text.startswith(prefix) and text > after
    return (text.startswith(prefix) or prefix.startswith(text)) and (text > after or after.startswith(text))


def _leads_on(entry: os.DirEntry[str]) -> bool:
    """False for a link that leads to itself."""
    try:
        entry.is_dir()
    except OSError:
        return False
    return True


def _bytes(key: str) -> bytes:
    return key.encode()
