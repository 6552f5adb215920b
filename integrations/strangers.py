"""Asking strangers: bounded in time and size, their answers judged, their failures told as one kind of refusal."""

import asyncio
import math
import re
import time
import unicodedata
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any, TypeVar

import httpx2
import stamina
import structlog
from pydantic import BaseModel, ValidationError

from domain.errors import Refusal, RefusalCode
from domain.metering import meter

_log = structlog.get_logger("strangers")
_PATIENCE_SECONDS = 4.5
_MOST_BYTES = 1_000_000
# So many tries in a row that came to nothing, and a stranger is left alone for so long.
_MOST_FAILURES = 10
_LEFT_ALONE_SECONDS = 5.0
_TOLD = {b"content-type", b"retry-after"}
_Shape = TypeVar("_Shape", bound=BaseModel)


class Again(Exception):
    """A try failed, and the next may not. stamina writes this to the log, so it holds nothing of the request."""

    def __init__(self, reason: str, wait_seconds: float | None = None) -> None:
        super().__init__(reason)
        self.reason, self.wait_seconds = reason, wait_seconds


def _always(_error: Again) -> bool:
    return True


class Circuit:
    """Leaves alone for a while who did not answer again and again; then one question goes out, to see."""

    def __init__(self) -> None:
        self._failures, self._until = 0, 0.0

    def is_open(self) -> bool:
        """Whether not to ask. The first who may ask again is alone until it has heard."""
        if self._failures < _MOST_FAILURES:
            return False
        if time.monotonic() < self._until:
            return True
        self._until = time.monotonic() + _LEFT_ALONE_SECONDS
        return False

    def note(self, *, answered: bool) -> bool:
        """Whether it is left alone from now on."""
        self._failures = 0 if answered else self._failures + 1
        if self._failures == _MOST_FAILURES:
            self._until = time.monotonic() + _LEFT_ALONE_SECONDS
        return self._failures == _MOST_FAILURES


class Stranger:
    """Somebody who is asked by HTTP: with time-outs, again where that may help, and not at all while it is of no use.

    `try_seconds` is for each of `tries`, `patience_seconds` for all that happens within one `asking()`.
    """

    def __init__(
        self,
        name: str,
        client: httpx2.AsyncClient,
        *,
        patience_seconds: float = _PATIENCE_SECONDS,
        try_seconds: float = 2.0,
        tries: int = 3,
        most_bytes: int = _MOST_BYTES,
    ) -> None:
        self.name, self._client = name, client
        self._patience, self._try_seconds, self._most_bytes = patience_seconds, try_seconds, most_bytes
        self._retrying = stamina.AsyncRetryingCaller(
            attempts=tries, timeout=None, wait_initial=0.1, wait_max=1.0, wait_jitter=0.2
        )
        self._circuit = Circuit()

    def asking(self) -> AbstractAsyncContextManager[asyncio.Timeout]:
        """The time for everything that one question needs; `ask` may be awaited in it. Raises Refusal
        UPSTREAM_FAILED.
        """
        return asking(self.name, self._patience)

    async def ask(
        self,
        limit: asyncio.Timeout,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        parameters: Mapping[str, str] | None = None,
        json: Any = None,
    ) -> httpx2.Response:
        """As `send`."""
        # One that is made already carries none of the client's cookies, which another person's answer may have set.
        return await self.send(limit, httpx2.Request(method, url, headers=headers, params=parameters, json=json))

    async def send(
        self, limit: asyncio.Timeout, request: httpx2.Request, *, again: Callable[["Again"], bool] = _always
    ) -> httpx2.Response:
        """What it answers, whatever it is but 429 and 5xx; these, and silence, are tried again where `again` says that
        this does no harm, and there is time. Raises Refusal UPSTREAM_FAILED.
        """
        try:
            return await self._retrying(partial(_backoff, limit, again), self.try_once, request)
        except Again as error:
            raise failed(self.name, error.reason) from None

    async def try_once(self, request: httpx2.Request) -> httpx2.Response:
        """Raises Again for 429, 5xx, and where nothing came; Refusal UPSTREAM_FAILED where too much did."""
        if self._circuit.is_open():
            _observe(self.name, time.perf_counter(), "left alone")
            # Told once, when it began.
            message = f"{self.name} has not answered for a while and is left alone; try again in a moment."
            raise Refusal(RefusalCode.UPSTREAM_FAILED, message)
        started = time.perf_counter()
        try:
            async with asyncio.timeout(self._try_seconds):  # the client's own time-outs begin anew with every byte
                response = await self._receive(request)
        except (TimeoutError, httpx2.HTTPError) as error:
            self._note(answered=False)
            _observe(self.name, started, "failed")
            # The kind alone: the message of a protocol error quotes headers.
            silent = isinstance(error, TimeoutError)
            reason = "takes too long to answer" if silent else f"cannot be reached ({type(error).__name__})"
            raise Again(reason) from error
        self._note(answered=response.status_code < 500)
        _observe(self.name, started, "answered" if response.status_code < 500 else "failed")
        return _judged(response)

    def _note(self, *, answered: bool) -> None:
        if self._circuit.note(answered=answered):
            _log.warning("stranger_left_alone", stranger=self.name, seconds=_LEFT_ALONE_SECONDS)

    async def _receive(self, request: httpx2.Request) -> httpx2.Response:
        response = await self._client.send(request, stream=True, auth=None, follow_redirects=False)
        try:
            body = bytearray()
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > self._most_bytes:
                    raise failed(self.name, "answers too much")
        finally:
            await response.aclose()
        told = [(name, value) for name, value in response.headers.raw if name.lower() in _TOLD]
        return httpx2.Response(response.status_code, headers=told, content=bytes(body), request=request)


