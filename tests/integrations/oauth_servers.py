"""Providers of sign-in on loopback: OpenID Connect by a real one, GitHub and Kakao as their documentation says."""

import re
import time
import warnings
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

import httpx2
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, PlainTextResponse, Response

from tests.integrations.hostile_tokens import Forge, jwk, rsa_key
from tests.integrations.oauth_stranger import CLIENT_ID, MARK, Asked, Grant, Handler, Stranger
from tests.integrations.oauth_stranger import running as running
from tests.integrations.oauth_stranger import sign_in as sign_in

ADMIN_KEY = f"{MARK}admin-key"
_AGENTLESS = "Request forbidden by administrative rules. Please make sure your request has a User-Agent header"


class GoogleServer(Stranger):
    """The provider is oidc-provider-mock; in front of it is what it does not look after: the client's secret, PKCE.
    `people` are the claims of each; who is not among them may sign in too, with the e-mail address that was typed in.
    """

    def doors(self) -> dict[str, Handler]:
        return {"/oauth2/authorize": self._authorize, "/oauth2/token": self._token, "/{path:path}": self._passed}

    @cached_property
    def _mock(self) -> httpx2.Client:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it still uses what authlib calls deprecated
            import oidc_provider_mock  # type: ignore[import-untyped]
        transport = httpx2.WSGITransport(app=oidc_provider_mock.app(require_nonce=True))
        return httpx2.Client(transport=transport, base_url=self.url)

    async def _passed(self, asked: Asked) -> Response:
        answer = await run_in_threadpool(self._mock.request, asked.method, str(asked.url), data=asked.form or None)
        kept = {name: answer.headers[name] for name in ("content-type", "location") if name in answer.headers}
        return Response(re.sub(rb"<link[^>]*>", b"", answer.content), answer.status_code, kept)  # no style from afar

    async def _authorize(self, asked: Asked) -> Response:
        if fault := self.fault(asked.query):
            return self.returned(asked, error=fault)
        if asked.form.get("action") == "deny":  # the provider forgets the state here
            return self.returned(asked, error="access_denied")
        if (who := asked.form.get("sub", "")) in self.people:
            await run_in_threadpool(self._mock.put, f"/users/{who}", json=self.people[who])
        answer = await self._passed(asked)
        if code := httpx2.URL(answer.headers.get("location", "")).params.get("code"):
            self.new_code(asked, who, code)
        return answer

    async def _token(self, asked: Asked) -> Response:
        wrong = self.redeemed(asked.form)
        if isinstance(wrong, str):
            error, status = ("invalid_client", 401) if wrong == "client_secret" else ("invalid_grant", 400)
            return JSONResponse({"error": error, "error_description": f"Bad {wrong}."}, status)
        answer = await self._passed(asked)
        given = httpx2.Response(answer.status_code, content=bytes(answer.body)).json()
        self.secrets |= {given[name] for name in ("access_token", "refresh_token", "id_token")}
        return answer


class ForgedIssuer(Stranger):
    """An OpenID Connect issuer that says what it is told to: `said` changes its discovery document, `id_token` is what
    it gives for any code. None is nothing. Its keys are those of hostile_tokens, by name, or whole.
    """

    def __init__(self) -> None:
        super().__init__()
        self.forget()

    def forget(self) -> None:
        super().forget()
        self.keys: list[Any] = ["first"]
        self.said: dict[str, Any] = {}
        self.id_token: Any = None

    def doors(self) -> dict[str, Handler]:
        return {"/.well-known/openid-configuration": self._discovery, "/jwks": self._jwks, "/token": self._token}

    def forge(self, nonce: str, kid: str = "first", **claims: Any) -> Forge:
        """Signs for a flow; other claims are good ones."""
        now = int(time.time())
        good = {"iss": self.url, "aud": CLIENT_ID, "sub": "ada-1", "nonce": nonce, "iat": now, "exp": now + 600}
        return Forge(rsa_key(kid), {"alg": "RS256", "kid": kid, "typ": "JWT"}, _given({**good, **claims}))

    async def _discovery(self, _asked: Asked) -> Response:
        names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "jwks"}
        document = {"issuer": self.url, **{name: f"{self.url}/{path}" for name, path in names.items()}}
        return JSONResponse(_given({**document, **self.said}))

    async def _jwks(self, _asked: Asked) -> Response:
        return JSONResponse({"keys": [jwk(key, rsa_key(key)) if isinstance(key, str) else key for key in self.keys]})

    async def _token(self, _asked: Asked) -> Response:
        answer = {"access_token": self.new_token(Grant()), "token_type": "Bearer", "expires_in": 3600}
        return JSONResponse(_given({**answer, "id_token": self.id_token}))


