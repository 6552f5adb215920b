"""Who is told of new contents, and who is signed out while listening."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any

from deploy.drill.load.critics import LIKE
from deploy.drill.load.person import Person, insist
from deploy.drill.load.socket import LOST, opened
from deploy.drill.load.telling import broken, tell

_TOLD = "subscription Told { notificationAdded { id } }"
_LIST = "query List { viewer { notifications(first: 100) { nodes { id } } } }"
_LOGOUT = "mutation Logout { logout }"
_WHO = "query Who { viewer { email } }"
_FOLLOW = "subscription Follow { watchProgress { cursor } }"
# A session that was ended may be listened to no longer than this.
_SECONDS = 5.0
_PATIENCE = 20.0


class Fan(Person):
    """Likes something of the genre in which new contents come; what was missed is in the list."""

    pause = 2.0

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._told: set[str] = set()
        self._listed: set[str] = set()

    async def sign_in(self) -> None:
        await super().sign_in()
        await insist(lambda: self.ask("like", LIKE, content=self.world.contents[0]))

    async def act(self) -> None:
        answer = await self.ask("notifications", _LIST)
        if answer.done:
            self._listed |= {node["id"] for node in answer.data["notifications"]["nodes"]}

    def beside(self, idle: asyncio.Event) -> Iterator[Any]:
        yield self._listen(idle)

    async def _listen(self, idle: asyncio.Event) -> None:
        listening = asyncio.create_task(self._go_on_listening())
        await idle.wait()
        await asyncio.sleep(3)
        listening.cancel()
        await asyncio.wait({listening})
        await self.act()

    async def _go_on_listening(self) -> None:
        while True:
            try:
                async with opened(self.asker.front, self.token) as socket:
                    await socket.subscribe(_TOLD)
                    async for event in socket.events():
                        self._hear(event["id"])
            except LOST as error:
                tell(lost=type(self).__name__, why=f"{type(error).__name__}: {error}"[:200], at=time.monotonic())
            await asyncio.sleep(0.3)

    def _hear(self, one: str) -> None:
        if one in self._told:
            broken(f"{self.email} was told twice of {one}")
        self._told.add(one)

    def look_back(self) -> None:
        tell(claim="notifications", key=[self.user], possible=[sorted(self._told | self._listed)])
        tell(followed=type(self).__name__, answered=len(self._told | self._listed), heard=len(self._told))


class Leaver(Person):
    """Signs in anew each time, listens, and signs out on another line."""

    pause = 2.0

    async def act(self) -> None:
        await self.sign_in()
        try:
            async with opened(self.asker.front, self.token) as socket:
                await socket.subscribe(_FOLLOW)
                gone = asyncio.create_task(socket.gone())
                await asyncio.sleep(0.3)
                await self._sign_out()
                await self._see_it_go(gone)
        except LOST as error:
            tell(lost=type(self).__name__, why=f"{type(error).__name__}: {error}"[:200], at=time.monotonic())
            return
        await self.ask("ended", _WHO, wants="UNAUTHENTICATED")
        tell(claim="revoked", key=[self.token], possible=[True])

    async def _sign_out(self) -> None:
        """A try that nobody answered may have ended the session all the same."""
        answer = await self.ask("logout", _LOGOUT)
        while not answer.done and answer.code != "UNAUTHENTICATED":
            await asyncio.sleep(0.5)
            answer = await self.ask("logout", _LOGOUT, already="UNAUTHENTICATED")

    async def _see_it_go(self, gone: "asyncio.Task[int]") -> None:
        ended = time.monotonic()
        await asyncio.wait({gone}, timeout=_PATIENCE)
        took = time.monotonic() - ended
        if not gone.done():
            gone.cancel()
            broken(f"{_PATIENCE:.0f} s after its session was ended a socket of {self.email} is still open")
        elif gone.result() == 4403:
            good = took < _SECONDS
            tell(kind="revocation", at=ended, took=took, late=0, outcome="done", code="", good=good, past="")