@asynccontextmanager
async def asking(name: str, seconds: float | None = None) -> AsyncIterator[asyncio.Timeout]:
    """The time for all that one question to `name` needs; most are given the same. Raises Refusal UPSTREAM_FAILED."""
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS if seconds is None else seconds) as limit:
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


def _observe(name: str, started: float, outcome: str) -> None:
    if current := meter.get():
        for observer in current.observers:
            observer.stranger_asked(current, name, time.perf_counter() - started, outcome)


def plain(text: str | None, longest: int, *, lines: bool = False) -> str | None:
    """`text` as domain.validation wants it: trimmed, cut, without what cannot be stored. None where nothing is left."""
    spaced = (text or "") if lines else re.sub(r"[\n\r\t]+", " ", text or "")
    kept = "".join(c for c in spaced if c in "\n\r\t" or unicodedata.category(c) not in {"Cc", "Cs"})
    return kept.strip()[:longest].rstrip() or None


def _judged(response: httpx2.Response) -> httpx2.Response:
    """Raises Again for an answer that another try may better."""
    if response.status_code == 429:
        wait = _retry_after(response.headers.get("Retry-After", ""))
        pause = "later" if wait is None else f"in {math.ceil(wait)} s"
        raise Again(f"is asked too often; try again {pause}", wait)
    if response.status_code >= 500:
        wait = _retry_after(response.headers.get("Retry-After", ""))
        raise Again(f"is out of order just now ({response.status_code})", wait)
    return response


def _backoff(limit: asyncio.Timeout, again: Callable[["Again"], bool], error: Exception) -> bool | float:
    """Whether to try again; a number is the pause in seconds, which stamina takes as it is, however long."""
    if not isinstance(error, Again) or not again(error):
        return False
    if error.wait_seconds is None:
        return True
    ends = limit.when()
    return error.wait_seconds if ends and error.wait_seconds < ends - asyncio.get_running_loop().time() else False


def _retry_after(header: str) -> float | None:
    """Seconds from now, never negative; None where the header is missing or neither of its two forms."""
    if re.fullmatch(r"[0-9]{1,9}", header):
        return float(header)
    with suppress(ValueError, OverflowError):
        when = parsedate_to_datetime(header)
        return max(0.0, ((when if when.tzinfo else when.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds())
    return None