def _given(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if value is not None}


class GitHubServer(Stranger):
    """GitHub and its REST interface at one address. Each of `people` is what github_person makes."""

    hint = "login"

    def doors(self) -> dict[str, Handler]:
        return {
            "/login/oauth/authorize": self.authorize,
            "/login/oauth/access_token": self._access_token,
            "/user": self._user,
            "/user/emails": self._emails,
        }

    async def _access_token(self, asked: Asked) -> Response:
        grant = self.redeemed(asked.form)
        if isinstance(grant, Grant):
            scope = self.people[grant.who].get("granted", ",".join(sorted(grant.scope.split())))
            given = Grant(grant.who, scope=scope)
            return _as_accepted(asked, access_token=self.new_token(given), scope=scope, token_type="bearer")
        error, description = {
            "client_secret": (
                "incorrect_client_credentials",
                "The client_id and/or client_secret passed are incorrect.",
            ),
            "redirect_uri": ("redirect_uri_mismatch", "The redirect_uri MUST match the registered callback URL."),
        }.get(grant, ("bad_verification_code", "The code passed is incorrect or expired."))
        return _as_accepted(asked, error=error, error_description=description, error_uri="https://docs.github.com/")

    async def _user(self, asked: Asked) -> Response:
        return self._refused(asked) or JSONResponse(
            {name: value for name, value in self._person(asked).items() if name not in {"emails", "granted"}}
        )

    async def _emails(self, asked: Asked) -> Response:
        return self._refused(asked, "user:email") or JSONResponse(self._person(asked)["emails"])

    def _person(self, asked: Asked) -> dict[str, Any]:
        grant = self.bearer(asked)
        return self.people[grant.who] if grant else {}

    def _refused(self, asked: Asked, scope: str | None = None) -> Response | None:
        if not asked.headers.get("user-agent"):
            return PlainTextResponse(_AGENTLESS, 403)
        if asked.headers.get("x-github-api-version") != "2022-11-28":
            return _told("The API version is not supported.", 400)
        grant = self.bearer(asked)
        if grant is None:
            return _told("Bad credentials" if "authorization" in asked.headers else "Requires authentication", 401)
        return None if scope is None or scope in grant.scope.split(",") else _told("Not Found", 404)


def _as_accepted(asked: Asked, **answer: str) -> Response:
    """GitHub answers as a form unless it is asked for JSON, and errors with status 200."""
    if asked.headers.get("accept") == "application/json":
        return JSONResponse(answer)
    return Response(urlencode(answer), media_type="application/x-www-form-urlencoded")


def _told(message: str, status: int) -> Response:
    told = {"message": message, "documentation_url": "https://docs.github.com/rest", "status": str(status)}
    return JSONResponse(told, status)


def github_person(number: int, login: str, **changes: Any) -> dict[str, Any]:
    """A person as /user describes them. `emails` are what /user/emails lists; `granted`, where it is given, is less
    scope than was asked for.
    """
    first = {"email": f"{number}+{login}@users.noreply.github.com", "primary": False, "verified": True}
    primary = {"email": f"{login}@example.com", "primary": True, "verified": True}
    return {
        "login": login,
        "id": number,
        "avatar_url": f"https://avatars.githubusercontent.com/u/{number}?v=4",
        "type": "User",
        "name": f"{login.title()} of GitHub",
        "email": None,
        "emails": [{**first, "visibility": None}, {**primary, "visibility": "private"}],
        **changes,
    }


