"""Who watches on one screen and follows on another: every change arrives once, in order, however lines are lost."""

import asyncio
import time
import uuid
from abc import abstractmethod
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx2
import orjson

from deploy.drill.load.claims import Claim
from deploy.drill.load.person import Person
from deploy.drill.load.socket import LOST, Refused, opened
from deploy.drill.load.telling import broken, tell

_RECORD = """
mutation Record($event: WatchEventInput!) {
  recordWatchProgress(input: {events: [$event]}) {
    __typename
    ... on ProgressRecorded { progress { positionSeconds } }
    ... on Refusal { code }
  }
}
"""
_FOLLOW = """
subscription Follow($after: String) {
  watchProgress(after: $after) { cursor progress { positionSeconds } }
}
"""
_AGAIN_SECONDS = 0.3


class Follower(Person):
    """Reports one position after another, and repeats each until somebody has answered."""

    pause = 0.5

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._position = 0
        self._answered: dict[float, float] = {}  # positions, and when they were
        self._heard: dict[float, float] = {}
        self._cursor: str | None = None

    @property
    def _progress(self) -> Claim:
        return self.claim("progress", self.user, self.world.contents[0])

    async def act(self) -> None:
        self._position += 1
        event = {
            "eventId": str(uuid.uuid4()),
            "contentId": self.world.contents[0],
            "positionSeconds": self._position,
            "durationSeconds": 100_000,
            "observedAt": datetime.now(UTC).isoformat(),
        }
        for _ in range(200):
            answer = await self.ask("progress", _RECORD, event=event)
            self._progress.asked_for(self._position, answer)
            if answer.done:
                self._answered[self._position] = time.monotonic()
                await self.ask("progress", _RECORD, event=event)  # a repeat, which changes nothing
                return
            await asyncio.sleep(_AGAIN_SECONDS)

    def beside(self, idle: asyncio.Event) -> Iterator[Any]:
        yield self._follow(idle)

    async def _follow(self, idle: asyncio.Event) -> None:
        following = asyncio.create_task(self._go_on_following())
        await idle.wait()
        ends = time.monotonic() + 10
        while self._missing() and time.monotonic() < ends:
            await asyncio.sleep(0.1)
        following.cancel()
        await asyncio.wait({following})

    async def _go_on_following(self) -> None:
        while True:
            try:
                async for event in self.events(self._cursor):
                    self._hear(event)
            except LOST as error:
                tell(lost=type(self).__name__, why=f"{type(error).__name__}: {error}"[:200], at=time.monotonic())
            await asyncio.sleep(_AGAIN_SECONDS)

    @abstractmethod
    def events(self, after: str | None) -> AsyncIterator[Any]:
        """Until the line is lost; behind the cursor `after`. Raises what is in LOST."""

    def _hear(self, event: Any) -> None:
        position, now = event["progress"]["positionSeconds"], time.monotonic()
        self._cursor = event["cursor"]
        last = max(self._heard, default=0.0)
        if position <= last:
            broken(f"{self.email} heard of {position} behind {last}: twice, or out of order")
        self._heard[position] = now
        asked = self._answered.get(position, now)
        tell(kind="event", at=asked, took=max(0.0, now - asked), late=0, outcome="done", code="", good=True, past="")

    def _missing(self) -> list[float]:
        """What came before the first that was heard is in no stream."""
        first = min(self._heard, default=0.0)
        return [position for position in self._answered if position > first and position not in self._heard]

    def look_back(self) -> None:
        if missing := self._missing():
            broken(f"{self.email} never heard of {missing[:20]}, {len(missing)} in all")
        tell(followed=type(self).__name__, answered=len(self._answered), heard=len(self._heard))


class SocketFollower(Follower):
    async def events(self, after: str | None) -> AsyncIterator[Any]:
        async with opened(self.asker.front, self.token) as socket:
            await socket.subscribe(_FOLLOW, after=after)
            async for event in socket.events():
                yield event


class StreamFollower(Follower):
    """The same by server-sent events."""

    async def events(self, after: str | None) -> AsyncIterator[Any]:
        headers = {"authorization": f"Bearer {self.token}", "accept": "text/event-stream"}
        body = {"query": _FOLLOW, "variables": {"after": after}}
        patience = httpx2.Timeout(5, read=20)  # something comes every 15 seconds
        address = f"{self.asker.front}/graphql"
        try:
            async with self.asker.client.stream(
                "POST", address, json=body, headers=headers, timeout=patience
            ) as response:
                if response.status_code != 200:
                    raise Refused(f"{response.status_code}")
                async for line in response.aiter_lines():
                    if line.startswith("data:") and (said := line[5:].strip()):
                        yield _event(orjson.loads(said))
        except httpx2.HTTPError as error:
            raise Refused(f"{type(error).__name__}: {error}") from error


def _event(said: Any) -> Any:
    if "errors" in said or not said.get("data"):
        raise Refused(str(said)[:300])
    return said["data"]["watchProgress"]
