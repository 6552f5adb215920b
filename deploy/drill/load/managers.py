"""Who looks after contents, and who reads them."""

from deploy.drill.load.asking import Answer
from deploy.drill.load.person import Person
from deploy.drill.load.telling import broken

GENRE = "Drill"
_CREATE = """
mutation Create($title: String!, $genres: [String!]!) {
  createContent(input: {title: $title, genres: $genres}) {
    __typename
    ... on Content { id }
    ... on Refusal { code }
  }
}
"""
_DELETE = """
mutation Delete($id: ID!) {
  deleteContent(input: {id: $id}) { __typename ... on Refusal { code } }
}
"""
_RESTORE = """
mutation Restore($id: ID!) {
  restoreContent(input: {id: $id}) { __typename ... on Refusal { code } }
}
"""
_SEARCH = "query Search($query: String!) { search(query: $query) { hits { content { id title } } } }"
_PAGE = "query Page { contents(first: 10) { nodes { title genres { name } corporation { name } } } }"
_OWN = "query Own { viewer { points user { displayName } watchHistory(first: 5) { nodes { positionSeconds } } } }"
_NOTHING = "query Nothing { __typename }"


class Manager(Person):
    """Every content is made, thrown away, and taken out again."""

    pause = 0.7
    _number = 0

    async def sign_in(self) -> None:
        self.email = self.world.manager
        await super().sign_in()

    async def act(self) -> None:
        self._number += 1
        title = f"Content {self.name} {self._number}"
        made = await self.ask("content", _CREATE, title=title, genres=[GENRE])
        self.claim("title", title, first=0).asked_for(1, made)
        if not made.done:
            return
        claim = self.claim("content", made.data["id"], first=True)
        for document, visible in ((_DELETE, False), (_RESTORE, True), (_DELETE, False)):
            if self.chance.random() < 0.3 or not claim.is_certain:
                return
            answer: Answer = await self.ask("content", document, id=claim.key[0])
            claim.asked_for(visible, answer)
            if answer.outcome == "refused":
                broken(f"{title} was refused with {answer.code} when it was to be visible: {visible}")


class Seeker(Person):
    pause = 0.5

    async def act(self) -> None:
        await self.ask("search", _SEARCH, query=self.chance.choice(["river", "silnt rivr", "content"]))


class Reader(Person):
    """Asks what everybody may know, and what is theirs alone; and what needs no part at all."""

    pause = 0.3

    async def act(self) -> None:
        await self.asker.ask("page", _PAGE)
        await self.ask("own page", _OWN)
        await self.asker.ask("nothing", _NOTHING)
        await self.asker.fetch("keys", "GET", f"{self.asker.front}/.well-known/jwks.json")