class KakaoServer(Stranger):
    """Kakao's two servers at one address. Each of `people` is what kakao_person makes; `unlinked` are the ids of those
    that were.
    """

    def __init__(self) -> None:
        super().__init__()
        self.forget()

    def forget(self) -> None:
        super().forget()
        self.unlinked: list[str] = []

    def doors(self) -> dict[str, Handler]:
        return {
            "/oauth/authorize": self.authorize,
            "/oauth/token": self._token,
            "/v2/user/me": self._me,
            "/v1/user/unlink": self._unlink,
        }

    def fault(self, query: dict[str, str]) -> str | None:
        if "email" in query.get("scope", ""):
            return "invalid_scope"  # KOE205: this app may not ask for it
        return super().fault(query) if query.get("response_type") == "code" else "invalid_request"

    async def _token(self, asked: Asked) -> Response:
        grant = self.redeemed(asked.form)
        if asked.form.get("grant_type") != "authorization_code":
            return _refused("unsupported_grant_type", "The grant_type is not supported.", "KOE012")
        if isinstance(grant, Grant):
            token = {"token_type": "bearer", "access_token": self.new_token(grant), "expires_in": 21599}
            later = {"refresh_token": self.new_token(Grant()), "refresh_token_expires_in": 5183999}
            return JSONResponse({**token, **later, "scope": grant.scope.replace(",", " ")})
        if grant == "client_secret":
            return _refused("invalid_client", "Bad client credentials", "KOE010", 401)
        if grant == "redirect_uri":
            return _refused("invalid_grant", "Redirect URI mismatch.", "KOE303")
        return _refused("invalid_grant", f"authorization code not found for code={asked.form.get('code')}", "KOE320")

    async def _me(self, asked: Asked) -> Response:
        grant = self.bearer(asked)
        return JSONResponse(self.people[grant.who]) if grant and grant.who else _failed(401, -401)

    async def _unlink(self, asked: Asked) -> Response:
        if asked.headers.get("authorization") != f"KakaoAK {ADMIN_KEY}":
            return _failed(401, -401)
        target = asked.form.get("target_id", "")
        if asked.method != "POST" or asked.form.get("target_id_type") != "user_id" or not target.isdecimal():
            return _failed(400, -2)
        if target not in {str(person["id"]) for person in self.people.values()} or target in self.unlinked:
            return _failed(400, -101)
        self.unlinked.append(target)
        return JSONResponse({"id": int(target)})


def _refused(error: str, description: str, code: str, status: int = 400) -> Response:
    return JSONResponse({"error": error, "error_description": description, "error_code": code}, status)


def _failed(status: int, code: int) -> Response:
    messages = {-2: "invalid parameter", -101: "NotRegisteredUserException", -401: "this access token does not exist"}
    return JSONResponse({"msg": messages[code], "code": code}, status)


def kakao_person(number: int, nickname: str | None, **profile: Any) -> dict[str, Any]:
    """A person as /v2/user/me describes them; with an e-mail address that nobody asked for."""
    picture = f"http://k.kakaocdn.net/dn/{number}/img_640x640.jpg"
    shown = {"nickname": nickname, "thumbnail_image_url": picture, "profile_image_url": picture, **profile}
    account = {"profile_nickname_needs_agreement": False, "profile": shown, "has_email": True}
    unasked = {"email": f"{number}@example.com", "is_email_valid": True, "is_email_verified": True}
    return {
        "id": number,
        "connected_at": "2026-11-21T00:00:00Z",
        "properties": {"nickname": nickname},
        "kakao_account": {**account, **unasked},
    }
