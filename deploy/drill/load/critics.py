"""Who has opinions: reviews that are written, changed and taken back, and likes, which are looked at at once."""

from deploy.drill.load.asking import Answer
from deploy.drill.load.claims import Claim
from deploy.drill.load.person import Person
from deploy.drill.load.telling import broken

REFUSED = "refused, and so never written"

_CREATE = """
mutation Create($content: ID!, $rating: Int!, $body: String) {
  createReview(input: {contentId: $content, rating: $rating, body: $body}) {
    __typename
    ... on Review { id }
    ... on Refusal { code }
  }
}
"""
_UPDATE = """
mutation Update($id: ID!, $rating: Int!, $body: String) {
  updateReview(input: {id: $id, rating: $rating, body: $body}) {
    __typename
    ... on Refusal { code }
  }
}
"""
_DELETE = """
mutation Delete($id: ID!) {
  deleteReview(input: {id: $id}) {
    __typename
    ... on Refusal { code }
  }
}
"""
LIKE = """
mutation Like($content: ID!) {
  likeContent(input: {contentId: $content}) { __typename ... on Refusal { code } }
}
"""
_UNLIKE = """
mutation Unlike($content: ID!) {
  unlikeContent(input: {contentId: $content}) { __typename ... on Refusal { code } }
}
"""
_IS_LIKED = "query IsLiked($content: ID!) { content(id: $content) { likedByViewer } }"


def _gone(claim: Claim) -> str:
    """What is right to say of a review that a deletion may have taken already."""
    return "NOT_FOUND" if None in claim.possible else ""


class Critic(Person):
    """Writes one review after another; of each, what is done to it is done in order."""

    pause = 0.5
    _id = ""
    _number = 0
    _at: Claim | None = None

    async def act(self) -> None:
        self._number += 1
        if self._number % 7 == 0:
            await self._be_refused()
        elif self._at is None:
            await self._create()
        elif self.chance.random() < 0.7:
            await self._update(self._at)
        else:
            await self._delete(self._at)

    def _state(self) -> tuple[int, str]:
        return self._number % 10 + 1, f"{self.name} says {self._number}"

    async def _create(self) -> None:
        content, (rating, body) = self.chance.choice(self.world.contents), self._state()
        claim = self.claim("review", self.user, content)
        if claim.possible != [None]:
            return  # whether there is one is not known, or it is not to be touched any more
        answer = await self.ask("review", _CREATE, content=content, rating=rating, body=body)
        claim.asked_for([rating, body], answer)
        if answer.done:
            self._at, self._id = claim, answer.data["id"]

    async def _update(self, claim: Claim) -> None:
        rating, body = self._state()
        answer = await self.ask("review", _UPDATE, id=self._id, rating=rating, body=body, already=_gone(claim))
        claim.asked_for([rating, body], answer)
        self._put_by(claim, answer)

    async def _delete(self, claim: Claim) -> None:
        answer = await self.ask("review", _DELETE, id=self._id, already=_gone(claim))
        claim.asked_for(None, answer)
        self._put_by(claim, answer)
        if answer.done:
            self._at = None

    def _put_by(self, claim: Claim, answer: Answer) -> None:
        """A request that nobody answered may still be on its way, and must not overtake another."""
        if answer.outcome == "unanswered":
            self._at = None
        elif answer.outcome == "refused" and None not in claim.possible:
            broken(f"the review of {self.email} was refused a change with {answer.code}, though it is there")
        elif answer.outcome == "refused":
            claim.settle(None)
            self._at = None

    async def _be_refused(self) -> None:
        content = self.chance.choice(self.world.contents)
        words = {"content": content, "rating": 11, "body": REFUSED}
        await self.ask("refusal", _CREATE, wants="VALIDATION_FAILED", **words)


class Liker(Person):
    """Writes through one server and reads through the other: what was written is what is read."""

    pause = 0.4
    _turn = 0

    async def act(self) -> None:
        self._turn += 1
        content = self.chance.choice(self.world.contents)
        claim = self.claim("like", self.user, content, first=False)
        if len(claim.possible) > 1:
            return  # a late request may still change it
        likes = not claim.possible[0]
        writes, reads = self._servers()
        answer = await self.ask("like", LIKE if likes else _UNLIKE, content=content, at=writes)
        claim.asked_for(likes, answer)
        if answer.done:
            seen = await self.ask("own like", _IS_LIKED, content=content, at=reads)
            if seen.done and (seen.data or {}).get("likedByViewer") is not likes:
                broken(f"{self.email} read at {reads or 'the front'} something older than was written at {writes}")

    def _servers(self) -> list[str]:
        """Mostly through the front, as everybody; else past it, for that is the hardest."""
        one, other = self.asker.servers
        return (["", ""], [one, other], [other, one])[self._turn % 3]
