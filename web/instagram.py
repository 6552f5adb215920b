"""The door by which a browser comes back from Meta."""

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response

from domain.authentication import Authentication
from domain.errors import CodedError, NotFound, Refusal
from domain.instagram_authorization import InstagramAuthorization
from resolvers.instagram import CALLBACK
from web.cookies import Cookies


class InstagramDoor:
    """`frontend` is where every way ends, well or not."""

    def __init__(
        self,
        authorization: InstagramAuthorization,
        authentication: Authentication,
        cookies: Cookies,
        base_url: Callable[[HTTPConnection], str],
        frontend: Callable[[HTTPConnection], str | None],
    ) -> None:
        self._authorization, self._authentication, self._cookies = authorization, authentication, cookies
        self._base_url, self._frontend = base_url, frontend

    async def callback(self, request: Request) -> Response:
        """GET /oauth/instagram/callback."""
        if request.method != "GET":  # what only looks must not use up a state
            raise HTTPException(405, "Meta comes back by GET.", {"Allow": "GET"})
        frontend = self._frontend(request)
        if frontend is None:
            raise NotFound("This server has no front end to come back to: FRONTEND_URL is empty.")
        asked, callback = request.query_params, f"{self._base_url(request)}{CALLBACK}"
        try:
            comer = await self._comer(request)
            await self._authorization.complete(asked.get("state", ""), asked.get("code"), callback, comer)
        except Refusal as refusal:
            return _home(frontend, _failed(refusal.refused.code.value, refusal.refused.message))
        except CodedError as error:
            return _home(frontend, _failed(error.code, error.message))
        return _home(frontend, {"ig": "connected"})

    async def _comer(self, request: Request) -> int | None:
        """Whose session comes along. Mostly nobody's: browsers keep our cookie to themselves on the way from Meta."""
        cookie = self._cookies.session(request)
        resumed = await self._authentication.by_cookie(cookie, renewing=False) if cookie else None
        return resumed.viewer.user.id if resumed else None


def _failed(code: str, message: str) -> Mapping[str, str]:
    return {"ig": "failed", "error": code.lower(), "error_description": message}


def _home(frontend: str, said: Mapping[str, str]) -> Response:
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return RedirectResponse(f"{frontend}/mypage?{urlencode(said)}", 303, headers)
