"""What a file is served as, by its ending, and the same on every machine."""

import mimetypes
from pathlib import PurePosixPath

from domain.media import video_type

# The tables of Python alone: what a machine has in /etc/mime.types is its own.
_types = mimetypes.MimeTypes()
_types.add_type("image/webp", ".webp")
_types.add_type("image/avif", ".avif")


def content_type(key: str) -> str:
    ending = PurePosixPath(key).suffix
    return video_type(key) or _types.guess_type(f"file{ending}")[0] or "application/octet-stream"
