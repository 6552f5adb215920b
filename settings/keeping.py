"""A file that is made once."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def write_once(path: Path, text: str) -> None:
    """Whole or not at all, and by one of several processes at once: the name comes when the text is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, part = tempfile.mkstemp(dir=path.parent)  # readable by its owner alone
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):
        os.link(part, path)
    os.unlink(part)
