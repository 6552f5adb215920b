"""Whom groups that fail are told to."""

from collections.abc import Callable

import structlog


def failing(of: str) -> Callable[[int, Exception], None]:
    """Each of the group is tried by itself now, and says what is wrong; many of these lines say that gathering is."""
    log = structlog.get_logger(of)

    def tell(calls: int, error: Exception) -> None:
        log.warning("group_failed", of=of, calls=calls, reason=repr(error)[:200])

    return tell
