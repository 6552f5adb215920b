"""A socket that speaks graphql-transport-ws, as far as one subscription needs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

# What a connection may end with: that it is away, or the server is, or that it said something else than we expected.
LOST = (OSError, TimeoutError, WebSocketException)


class Refused(OSError):
    """The server has answered with an error; it may do better later."""


class Socket:
    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    @property
    def close_code(self) -> int:
        """1006 where it was lost without a word."""
        return self._connection.close_code or 1006

    async def subscribe(self, document: str, **variables: Any) -> None:
        payload = {"query": document, "variables": variables}
        await self._say({"id": "1", "type": "subscribe", "payload": payload})

    async def events(self) -> AsyncIterator[Any]:
        """The root field of each event, until the subscription is over. Raises what is in LOST."""
        while True:
            message = await self._hear()
            if message["type"] == "next" and not message["payload"].get("errors"):
                (event,) = message["payload"]["data"].values()
                yield event
            elif message["type"] == "ping":
                await self._say({"type": "pong"})
            elif message["type"] == "complete":
                return
            else:
                raise Refused(str(message)[:300])

    async def gone(self) -> int:
        """Reads whatever comes until it is closed; the code it is closed with."""
        try:
            while True:
                await self._hear()
        except LOST:
            return self.close_code

    async def _hear(self) -> Any:
        return orjson.loads(await self._connection.recv())

    async def _say(self, message: Any) -> None:
        await self._connection.send(orjson.dumps(message).decode())


@asynccontextmanager
async def opened(front: str, token: str) -> AsyncIterator[Socket]:
    """Signed in. It is lost when nobody answers its pings. Raises what is in LOST."""
    address = front.replace("http", "ws", 1) + "/graphql"
    async with connect(
        address,
        subprotocols=["graphql-transport-ws"],  # type: ignore[list-item]
        open_timeout=5,
        close_timeout=1,
        ping_interval=2,
        ping_timeout=4,
        proxy=None,
    ) as connection:
        socket = Socket(connection)
        await socket._say({"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}})
        if (said := await socket._hear())["type"] != "connection_ack":
            raise Refused(str(said)[:300])
        yield socket
