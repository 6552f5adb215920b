"""Meta on loopback: Facebook Login and what of the Graph interface Instagram needs, answering as documented."""

import base64
import contextlib
import hashlib
import hmac
import itertools
import re
from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.serving import serving

APP_ID, APP_SECRET = "1520990000000001", "9f3c1d2e0a4b5c6d7e8f90a1b2c3d4e5"
SCOPES = {"pages_show_list", "instagram_basic"}
_MESSAGES = {
    (1, None): "Error validating client secret.",
    (2, None): "Service temporarily unavailable",
    (4, None): "(#4) Application request limit reached",
    (10, None): "(#10) Application does not have permission for this action",
    (100, None): "Invalid verification code format.",
    (100, 36007): "This authorization code has expired.",
    (
        100,
        36008,
    ): "Error validating verification code. Please make sure your redirect_uri is identical to the one you used",
    (100, 36009): "This authorization code has been used.",
    (101, None): "Error validating application. Invalid application ID.",
    (190, None): "Invalid OAuth access token signature.",
    (190, 460): "The session has been invalidated because the user changed their password",
    (190, 463): "Error validating access token: Session has expired on Friday, 20-Nov-26 08:00:00 PST.",
    (200, None): "(#200) Provide valid app ID",
}


def error(code: int, subcode: int | None = None, status: int = 400, type_: str = "OAuthException") -> Response:
    """The body that Meta sends with an error."""
    message = _MESSAGES.get((code, subcode), f"(#{code}) An error")
    told = {"message": message, "type": type_, "code": code, "fbtrace_id": "AXhEoDNL9QTWjE"}
    return JSONResponse({"error": told | ({"error_subcode": subcode} if subcode else {})}, status)


def page(number: int = 1, username: str | None = "cats.of.seoul", **changes: Any) -> dict[str, Any]:
    """A page at Facebook; one without a username has no account at Instagram."""
    account = {"instagram_business_account": {"id": f"1784140000000{number:04}", "username": username}}
    told = {"id": f"10150000000{number:04}", "name": f"Page {number}", "category": "Cat", "access_token": "EAApage"}
    return told | (account if username else {}) | changes


