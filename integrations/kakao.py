"""Kakao Login by its REST interface. It is never asked for an e-mail address, and one that it tells is not kept."""

import re
from contextlib import suppress

import httpx2
from pydantic import BaseModel, Field, ValidationError

from domain.errors import Refusal, RefusalCode
from domain.identities import Flow, IdentityProvider, Profile
from integrations.oauth import OAuth, address_of, name_of, picture_of
from integrations.strangers import asking, failed, read

_NAME = "Kakao"
_PICTURES = "kakaocdn.net"
_NOT_LINKED = -101


class _Shown(BaseModel, strict=True):
    nickname: str | None = None
    profile_image_url: str | None = None


class _Account(BaseModel, strict=True):
    profile: _Shown | None = None


class _Properties(BaseModel, strict=True):
    nickname: str | None = None


class _Person(BaseModel, strict=True):
    id: int = Field(ge=1)
    kakao_account: _Account | None = None
    properties: _Properties | None = None


class _Unlinked(BaseModel, strict=True):
    id: int


class _Fault(BaseModel, strict=True):
    code: int


class Kakao:
    """Speaks domain.identities.Provider. `auth_url` is where people sign in, and the issuer by which we know them."""

    kind = IdentityProvider.KAKAO

    def __init__(
        self,
        *,
        client: httpx2.AsyncClient,
        client_id: str,
        client_secret: str | None,
        scope: str,
        admin_key: str | None,
        auth_url: str = "https://kauth.kakao.com",
        api_url: str = "https://kapi.kakao.com",
    ) -> None:
        self._issuer, self._auth_url, self._api_url = auth_url, auth_url.rstrip("/"), api_url.rstrip("/")
        self._admin_key = admin_key
        self._oauth = OAuth(_NAME, client, client_id, client_secret, without_email(scope))

    async def authorization_url(self, flow: Flow) -> str:
        return self._oauth.authorization_url(f"{self._auth_url}/oauth/authorize", flow)

    async def profile(self, flow: Flow, code: str) -> Profile:
        async with asking(_NAME):
            token = await self._oauth.token(f"{self._auth_url}/oauth/token", flow, code)
            url, bearer = f"{self._api_url}/v2/user/me", f"Bearer {token.access_token}"
            response = await self._oauth.ask("GET", url, bearer, parameters={"secure_resource": "true"})
            person = read(_NAME, response, _Person)
        shown = (person.kakao_account and person.kakao_account.profile) or _Shown()
        older = person.properties or _Properties()
        return Profile(
            issuer=self._issuer,
            subject=str(person.id),
            email=None,
            email_verified=False,
            name=name_of(shown.nickname) or name_of(older.nickname),
            picture_url=_picture(shown.profile_image_url),
        )

    async def unlink(self, subject: str) -> None:
        if not self._admin_key:
            message = "This server cannot unlink people at Kakao: its setting KAKAO_ADMIN_KEY is empty."
            raise Refusal(RefusalCode.NOT_CONFIGURED, message)
        form = {"target_id_type": "user_id", "target_id": subject}
        async with asking(_NAME):
            url, key = f"{self._api_url}/v1/user/unlink", f"KakaoAK {self._admin_key}"
            response = await self._oauth.ask("POST", url, key, form=form)
        if _fault(response) != _NOT_LINKED and str(read(_NAME, response, _Unlinked).id) != subject:
            raise failed(_NAME, "unlinked another person than it was asked to")


def without_email(scope: str) -> str:
    """The scopes as Kakao separates them, and none that has to do with an e-mail address."""
    return ",".join(one for one in re.split(r"[,\s]+", scope) if one and "email" not in one.lower())


def _picture(written: str | None) -> str | None:
    """Kakao writes http where it has https too; on the hosts of others nobody knows."""
    address = address_of(written)
    if address and address.port is None and f".{address.host}".endswith(f".{_PICTURES}"):
        return str(address.copy_with(scheme="https"))
    return picture_of(written)


def _fault(response: httpx2.Response) -> int | None:
    """The code of an error of Kakao's; None for any other answer."""
    if response.status_code == 400:
        with suppress(ValidationError):
            return _Fault.model_validate_json(response.content).code
    return None
