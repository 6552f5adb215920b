"""Who watches: streams are started, once and again, and their bytes read."""

import asyncio

from deploy.drill.load.asking import Answer
from deploy.drill.load.person import Person
from deploy.drill.load.telling import broken
from deploy.drill.strangers import CLIP

_START = """
mutation Start($content: ID!) {
  startStream(input: {contentId: $content}) {
    __typename
    ... on StreamStarted { url firstView pointsAwarded pointsBalance }
    ... on Refusal { code }
  }
}
"""


class Viewer(Person):
    """Starts each stream twice at the same moment, as an impatient finger does, and some of before once more."""

    pause = 0.8

    async def act(self) -> None:
        begun = len(self.claims)
        is_new = begun < len(self.world.contents)
        content = self.world.contents[begun] if is_new else self.chance.choice(self.world.contents)
        answers = await asyncio.gather(self._start(content), self._start(content))
        rewards = [answer.data["pointsAwarded"] for answer in answers if answer.done]
        if sum(rewards) not in ({0, 10} if is_new else {0}):
            broken(f"{self.email} was rewarded {rewards} for one content")
        if answers[0].done:
            await self._read(answers[0].data["url"])

    async def _start(self, content: str) -> Answer:
        claim = self.claim("view log", self.user, content, first=False)
        answer = await self.ask("startStream", _START, content=content)
        if claim.possible != [True]:
            claim.asked_for(True, answer)
        return answer

    async def _read(self, url: str) -> None:
        start = self.chance.randrange(len(CLIP) - 100)
        answer = await self.asker.fetch("stream", "GET", url, headers={"range": f"bytes={start}-{start + 99}"})
        if answer.done and answer.content != CLIP[start : start + 100]:
            broken(f"other bytes came than were asked for, {start} to {start + 99}")
