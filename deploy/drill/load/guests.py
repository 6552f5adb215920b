"""Who comes by a password, or by another issuer's token."""

from pathlib import Path

from deploy.drill import keys
from deploy.drill.load.person import Person

PASSWORD, NO_PASSWORD = "a password of the drill", "no password at all"

_REGISTER = """
mutation Register($email: String!, $password: String!) {
  register(input: {email: $email, password: $password}) {
    __typename
    ... on Refusal { code }
  }
}
"""
_LOGIN = """
mutation Login($email: String!, $password: String!) {
  login(input: {email: $email, password: $password}) {
    __typename
    ... on Refusal { code }
  }
}
"""
_WHO = "query Who { viewer { email } }"


class Newcomer(Person):
    """Makes an account, signs in, and has a password wrong."""

    pause = 1.5
    _number = 0

    async def act(self) -> None:
        self._number += 1
        email = f"{self.name}-{self._number}@example.com"
        who = {"email": email, "password": PASSWORD}
        made = await self.asker.ask("register", _REGISTER, **who)
        claim = self.claim("account", email, first=False)
        claim.asked_for(True, made)
        if claim.possible == [True]:
            await self.asker.ask("login", _LOGIN, **who)
        await self.asker.ask("wrong login", _LOGIN, wants="BAD_CREDENTIALS", **{**who, "password": NO_PASSWORD})


class Guest(Person):
    """Is known by the token of another issuer; one that names an unknown key is refused, as soon as that is known."""

    pause = 0.5

    async def sign_in(self) -> None:
        await super().sign_in()
        self.token = keys.token(Path(self.world.key), self.email)

    async def act(self) -> None:
        await self.ask("guest", _WHO)
        if self.chance.random() < 0.3:
            forged = keys.token(Path(self.world.key), self.email, keys.UNKNOWN)
            await self.asker.ask("stranger", _WHO, forged, wants="UNAUTHENTICATED")
