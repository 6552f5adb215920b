"""Instagram by Meta's Graph interface, with Facebook Login: pages of a person, and the accounts that belong to them."""

import asyncio
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated

import httpx2
from pydantic import BaseModel, FailFast, Field, RootModel, StringConstraints

from domain.instagram import InstagramAccount, not_configured
from domain.instagram_tokens import DeadToken, MetaToken
from integrations.meta_faults import NAME, judge, judge_code, judge_of_app, not_taken
from integrations.strangers import plain, read
from integrations.unseen import Confidant

_CODE = re.compile(r"[!-~]{1,4096}")
_FIELDS = "id,name,instagram_business_account{id,username}"
_PER_PAGE, _MOST_PAGES = 100, 10
# As many as Meta takes in one question.
_IDS_AT_ONCE = 50
_LONGEST_NAME = 200
# What Meta says of long-lived tokens, where it does not say it with one.
_SIXTY_DAYS = int(timedelta(days=60).total_seconds())

_Id = Annotated[str, StringConstraints(pattern="^[0-9]{1,30}$")]


class _Token(BaseModel, strict=True):
    access_token: str = Field(pattern="^[!-~]{1,8192}$")
    expires_in: int | None = None

    def as_token(self) -> MetaToken:
        seconds = self.expires_in if self.expires_in and self.expires_in > 0 else _SIXTY_DAYS
        return MetaToken(self.access_token, timedelta(seconds=min(seconds, _SIXTY_DAYS)))


class _Account(BaseModel, strict=True):
    id: _Id
    username: str | None = None


class _Page(BaseModel, strict=True):
    id: _Id
    name: str | None = None
    instagram_business_account: _Account | None = None

    def as_account(self) -> InstagramAccount | None:
        account = self.instagram_business_account
        username = plain(account.username, _LONGEST_NAME) if account else None
        if account is None or username is None:
            return None
        return InstagramAccount(account.id, username, self.id, plain(self.name, _LONGEST_NAME) or self.id)


class _Cursors(BaseModel, strict=True):
    after: str | None = Field(None, max_length=1000)


class _Paging(BaseModel, strict=True):
    cursors: _Cursors | None = None
    next: str | None = None


class _Pages(BaseModel, strict=True):
    data: Annotated[list[_Page], FailFast()]
    paging: _Paging | None = None

    @property
    def after(self) -> str | None:
        paging = self.paging
        return paging.cursors.after if paging and paging.next and paging.cursors else None


class _Granted(BaseModel, strict=True):
    scope: str
    target_ids: list[_Id] = []


class _Debugged(BaseModel, strict=True):
    granular_scopes: list[_Granted] = []


class _Debug(BaseModel, strict=True):
    data: _Debugged


class _ById(RootModel[dict[str, _Page]]):
    pass


class MetaGraph:
    """Speaks domain.instagram.Meta. `graph` and `facebook` are addresses with their version; without an app of ours it
    still asks with tokens that it is given.
    """

    def __init__(
        self,
        *,
        client: httpx2.AsyncClient,
        app_id: str | None,
        app_secret: str | None,
        scopes: str,
        graph: str = "https://graph.facebook.com/v24.0",
        facebook: str = "https://www.facebook.com/v24.0",
    ) -> None:
        self._stranger = Confidant(NAME, client)
        self._app_id, self._app_secret = app_id or "", app_secret or ""
        self._scopes = ",".join(one for one in re.split(r"[,\s]+", scopes) if one)
        self._graph, self._facebook = graph.rstrip("/"), facebook.rstrip("/")

    @property
    def is_configured(self) -> bool:
        return bool(self._app_id and self._app_secret)

    def authorization_url(self, redirect_uri: str, state: str) -> str:
        self._require_app()
        asked = {
            "client_id": self._app_id,
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "scope": self._scopes,
            "state": state,
        }
        return str(httpx2.URL(f"{self._facebook}/dialog/oauth", params=asked))

    async def token(self, code: str, redirect_uri: str) -> MetaToken:
        self._require_app()
        if not _CODE.fullmatch(code):
            raise not_taken()
        asked = {**self._app, "redirect_uri": redirect_uri, "code": code}
        async with self._stranger.asking() as limit:
            # Once alone: a code that was taken, and whose answer was lost on the way, is a used one.
            answer = await self._stranger.tell(limit, f"{self._graph}/oauth/access_token", asked, again=False)
            judge_code(answer)
            try:
                return await self._exchanged(read(NAME, answer, _Token).access_token, limit)
            except DeadToken:
                raise not_taken() from None

    async def renewed(self, token: str) -> MetaToken:
        self._require_app()
        async with self._stranger.asking() as limit:
            return await self._exchanged(token, limit)

    async def accounts(self, token: str) -> list[InstagramAccount]:
        async with self._stranger.asking() as limit:
            pages = await self._pages(token, limit)
            found = _accounts(pages)
            # Of pages that belong to a business, /me/accounts may tell nothing.
            return found or _accounts(await self._granted(token, limit))

    async def _exchanged(self, token: str, limit: asyncio.Timeout) -> MetaToken:
        asked = {**self._app, "grant_type": "fb_exchange_token", "fb_exchange_token": token}
        answer = await self._stranger.tell(limit, f"{self._graph}/oauth/access_token", asked)
        judge(answer)
        return read(NAME, answer, _Token).as_token()

    async def _pages(self, token: str, limit: asyncio.Timeout) -> list[_Page]:
        asked, found = {"fields": _FIELDS, "limit": str(_PER_PAGE)}, list[_Page]()
        for _ in range(_MOST_PAGES):
            answer = await self._ask("/me/accounts", token, asked, limit)
            pages = read(NAME, answer, _Pages)
            found += pages.data
            if pages.after is None:
                break
            # Where `next` leads is Meta's to say, and the token would go there with it.
            asked["after"] = pages.after
        return found

    async def _granted(self, token: str, limit: asyncio.Timeout) -> list[_Page]:
        """The pages that were chosen when the person signed in."""
        if not self.is_configured:
            return []
        asked = {"input_token": token, "access_token": f"{self._app_id}|{self._app_secret}"}
        answer = await self._stranger.tell(limit, f"{self._graph}/debug_token", asked)
        judge_of_app(answer)
        granted = read(NAME, answer, _Debug).data.granular_scopes
        ids = list(dict.fromkeys(id_ for one in granted if one.scope == "pages_show_list" for id_ in one.target_ids))
        found = list[_Page]()
        for first in range(0, min(len(ids), _PER_PAGE * _MOST_PAGES), _IDS_AT_ONCE):
            asked = {"ids": ",".join(ids[first : first + _IDS_AT_ONCE]), "fields": _FIELDS}
            found += read(NAME, await self._ask("/", token, asked, limit), _ById).root.values()
        return found

    async def _ask(
        self, path: str, token: str, parameters: Mapping[str, str], limit: asyncio.Timeout
    ) -> httpx2.Response:
        """With a person's token, and the proof that it is ours who ask, where there is one."""
        asked = {**parameters, "access_token": token}
        if self._app_secret:
            asked["appsecret_proof"] = hmac.digest(self._app_secret.encode(), token.encode(), hashlib.sha256).hex()
        answer = await self._stranger.tell(limit, self._graph + path, asked)
        judge(answer)
        return answer

    @property
    def _app(self) -> dict[str, str]:
        return {"client_id": self._app_id, "client_secret": self._app_secret}

    def _require_app(self) -> None:
        if not self.is_configured:
            raise not_configured()


def _accounts(pages: list[_Page]) -> list[InstagramAccount]:
    return list(dict.fromkeys(account for page in pages if (account := page.as_account())))
