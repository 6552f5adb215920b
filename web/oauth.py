"""The doors of signing in by redirects: to a provider, and back to the front end with a code that works once."""

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response

from domain.errors import CodedError, NotFound, Refusal
from domain.identities import IdentityProvider
from domain.oauth import OAuth
from web.cookies import Cookies
from web.rates import address_of

_TEN_MINUTES = 600
_BY_NAME = {
    kind.value.lower(): kind for kind in (IdentityProvider.GOOGLE, IdentityProvider.GITHUB, IdentityProvider.KAKAO)
}


class OAuthDoors:
    """`redirect_uris` are those that settings name; `frontend` is where every way ends, well or not. No token is ever
    in an address, and no address comes from a client.
    """

    def __init__(
        self,
        oauth: OAuth,
        cookies: Cookies,
        redirect_uris: Mapping[IdentityProvider, str | None],
        base_url: Callable[[HTTPConnection], str],
        frontend: Callable[[HTTPConnection], str | None],
    ) -> None:
        self._oauth, self._cookies, self._redirect_uris = oauth, cookies, redirect_uris
        self._base_url, self._frontend = base_url, frontend

    async def login(self, request: Request) -> Response:
        """GET /auth/{provider}/login."""
        kind, known = _kind(request), self._cookies.binding(request)
        try:
            begun = await self._oauth.begin(kind, self._redirect_uri(request, kind), known, address_of(request))
        except Refusal as refusal:
            return self._home(request, refusal)
        response = _elsewhere(begun.url)
        self._cookies.set_binding(response, begun.binding, _TEN_MINUTES)
        return response

    async def callback(self, request: Request) -> Response:
        """GET /auth/{provider}/callback."""
        if request.method != "GET":  # what only looks must not use up a state
            raise HTTPException(405, "Sign-in comes back by GET.", {"Allow": "GET"})
        kind, asked = _kind(request), request.query_params
        binding, redirect_uri = self._cookies.binding(request), self._redirect_uri(request, kind)
        try:
            code = await self._oauth.complete(
                kind, redirect_uri, binding, asked.get("state", ""), asked.get("code"), address_of(request)
            )
        except Refusal as refusal:
            return self._home(request, refusal)
        except CodedError as error:
            return self._home(request, {"error": error.code.lower(), "error_description": error.message})
        return self._home(request, {"code": code})

    def _home(self, request: Request, said: Refusal | Mapping[str, str]) -> Response:
        frontend = self._frontend(request)
        if frontend is None:
            raise NotFound("This server has no front end to sign in for: FRONTEND_URL is empty.")
        if isinstance(said, Refusal):
            said = {"error": said.refused.code.value.lower(), "error_description": said.refused.message}
        return _elsewhere(f"{frontend}/auth/callback?{urlencode(said)}")

    def _redirect_uri(self, request: Request, kind: IdentityProvider) -> str:
        return self._redirect_uris.get(kind) or f"{self._base_url(request)}/auth/{kind.value.lower()}/callback"


def _kind(request: Request) -> IdentityProvider:
    name = request.path_params["provider"]
    if name not in _BY_NAME:
        raise NotFound("There is no sign-in by this provider.")
    return _BY_NAME[name]


def _elsewhere(url: str) -> Response:
    return RedirectResponse(url, 303, {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})
