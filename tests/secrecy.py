"""Hearing all that is logged, by whatever library, down to DEBUG."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

from structlog.testing import capture_logs

Lines = list[Any]


@contextmanager
def all_logs() -> Iterator[tuple[Lines, StringIO]]:
    """What structlog is told, as it goes on, and the text of what the loggers of the standard library are told."""
    text, root = StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(text), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    # Whatever was given a level of its own would otherwise say less than it can.
    named = {name: logging.getLogger(name).level for name in ("httpx2", "httpcore2", "asyncio")}
    for name in named:
        logging.getLogger(name).setLevel(logging.DEBUG)
    try:
        with capture_logs() as lines:
            yield lines, text
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        for name, before in named.items():
            logging.getLogger(name).setLevel(before)
