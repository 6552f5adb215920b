"""What the providers of sign-in on loopback have in common, the browser's part, and what every test asks of them."""

import asyncio
import html
import logging
import secrets
import traceback
from base64 import urlsafe_b64encode
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.datastructures import URL, Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from structlog.testing import capture_logs

from domain.errors import Refusal, RefusalCode
from domain.identities import Flow, Profile, Provider
from tests.integrations.tmdb_server import Gone
from tests.serving import serving

PAGE = """<!doctype html><title>Sign in</title><form method="post">
<input name="sub" placeholder="sub" list="people" required autofocus><datalist id="people">{}</datalist>
<button>Authorize</button></form><form method="post"><button name="action" value="deny">Deny</button></form>"""
MARK = "secret-"  # begins whatever must not be told
CLIENT_ID, CLIENT_SECRET = "client-of-marquee", f"{MARK}of-the-client"


@dataclass(frozen=True)
class Asked:
    """One request, read to its end."""

    method: str
    url: URL
    query: dict[str, str]
    headers: Headers
    form: dict[str, str]


@dataclass(frozen=True)
class Grant:
    """What a code and the token for it stand for."""

    who: str = ""
    redirect_uri: str = ""
    scope: str = ""
    challenge: str = ""


Handler = Callable[[Asked], Awaitable[Response]]
Some = TypeVar("Some", bound="Stranger")


