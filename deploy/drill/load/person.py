"""What all who act in the drill have in common."""

import asyncio
import random
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

from deploy.drill.load.asking import Answer, Asker
from deploy.drill.load.claims import Claim

SIGN_IN = """
mutation SignIn($email: String!) {
  issueTestToken(input: {email: $email}) {
    __typename
    ... on SignedIn { tokens { accessToken } viewer { user { id } } }
    ... on Refusal { code }
  }
}
"""


@dataclass(frozen=True, slots=True)
class World:
    """What was there before the load came; ids are global ones."""

    contents: list[str]
    corporation: str
    manager: str
    key: str


class Person(ABC):
    """Acts over and over, every `pause` seconds or so, until `over` is set."""

    pause = 1.0

    def __init__(self, name: str, asker: Asker, world: World) -> None:
        self.name, self.email, self.asker, self.world = name, f"{name}@example.com", asker, world
        self.token, self.user = "", ""
        self.chance = random.Random(name)  # noqa: S311 (the same each time)
        self.claims: dict[tuple[Any, ...], Claim] = {}

    async def live(self, over: asyncio.Event) -> None:
        idle = asyncio.Event()
        beside = [asyncio.create_task(work) for work in self.beside(idle)]
        while not over.is_set():
            await self.act()
            await self.rest(over)
        idle.set()
        await asyncio.gather(*beside)
        for claim in self.claims.values():
            claim.tell()
        self.look_back()

    @abstractmethod
    async def act(self) -> None: ...

    def beside(self, idle: asyncio.Event) -> Iterator[Any]:
        """What else this person does, until they do not act any more."""
        yield from ()

    def look_back(self) -> None:
        """Says what can be said only at the end."""
        return

    async def rest(self, over: asyncio.Event) -> None:
        await wait(over, self.pause * self.chance.uniform(0.7, 1.3))

    async def sign_in(self) -> None:
        """Until somebody has answered; every person is there before anything breaks."""
        answer = await insist(lambda: self.asker.ask("sign in", SIGN_IN, email=self.email))
        self.token, self.user = answer.data["tokens"]["accessToken"], answer.data["viewer"]["user"]["id"]

    async def ask(self, kind: str, document: str, **more: Any) -> Answer:
        return await self.asker.ask(kind, document, self.token, **more)

    def claim(self, about: str, *key: Any, first: Any = None) -> Claim:
        if (about, key) not in self.claims:
            self.claims[about, key] = Claim(about, key, [first])
        return self.claims[about, key]


async def insist(question: Callable[[], Awaitable[Answer]]) -> Answer:
    while not (answer := await question()).done:
        await asyncio.sleep(0.5)
    return answer


async def wait(over: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(over.wait(), seconds)
    except TimeoutError:
        return
