"""How every object store says that it failed: to the client that it did, to the log alone why."""

import structlog

from domain.errors import Unavailable, UpstreamSilent

_log = structlog.get_logger("object_store")


def unavailable(reason: str) -> Unavailable:
    """`reason` is in words of our own: what a store says may hold names, keys and addresses."""
    _log.warning("unavailable", reason=reason)
    return Unavailable("The object store cannot be reached.")


def silent() -> UpstreamSilent:
    _log.warning("unavailable", reason="takes too long")
    return UpstreamSilent("The object store does not answer in time.")
