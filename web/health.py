"""Whether the process lives, and whether the parts it needs do."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog
from starlette.requests import Request
from starlette.responses import Response

from domain.errors import CodedError
from web.json import json_response

_PATIENCE_SECONDS = 2.0
_log = structlog.get_logger("health")
# Everything works without these, only with more trouble: no balancer should turn away from a server for their sake.
_SPARE = frozenset({"redis", "replica"})


class Health:
    """`parts` are checks by name; one that raises, or takes longer than two seconds, is down."""

    def __init__(self, name: str, version: str, parts: Mapping[str, Callable[[], Awaitable[None]]]) -> None:
        self._name, self._version, self._parts = name, version, parts
        self._asked: asyncio.Task[list[str]] | None = None

    async def alive(self, _request: Request) -> Response:
        return json_response({"status": "ok", "name": self._name, "version": self._version})

    async def states(self) -> dict[str, str]:
        """ "up" or "down", by part."""
        if self._asked is None or self._asked.done():
            self._asked = asyncio.create_task(self._look())
        return dict(zip(self._parts, await asyncio.shield(self._asked), strict=True))

    async def _look(self) -> list[str]:
        """Many who ask at once are answered by one look: anybody may ask."""
        return await asyncio.gather(*(_state(check) for check in self._parts.values()))

    async def ready(self, _request: Request) -> Response:
        parts = await self.states()
        down = {part for part, state in parts.items() if state == "down"}
        status = "not ready" if down - _SPARE else "degraded" if down else "ready"
        return json_response({"status": status, "parts": parts}, 503 if down - _SPARE else 200)


async def _state(check: Callable[[], Awaitable[None]]) -> str:
    try:
        await asyncio.wait_for(check(), _PATIENCE_SECONDS)
    except (CodedError, OSError, TimeoutError):
        return "down"
    except Exception:
        _log.exception("check_failed")  # nobody foresaw it, but up is something else
        return "down"
    return "up"
