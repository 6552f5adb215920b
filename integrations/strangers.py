"""Asking strangers: bounded in time, their answers judged, their failures told as one kind of refusal."""

import asyncio
import re
import unicodedata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

import httpx2
import structlog
from pydantic import BaseModel, ValidationError

from domain.errors import Refusal, RefusalCode

_log = structlog.get_logger("strangers")
_PATIENCE_SECONDS = 4.5
_Shape = TypeVar("_Shape", bound=BaseModel)


@asynccontextmanager
async def asking(name: str) -> AsyncIterator[asyncio.Timeout]:
    """The time for everything that one question to `name` needs. Raises Refusal UPSTREAM_FAILED."""
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS) as limit:
            yield limit
    except ExceptionGroup as group:  # of the tasks of one question, the first that failed
        raise group.exceptions[0] from None
    except TimeoutError:
        raise failed(name, "takes too long to answer") from None
    except httpx2.HTTPError as error:
        # The kind alone: the message of a protocol error quotes headers.
        raise failed(name, f"cannot be reached ({type(error).__name__})") from None


def read(name: str, response: httpx2.Response, shape: type[_Shape]) -> _Shape:
    """What a good answer says. Raises Refusal UPSTREAM_FAILED for one that is not good, or cannot be read."""
    if not response.is_success:
        raise failed(name, f"refuses the question ({response.status_code})")
    try:
        return shape.model_validate_json(response.content)
    except ValidationError as error:
        # Where and how, not what: a stranger's answer may hold tokens.
        wrong = [(problem["loc"], problem["type"]) for problem in error.errors(include_input=False)]
        raise failed(name, "gave an answer that cannot be read", wrong=str(wrong)[:300]) from None


def failed(name: str, what: str, **details: object) -> Refusal:
    """The refusal for a client, and a line in the log with what is not for it."""
    _log.warning("stranger_failed", stranger=name, reason=what, **details)
    return Refusal(RefusalCode.UPSTREAM_FAILED, f"{name} {what}.")


def plain(text: str | None, longest: int, *, lines: bool = False) -> str | None:
    """`text` as domain.validation wants it: trimmed, cut, without what cannot be stored. None where nothing is left."""
    spaced = (text or "") if lines else re.sub(r"[\n\r\t]+", " ", text or "")
    kept = "".join(c for c in spaced if c in "\n\r\t" or unicodedata.category(c) not in {"Cc", "Cs"})
    return kept.strip()[:longest].rstrip() or None
