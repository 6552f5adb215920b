"""The AI service on loopback: makes an image of whoever is described, and refuses what it cannot read."""

import asyncio
import contextlib
import json
from base64 import b64encode
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, StringConstraints, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from tests.integrations.tmdb_server import Silence
from tests.serving import serving

PICTURES = Path(__file__).resolve().parents[1] / "pictures"
PNG = (PICTURES / "picture.png").read_bytes()


class _Wanted(BaseModel, strict=True):
    name: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    gender: Annotated[str, StringConstraints(min_length=1, max_length=10)]
    feature: Annotated[str, StringConstraints(max_length=2000)] | None = None
    options: list[str]


def data_uri(data: bytes = PNG, content_type: str = "image/png") -> str:
    return f"data:{content_type};base64,{b64encode(data).decode()}"


def image(data: bytes = PNG, content_type: str = "image/png") -> Response:
    """The documented answer, with any bytes in it."""
    return JSONResponse({"ok": True, "image": data_uri(data, content_type)})


def picture(name: str) -> Response:
    """The documented answer with one of tests/pictures."""
    return image((PICTURES / name).read_bytes(), f"image/{name.rpartition('.')[2]}")


class Held(Response):
    """An answer that waits until it is released. `begun` is set once somebody waits for it, `left` if they hang up."""

    def __init__(self, answer: Response | None = None) -> None:
        self.answer = answer or image()
        self.begun, self.released, self.left = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.begun.set()
        leaving = asyncio.create_task(Silence()(scope, receive, send))
        releasing = asyncio.create_task(self.released.wait())
        await asyncio.wait([leaving, releasing], return_when=asyncio.FIRST_COMPLETED)
        if leaving.done():
            self.left.set()
        releasing.cancel()
        leaving.cancel()
        await self.answer(scope, receive, send)


@dataclass
class AiServer:
    """`asked` holds the bodies that it could read, `headers` what came with them. `answers` come one for each of these;
    where there are none, or None, it is a PNG.
    """

    url: str = ""
    asked: list[Any] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    answers: deque[Response | None] = field(default_factory=deque)

    def forget(self) -> None:
        for kept in (self.asked, self.headers, self.answers):
            kept.clear()

    def application(self) -> Starlette:
        return Starlette(routes=[Route("/predict", self._predict, methods=["POST"])])

    async def _predict(self, request: Request) -> Response:
        body = await request.body()
        try:
            _Wanted.model_validate_json(body)
        except ValidationError as error:
            wrong = [{"type": one["type"], "loc": ["body", *one["loc"]], "msg": one["msg"]} for one in error.errors()]
            return JSONResponse({"detail": wrong}, 422)
        self.asked.append(json.loads(body))
        self.headers.append(dict(request.headers))
        return (self.answers.popleft() if self.answers else None) or image()


@contextlib.asynccontextmanager
async def ai_server() -> AsyncIterator[AiServer]:
    """To have it silent, dripping or cut off: Silence, Dripping and Gone of tests.integrations.tmdb_server."""
    ai = AiServer()
    async with serving(ai.application(), lifespan="off") as ai.url:
        yield ai
