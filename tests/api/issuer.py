"""Another issuer on loopback, and a second Marquee on the same database that trusts it."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx2
from starlette.types import ASGIApp

from composition import Marquee
from settings import IssuerSetting, Settings
from tests.api.conftest import Api, forgetful
from tests.integrations.hostile_tokens import Forge, jwk, rsa_key

NAME = "https://issuer.example/realms/marquee"


class Issuer:
    """Publishes keys and counts who asks for them. `answers` is what it does: "keys", "nothing" or "rubbish"."""

    def __init__(self) -> None:
        self.kids = ["first"]
        self.asked = 0
        self.answers = "keys"
        self.awake = asyncio.Event()
        self.awake.set()
        self.port = 0

    @property
    def jwks_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/jwks.json"

    def forge(self, kid: str = "first") -> Forge:
        now = int(time.time())
        claims = {"iss": NAME, "sub": "ada-1", "typ": "Bearer", "iat": now, "nbf": now, "exp": now + 600}
        claims |= {"email": "ada@example.com", "email_verified": True}
        return Forge(rsa_key(kid), {"alg": "RS256", "kid": kid, "typ": "JWT"}, claims)

    def token(self, kid: str = "first", **claims: Any) -> str:
        return self.forge(kid).token(**claims)

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator["Issuer"]:
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield self

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            self.asked += 1
            await self.awake.wait()
            document = {"keys": [jwk(kid, rsa_key(kid)) for kid in self.kids]}
            body = {"keys": json.dumps(document).encode(), "rubbish": b"<html>"}.get(self.answers)
            if body is not None:
                head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
                writer.write(head.encode() + body)
                await writer.drain()
        writer.close()


def settings_like(marquee: Marquee, **changes: Any) -> Settings:
    """The settings of another application beside this one."""
    return Settings(_env_file=None, **{**marquee.settings.model_dump(), **changes})


@contextlib.asynccontextmanager
async def application(settings: Settings) -> AsyncIterator[tuple[Marquee, Api]]:
    """Another Marquee, asked without a network between."""
    marquee = Marquee(settings, settings.dsn() or "")
    app: ASGIApp = marquee.application()
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with marquee.running(listening=False), httpx2.AsyncClient(transport=transport, timeout=20) as client:
        yield marquee, Api("http://marquee.test", forgetful(client))


@contextlib.asynccontextmanager
async def trusting(marquee: Marquee, issuer: Issuer, audience: str | None = None) -> AsyncIterator[tuple[Marquee, Api]]:
    async with issuer.serving():
        trusted = [IssuerSetting(issuer=NAME, jwks_url=issuer.jwks_url, audience=audience)]
        async with application(settings_like(marquee, trusted_issuers=trusted)) as pair:
            yield pair
