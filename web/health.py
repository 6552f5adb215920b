"""Whether the process lives, and whether the parts it needs do."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response

from domain.errors import CodedError
from web.json import json_response

_PATIENCE_SECONDS = 2.0
# Everything works without these, only with more trouble: no balancer should turn away from a server for their sake.
_SPARE = frozenset({"redis", "replica"})


class Health:
    """`parts` are checks by name; one that raises, or takes longer than two seconds, is down."""

    def __init__(self, name: str, version: str, parts: Mapping[str, Callable[[], Awaitable[None]]]) -> None:
        self._name, self._version, self._parts = name, version, parts

    async def alive(self, _request: Request) -> Response:
        return json_response({"status": "ok", "name": self._name, "version": self._version})

    async def states(self) -> dict[str, str]:
        """"up" or "down", by part."""
        checked = await asyncio.gather(*(_state(check) for check in self._parts.values()))
        return dict(zip(self._parts, checked, strict=True))

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
    return "up"
