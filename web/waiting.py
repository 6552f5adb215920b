"""What asyncio has for those who wait, in a tenth of the memory: there are thousands of sockets that mostly idle."""

import asyncio
from typing import Any


class Mailbox:
    """A queue for one reader."""

    __slots__ = ("_messages", "_waiter")

    def __init__(self) -> None:
        self._messages: list[Any] = []
        self._waiter: asyncio.Future[None] | None = None

    def put_nowait(self, message: Any) -> None:
        self._messages.append(message)
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)

    def empty(self) -> bool:
        return not self._messages

    async def get(self) -> Any:
        while not self._messages:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        self._waiter = None
        return self._messages.pop(0)


class Gate:
    """An event that is set nearly always."""

    __slots__ = ("_opening",)

    def __init__(self) -> None:
        self._opening: asyncio.Event | None = None

    def is_set(self) -> bool:
        return self._opening is None

    def clear(self) -> None:
        self._opening = self._opening or asyncio.Event()

    def set(self) -> None:
        if self._opening:
            self._opening.set()
        self._opening = None

    async def wait(self) -> None:
        while self._opening:
            await self._opening.wait()