@dataclass
class MetaServer:
    """`pages` are those that /me/accounts tells, `hidden` those of a business, by id alone. `tokens` are those given
    out, each with the error that it is answered with, if with any. `failing` comes before the true answers, one for
    each request; None in it lets one through.
    """

    graph: str = ""
    facebook: str = ""
    asked: list[Request] = field(default_factory=list)
    pages: list[dict[str, Any]] = field(default_factory=list)
    hidden: list[dict[str, Any]] = field(default_factory=list)
    tokens: dict[str, Response | None] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    refused_codes: dict[str, Response] = field(default_factory=dict)
    failing: deque[Response | None] = field(default_factory=deque)
    expires_in: int | None = 5183944
    _numbers: Any = field(default_factory=itertools.count)

    def forget(self) -> None:
        for kept in (self.asked, self.pages, self.hidden, self.tokens, self.codes, self.refused_codes, self.failing):
            kept.clear()
        self.expires_in = 5183944

    def settings(self) -> Mapping[str, Any]:
        """What our server has to be set to, to ask here."""
        return {
            "meta_app_id": APP_ID,
            "meta_app_secret": APP_SECRET,
            "meta_graph": self.graph,
            "meta_facebook": self.facebook,
        }

    @property
    def secrets(self) -> list[str]:
        """What may be seen nowhere but here."""
        return [APP_SECRET, *self.tokens, *self.codes, *self.refused_codes]

    def give_token(self, kind: str = "long") -> str:
        token = f"EAA{kind}ZC{next(self._numbers):04}ZBsecretZD"
        self.tokens[token] = None
        return token

    def consent(self, url: str) -> str:
        """Where the dialog at `url` sends a person back to who allows all."""
        address = urlsplit(url)
        asked = {name: value for name, (value,) in parse_qs(address.query, strict_parsing=True).items()}
        assert f"{address.scheme}://{address.netloc}{address.path}" == f"{self.facebook}/dialog/oauth"
        assert (asked["client_id"], asked["response_type"]) == (APP_ID, "code")
        assert set(asked["scope"].split(",")) == SCOPES
        code = f"AQcode{next(self._numbers):04}secret"
        self.codes[code] = asked["redirect_uri"]
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def application(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v24.0/oauth/access_token", self._access_token),
                Route("/v24.0/me/accounts", self._accounts),
                Route("/v24.0/debug_token", self._debug_token),
                Route("/v24.0/", self._by_ids),
            ]
        )

    async def _access_token(self, request: Request) -> Response:
        if first := self._before(request):
            return first
        asked = request.query_params
        if asked.get("client_id") != APP_ID:
            return error(101)
        if asked.get("client_secret") != APP_SECRET:
            return error(1)
        exchanged = asked.get("grant_type") == "fb_exchange_token"
        refused = self._of_token(asked["fb_exchange_token"]) if exchanged else self._of_code(request)
        if refused:
            return refused
        told = {"access_token": self.give_token("long" if exchanged else "short"), "token_type": "bearer"}
        return JSONResponse(told | ({"expires_in": self.expires_in} if self.expires_in is not None else {}))

    async def _accounts(self, request: Request) -> Response:
        if first := self._before(request) or self._of_asker(request):
            return first
        asked = request.query_params
        start = int(base64.b64decode(asked["after"])) if "after" in asked else 0
        end = start + int(asked.get("limit", "25"))
        body: dict[str, Any] = {"data": [_shown(one, asked.get("fields", "")) for one in self.pages[start:end]]}
        if body["data"]:
            before, after = (base64.b64encode(str(place).encode()).decode() for place in (start, end))
            body["paging"] = {"cursors": {"before": before, "after": after}}
            if end < len(self.pages):
                body["paging"]["next"] = str(request.url.include_query_params(after=after))
        return JSONResponse(body)

    async def _debug_token(self, request: Request) -> Response:
        if first := self._before(request):
            return first
        if request.query_params.get("access_token") != f"{APP_ID}|{APP_SECRET}":
            return error(190)
        listed = {"scope": "pages_show_list", "target_ids": [one["id"] for one in self.hidden]}
        scopes = [listed, {"scope": "instagram_basic"}]
        data = {"app_id": APP_ID, "type": "USER", "is_valid": True, "scopes": list(SCOPES), "granular_scopes": scopes}
        return JSONResponse({"data": data})

    async def _by_ids(self, request: Request) -> Response:
        if first := self._before(request) or self._of_asker(request):
            return first
        ids, known = request.query_params["ids"].split(","), {one["id"]: one for one in [*self.pages, *self.hidden]}
        if len(ids) > 50 or not known.keys() >= set(ids):
            return error(100, 33, type_="GraphMethodException")
        return JSONResponse({id_: _shown(known[id_], request.query_params.get("fields", "")) for id_ in ids})

    def _before(self, request: Request) -> Response | None:
        self.asked.append(request)
        return self.failing.popleft() if self.failing else None

    def _of_code(self, request: Request) -> Response | None:
        asked = request.query_params
        code = asked.get("code", "")
        if code in self.refused_codes or code not in self.codes:
            return self.refused_codes.get(code, error(100))
        if self.codes.pop(code) != asked.get("redirect_uri"):
            return error(100, 36008)
        self.refused_codes[code] = error(100, 36009)
        return None

    def _of_asker(self, request: Request) -> Response | None:
        token = request.query_params.get("access_token", "")
        proof = hmac.digest(APP_SECRET.encode(), token.encode(), hashlib.sha256).hex()
        if request.query_params.get("appsecret_proof", proof) != proof:
            return error(100, type_="GraphMethodException")
        return self._of_token(token)

    def _of_token(self, token: str) -> Response | None:
        return self.tokens.get(token, error(190))


def _shown(page: dict[str, Any], fields: str) -> dict[str, Any]:
    """What the asked fields of a page are, those within its account likewise."""
    shown = {}
    for name, inner in re.findall(r"(\w+)(?:\{([^}]*)\})?", fields):
        if name in page:
            shown[name] = (
                {one: page[name][one] for one in inner.split(",") if one in page[name]} if inner else page[name]
            )
    return shown


@contextlib.asynccontextmanager
async def meta_server() -> AsyncIterator[MetaServer]:
    meta = MetaServer()
    async with serving(meta.application(), lifespan="off") as address:
        meta.graph, meta.facebook = f"{address}/v24.0", "https://www.facebook.test/v24.0"
        yield meta