class Stranger:
    """`people` by the name that is typed in at its page, or hinted at in the question. `failing` comes before the true
    answers, one for each request; None in it lets one through. `failing_at` is the same for one path, and `together`
    says how many must knock there before one is answered. `secrets` are those that were heard and given.
    """

    hint = "login_hint"

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[Asked] = []
        self.people: dict[str, dict[str, Any]] = {}
        self.failing: deque[Response | None] = deque()
        self.failing_at: defaultdict[str, deque[Response | None]] = defaultdict(deque)
        self.together: dict[str, asyncio.Barrier] = {}
        self.codes: dict[str, Grant] = {}
        self.tokens: dict[str, Grant] = {}
        self.secrets = {CLIENT_SECRET}

    def forget(self) -> None:
        for kept in (self.asked, self.people, self.failing, self.failing_at, self.together, self.codes, self.tokens):
            kept.clear()

    def doors(self) -> dict[str, Handler]:
        raise NotImplementedError

    def application(self) -> Starlette:
        doors = self.doors().items()
        return Starlette(routes=[Route(path, self._door(door), methods=["GET", "POST"]) for path, door in doors])

    def knocked(self, path: str) -> list[Asked]:
        return [asked for asked in self.asked if asked.url.path == path]

    def _door(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def door(request: Request) -> Response:
            form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
            asked = Asked(request.method, request.url, dict(request.query_params), request.headers, form)
            self.asked.append(asked)
            self.secrets |= {form[name] for name in ("code", "code_verifier") if form.get(name)}
            if asked.url.path in self.together:
                await self.together[asked.url.path].wait()
            canned = [waiting.popleft() for waiting in (self.failing, self.failing_at[asked.url.path]) if waiting]
            return next((response for response in canned if response), None) or await handler(asked)

        return door

    def fault(self, query: dict[str, str]) -> str | None:
        """What is wrong with the question, where the browser is sent back with that."""
        return None if query.get("code_challenge_method") == "S256" else "invalid_request"

    def returned(self, asked: Asked, **answer: str) -> Response:
        """Sends the browser back with an answer."""
        state = {"state": asked.query["state"]} if "state" in asked.query else {}
        return RedirectResponse(f"{asked.query['redirect_uri']}?{urlencode(answer | state)}", 302)

    async def authorize(self, asked: Asked) -> Response:
        """A page to choose a person at; where the form or the question names one, a code at once."""
        query, who = asked.query, asked.form.get("sub") or asked.query.get(self.hint)
        if query.get("client_id") != CLIENT_ID or not query.get("redirect_uri"):
            return HTMLResponse("The client is unknown, or cannot be sent back to.", 400)
        if fault := self.fault(query):
            return self.returned(asked, error=fault)
        if asked.form.get("action") == "deny":
            return self.returned(asked, error="access_denied", error_description="The user has denied access.")
        if who not in self.people:
            return HTMLResponse(PAGE.format("".join(f"<option>{html.escape(name)}" for name in self.people)))
        return self.returned(asked, code=self.new_code(asked, who))

    def new_code(self, asked: Asked, who: str, code: str = "") -> str:
        code, query = code or MARK + secrets.token_urlsafe(24), asked.query
        self.codes[code] = Grant(who, query["redirect_uri"], query.get("scope", ""), query.get("code_challenge", ""))
        self.secrets.add(code)
        return code

    def redeemed(self, form: dict[str, str]) -> Grant | str:
        """What the code was given for, once; or which parameter is wrong."""
        if form.get("client_id") != CLIENT_ID or form.get("client_secret") != CLIENT_SECRET:
            return "client_secret"
        grant = self.codes.pop(form.get("code", ""), None)
        if grant is None or grant.redirect_uri != form.get("redirect_uri"):
            return "redirect_uri" if grant else "code"
        return grant if grant.challenge == challenge(form.get("code_verifier", "")) else "code_verifier"

    def new_token(self, grant: Grant) -> str:
        token = MARK + secrets.token_urlsafe(24)
        self.tokens[token] = grant
        return token

    def bearer(self, asked: Asked) -> Grant | None:
        kind, _, token = asked.headers.get("authorization", "").partition(" ")
        return self.tokens.get(token) if kind == "Bearer" else None


def challenge(verifier: str) -> str:
    """RFC 7636, 4.2."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


@asynccontextmanager
async def running(stranger: Some) -> AsyncIterator[Some]:
    async with serving(stranger.application(), lifespan="off") as stranger.url:
        yield stranger


async def sign_in(client: httpx2.AsyncClient, address: str, who: str | None) -> httpx2.URL:
    """Plays the browser: where it is sent back to once somebody has signed in; None denies."""
    answer = {"action": "deny"} if who is None else {"sub": who}
    response = await client.post(address, data=answer, follow_redirects=False)
    assert response.status_code == 302, response.text
    return httpx2.URL(response.headers["location"])


def new_flow() -> Flow:
    state, nonce, verifier = (MARK + secrets.token_urlsafe(32) for _ in range(3))
    return Flow("https://marquee.example/auth/callback", state, nonce, verifier)


async def code_for(client: httpx2.AsyncClient, provider: Provider, flow: Flow, who: str) -> str:
    back = await sign_in(client, await provider.authorization_url(flow), who)
    assert back.params["state"] == flow.state
    return str(back.params["code"])


async def profile_of(client: httpx2.AsyncClient, provider: Provider, who: str) -> Profile:
    """The whole way."""
    flow = new_flow()
    return await provider.profile(flow, await code_for(client, provider, flow, who))


async def refusal(call: Awaitable[Any], code: RefusalCode = RefusalCode.UPSTREAM_FAILED) -> str:
    """What the refusal says. Nothing secret is in it or in the traceback."""
    with pytest.raises(Refusal) as caught:
        await call
    assert MARK not in "".join(traceback.format_exception(caught.value))
    assert caught.value.refused.code is code, caught.value
    return caught.value.refused.message


@contextmanager
def listening(stranger: Stranger, caplog: pytest.LogCaptureFixture) -> Iterator[list[Any]]:
    """The log. Whatever a test does, nothing secret is in it, and no line is long."""
    with capture_logs() as lines, caplog.at_level(logging.INFO):
        yield lines
    # httpx2 logs addresses: of ours none is secret, but the browser that a test plays sends state and nonce.
    others = [message for message in caplog.messages if "/authorize?" not in message]
    assert not [secret for secret in (MARK, *stranger.secrets) if secret in f"{lines} {others}"]
    assert all(len(repr(line)) < 600 for line in lines)


FAULTS: dict[str, Callable[[], Response]] = {
    "500": lambda: JSONResponse({"message": "Server Error"}, 500),
    "503": lambda: HTMLResponse("<h1>Unavailable</h1>", 503),
    "429": lambda: JSONResponse({"message": "API rate limit exceeded"}, 429),
    "404 without JSON": lambda: HTMLResponse("<h1>Not Found</h1>", 404),
    "a redirect": lambda: RedirectResponse("/elsewhere"),
    "broken off": Gone,
    "not gzip": lambda: Response(b"rubbish", headers={"content-encoding": "gzip"}),
    "no JSON": lambda: HTMLResponse("<h1>Welcome</h1>"),
    "nothing": Response,
    "no UTF-8": lambda: Response(b'{"id": "\xff\xfe", "access_token": "\xff"}'),
    "null": lambda: JSONResponse(None),
    "a number": lambda: JSONResponse(5),
    "an empty object": lambda: JSONResponse({}),
    "other types": lambda: JSONResponse({"id": "1", "login": 5, "access_token": ["x"], "token_type": {}, "issuer": 1}),
    "an error that is no word": lambda: JSONResponse({"error": ["invalid_grant"], "error_description": {}}, 400),
    "too deep": lambda: Response(b"[" * 100_000),
    "a number too long": lambda: Response(b'{"id": ' + b"9" * 5000 + b', "access_token": ' + b"9" * 5000 + b"}"),
    "a token that no header carries": lambda: JSONResponse({"access_token": "\u00e9\n", "token_type": "bearer"}),
    "a token of another type": lambda: JSONResponse({"access_token": f"{MARK}token", "token_type": "mac"}),
    "an expiry that is none": lambda: Response(b'{"access_token": 1, "expires_in": Infinity, "token_type": "bearer"}'),
}
