"""GitHub by its OAuth web flow and its REST interface of 2022-11-28."""

import httpx2
from pydantic import BaseModel, Field, RootModel

from domain.identities import Flow, IdentityProvider, Profile
from integrations.oauth import OAuth, Token, email_of, name_of, picture_of
from integrations.strangers import asking, read

_NAME = "GitHub"
_SCOPE = "read:user user:email"
_API_VERSION = "2022-11-28"


class _Person(BaseModel, strict=True):
    id: int = Field(ge=1)
    login: str
    name: str | None = None
    avatar_url: str | None = None


class _Email(BaseModel, strict=True):
    email: str
    primary: bool
    verified: bool


class _Emails(RootModel[list[_Email]]):
    pass


class GitHub:
    """Speaks domain.identities.Provider. `url` is where people sign in, and the issuer by which we know them."""

    kind = IdentityProvider.GITHUB

    def __init__(
        self,
        *,
        client: httpx2.AsyncClient,
        client_id: str,
        client_secret: str | None,
        url: str = "https://github.com",
        api_url: str = "https://api.github.com",
    ) -> None:
        self._issuer, self._url, self._api_url = url, url.rstrip("/"), api_url.rstrip("/")
        self._oauth = OAuth(_NAME, client, client_id, client_secret, _SCOPE)

    async def authorization_url(self, flow: Flow) -> str:
        return self._oauth.authorization_url(f"{self._url}/login/oauth/authorize", flow)

    async def profile(self, flow: Flow, code: str) -> Profile:
        async with asking(_NAME):
            token = await self._oauth.token(f"{self._url}/login/oauth/access_token", flow, code)
            person = read(_NAME, await self._ask("/user", token), _Person)
            address = await self._primary_email(token)
        email = email_of(address.email) if address else None
        return Profile(
            issuer=self._issuer,
            subject=str(person.id),  # a login can be changed, and then taken by another
            email=email,
            email_verified=bool(email and address and address.verified),
            name=name_of(person.name) or name_of(person.login),
            picture_url=picture_of(person.avatar_url),
        )

    async def unlink(self, subject: str) -> None:
        """Nothing: GitHub ends a grant by a token of the person, and none is kept here once somebody is signed in."""

    async def _primary_email(self, token: Token) -> _Email | None:
        response = await self._ask("/user/emails", token)
        if response.status_code in {403, 404} and not _is_throttled(response):
            return None  # people, and owners of GitHub Apps, may grant less than was asked for
        return next((one for one in read(_NAME, response, _Emails).root if one.primary), None)

    async def _ask(self, path: str, token: Token) -> httpx2.Response:
        return await self._oauth.ask(
            "GET",
            self._api_url + path,
            f"Bearer {token.access_token}",
            accept="application/vnd.github+json",
            x_github_api_version=_API_VERSION,
        )


def _is_throttled(response: httpx2.Response) -> bool:
    """GitHub says so by 403, as it says what is forbidden."""
    return "retry-after" in response.headers or response.headers.get("x-ratelimit-remaining") == "0"
