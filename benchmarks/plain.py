"""Plain Strawberry, as it is well written: its own ASGI view, its caches for parsing and validation, dataloaders.

`python -m benchmarks.plain` serves our own types, resolvers and statements by it, and nothing else of ours: nobody
checks who asks (the token is believed as it is), nothing is limited, judged or logged.
"""

import dataclasses
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from jwt.utils import base64url_decode
from starlette.requests import Request
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache

import schema
from benchmarks.bare import serve, tell
from benchmarks.stage import settings
from composition import Marquee
from domain.metering import Meter, meter
from domain.users import DELETED_USER, Viewer
from resolvers.context import Context, House

_ALWAYS = datetime(9999, 1, 1, tzinfo=UTC)


class View(GraphQL[Context, None]):
    def __init__(self, house: House) -> None:
        super().__init__(schema.build(ParserCache, ValidationCache), graphql_ide=None)
        self._house = house

    async def get_context(self, request: Request, response: Any) -> Context:  # type: ignore[override]
        token = request.headers["authorization"].partition(" ")[2]
        claims = orjson.loads(base64url_decode(token.split(".")[1]))
        user = dataclasses.replace(DELETED_USER, id=int(claims["sub"]))
        context = Context(self._house, request_id="", base_url="http://127.0.0.1", user_agent=None, address="")
        context.viewer = Viewer(user, claims["sid"], _ALWAYS)
        return context


class App:
    def __init__(self) -> None:
        dsn = os.environ["DATABASE_URL"]
        self._marquee = made = Marquee(settings(dsn, Path(os.environ["MARQUEE_HOME"])), dsn)
        house = House(
            made.stores, made.services, made.objects, made.tmdb, made.sharing.allowance, made.sharing.freshness
        )
        self._view, self._statements, self._operations = View(house), 0, 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["path"] == "/metrics":
            await tell(send, statements=self._statements, operations=self._operations)
        else:
            counted = Meter("")
            meter.set(counted)
            await self._view(scope, receive, send)
            self._statements += counted.statements
            self._operations += 1

    async def _live(self, receive: Any, send: Any) -> None:
        await receive()
        async with self._marquee.running(listening=False):
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})


if __name__ == "__main__":
    serve(App())
