"""What a real Keycloak does not do on demand: silence, rubbish, errors. A small server on loopback does it instead."""

import asyncio
import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send
from structlog.testing import capture_logs

from domain.accounts import Accounts, NewAccount
from domain.errors import Refusal, RefusalCode
from integrations.keycloak import Keycloak
from tests.integrations.tmdb_server import Dripping, Gone, Silence
from tests.serving import serving

SUBJECT = "7930b6e8-c95d-4fe4-bcba-35bec7643b4c"
PASSWORD, CLIENT_SECRET, ADMIN_PASSWORD = "somebodys-password", "the-clients-secret", "the-admins-password"
ADMIN_TOKEN, ACCESS_TOKEN, REFRESH_TOKEN = "eyJ.admin-token.x", "eyJ.access-token.x", "eyJ.refresh-token.x"
SECRETS = [PASSWORD, CLIENT_SECRET, ADMIN_PASSWORD, ADMIN_TOKEN, ACCESS_TOKEN, REFRESH_TOKEN]
NEW = NewAccount("somebody@example.com", PASSWORD, "Some", "Body")
GRANT = {"access_token": ACCESS_TOKEN, "refresh_token": REFRESH_TOKEN, "expires_in": 1800}
Answer = Callable[[], Response]
Call = Callable[[Accounts], Awaitable[Any]]
Lines = list[Any]

CALLS: dict[str, Call] = {
    "create": lambda accounts: accounts.create(NEW),
    "delete": lambda accounts: accounts.delete(SUBJECT),
    "sign_in": lambda accounts: accounts.sign_in(NEW.email, PASSWORD),
    "set_password": lambda accounts: accounts.set_password(SUBJECT, PASSWORD),
    "end_sessions": lambda accounts: accounts.end_sessions(SUBJECT),
}
# Which calls come by a door of Keycloak's.
DOORS = {
    "admin": ["create", "delete", "set_password", "end_sessions"],
    "users": ["create", "delete", "set_password", "end_sessions"],
    "grant": ["sign_in"],
    "logout": ["sign_in"],
}


@dataclass
class Stub:
    """Answers as Keycloak does where all is well, and at a door in `failing` otherwise."""

    url: str = ""
    failing: dict[str, Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    expires_in: float = 60

    def forget(self) -> None:
        self.failing.clear()
        self.asked.clear()
        self.expires_in = 60

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        door = self._door(request.url.path)
        self.asked.append(door)
        await (self.failing[door]() if door in self.failing else self._well(request, door))(scope, receive, send)

    def _door(self, path: str) -> str:
        if path.startswith("/admin/"):
            return "users"
        return "admin" if "/master/" in path else {"token": "grant", "logout": "logout"}.get(path.split("/")[-1], path)

    def _well(self, request: Request, door: str) -> Response:
        if door == "users" and request.url.path.endswith("/users"):
            return Response(status_code=201, headers={"Location": f"{request.url}/{SUBJECT}"})
        if door == "admin":
            return JSONResponse({"access_token": ADMIN_TOKEN, "expires_in": self.expires_in})
        return JSONResponse(GRANT) if door == "grant" else Response(status_code=204)


@pytest.fixture(scope="module")
async def stub_for_all() -> AsyncIterator[Stub]:
    stub = Stub()
    async with serving(stub, lifespan="off") as stub.url:
        yield stub


@pytest.fixture
def stub(stub_for_all: Stub) -> Stub:
    """Where all is well, until a test says otherwise."""
    stub_for_all.forget()
    return stub_for_all


@pytest.fixture
async def accounts(stub: Stub) -> AsyncIterator[Accounts]:
    """Its client waits for ever and follows redirects: what is limited here, the adapter limits."""
    async with httpx2.AsyncClient(timeout=None, follow_redirects=True) as client:
        yield adapter(stub.url, client)


def adapter(url: str, client: httpx2.AsyncClient) -> Accounts:
    return Keycloak(
        client=client,
        url=f"{url}/",
        realm="formation-lap",
        client_id="marquee",
        client_secret=CLIENT_SECRET,
        admin_username="admin",
        admin_password=ADMIN_PASSWORD,
    )


@pytest.fixture(autouse=True)
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[Lines]:
    """The log. Whatever a test does, no secret is in it, and no line is long."""
    caplog.set_level("INFO")
    with capture_logs() as lines:
        yield lines
    assert all(secret not in f"{lines!r}{caplog.text}" for secret in SECRETS)
    assert all(len(repr(line)) < 600 for line in lines)


async def refusal(call: Awaitable[Any], code: RefusalCode = RefusalCode.UPSTREAM_FAILED) -> Refusal:
    """It comes in time, and no secret is in it nor in the traceback."""
    began = time.monotonic()
    with pytest.raises(Refusal) as caught:
        await call
    assert time.monotonic() - began < 4.9
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value.refused)
    assert all(secret not in told for secret in SECRETS)
    assert caught.value.refused.code is code
    return caught.value


async def test_where_all_is_well_everything_works(stub: Stub, accounts: Accounts, lines: Lines) -> None:
    assert [await call(accounts) for call in CALLS.values()] == [SUBJECT, None, ACCESS_TOKEN, None, None]
    assert stub.asked == ["admin", "users", "users", "grant", "logout", "users", "users", "users"]
    assert lines == []


SLOW: dict[str, Answer] = {"silent": Silence, "dripping": Dripping}


@pytest.mark.parametrize("fault", SLOW)
async def test_whoever_is_silent_or_drips_is_left_in_time(stub: Stub, fault: str) -> None:
    async def ask(door: str, name: str) -> None:
        broken = Stub(failing={door: SLOW[fault]})
        async with serving(broken, lifespan="off") as url, httpx2.AsyncClient(timeout=None) as client:
            refused = await refusal(CALLS[name](adapter(url, client)))
            assert refused.refused.message == "Keycloak takes too long to answer."

    await asyncio.gather(*(ask(door, name) for door, names in DOORS.items() for name in names))


FAULTS: dict[str, Answer] = {
    "500": lambda: JSONResponse({"error": "unknown_error", "error_description": PASSWORD}, 500),
    "502": lambda: HTMLResponse("<h1>Bad Gateway</h1>", 502),
    "503": lambda: Response("", 503),
    "429": lambda: Response("", 429),
    "403": lambda: JSONResponse({"error": "HTTP 403 Forbidden"}, 403),
    "401": lambda: JSONResponse({"error": "HTTP 401 Unauthorized"}, 401),
    "400": lambda: JSONResponse({"error": "unknown", "error_description": f"{ADMIN_TOKEN} {CLIENT_SECRET}"}, 400),
    "400 in HTML": lambda: HTMLResponse(f"<p>{PASSWORD}</p>", 400),
    "400 with a list": lambda: JSONResponse([PASSWORD], 400),
    "a page": lambda: HTMLResponse(f"<h1>Welcome</h1>{PASSWORD}"),
    "nothing": lambda: Response(),
    "a list": lambda: JSONResponse([ACCESS_TOKEN, REFRESH_TOKEN]),
    "half of it": lambda: Response(f'{{"access_token": "{ACCESS_TOKEN}", "refresh_to', media_type="application/json"),
    "elsewhere": lambda: RedirectResponse("/elsewhere", 307),
    "broken off": Gone,
    "not gzip": lambda: Response(b"rubbish", headers={"content-encoding": "gzip"}),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("door", DOORS)
async def test_a_fault_is_an_upstream_that_failed(
    stub: Stub, accounts: Accounts, lines: Lines, door: str, fault: str
) -> None:
    stub.failing[door] = FAULTS[fault]
    for name in DOORS[door]:
        await refusal(CALLS[name](accounts))
        assert (lines[-1]["event"], lines[-1]["stranger"]) == ("stranger_failed", "Keycloak"), name
    assert "/elsewhere" not in stub.asked
    del stub.failing[door]
    for name in DOORS[door]:
        await CALLS[name](accounts)  # and nothing is remembered of it


async def test_nobody_at_the_address_is_an_upstream_that_failed() -> None:
    async with httpx2.AsyncClient() as client:
        for call in CALLS.values():
            refused = await refusal(call(adapter("http://127.0.0.1:1", client)))
            assert refused.refused.message == "Keycloak cannot be reached (ConnectError)."


UNREADABLE: list[dict[str, Any]] = [
    {"access_token": None},
    {"access_token": ""},
    {"access_token": 5},
    {"access_token": f"{ACCESS_TOKEN}\n{ACCESS_TOKEN}"},
    {"access_token": f"{ACCESS_TOKEN}ü"},
    {"access_token": {"value": ACCESS_TOKEN}},
]


@pytest.mark.parametrize("wrong", [*UNREADABLE, {"expires_in": "soon"}, {"expires_in": -1}], ids=repr)
async def test_an_admin_token_that_is_none_is_not_used(stub: Stub, accounts: Accounts, wrong: dict[str, Any]) -> None:
    stub.failing["admin"] = lambda: JSONResponse({"access_token": ADMIN_TOKEN, "expires_in": 60} | wrong)
    for name in DOORS["admin"]:
        await refusal(CALLS[name](accounts))
    assert "users" not in stub.asked


@pytest.mark.parametrize("wrong", [*UNREADABLE, {"refresh_token": None}, {"refresh_token": ""}], ids=repr)
async def test_a_grant_without_its_tokens_is_none(stub: Stub, accounts: Accounts, wrong: dict[str, Any]) -> None:
    stub.failing["grant"] = lambda: JSONResponse(GRANT | wrong)
    await refusal(CALLS["sign_in"](accounts))


STUMBLED = JSONResponse({"errorMessage": "Could not create user"}, 400)
TAKEN = JSONResponse({"errorMessage": "User exists with same email"}, 409)
MADE = Response(status_code=201, headers={"Location": f"/admin/realms/x/users/{SUBJECT}"})
NOBODY, SOMEBODY = JSONResponse([]), JSONResponse([{"id": SUBJECT}])


@pytest.mark.parametrize(
    ("answers", "subject"),
    [
        ([STUMBLED, SOMEBODY], None),
        ([STUMBLED, NOBODY, TAKEN], None),
        ([STUMBLED, NOBODY, STUMBLED, SOMEBODY], None),
        ([STUMBLED, NOBODY, MADE], SUBJECT),
    ],
)
async def test_an_address_that_somebody_else_takes_just_now_is_taken_where_they_got_it(
    stub: Stub, accounts: Accounts, answers: list[Response], subject: str | None
) -> None:
    stub.failing["users"] = iter(answers).__next__
    assert await accounts.create(NEW) == subject
    assert stub.asked == ["admin", *["users"] * len(answers)]


async def test_stumbling_over_nobody_ends(stub: Stub, accounts: Accounts) -> None:
    stub.failing["users"] = iter([STUMBLED, NOBODY] * 3).__next__
    await refusal(accounts.create(NEW))
    assert stub.asked == ["admin", *["users"] * 6]


@pytest.mark.parametrize("location", ["", "/", f"/admin/realms/x/users/{SUBJECT}?x", "/admin/realms/x/users/", "ü"])
async def test_an_account_that_has_no_name_is_not_guessed(stub: Stub, accounts: Accounts, location: str) -> None:
    stub.failing["users"] = lambda: Response(status_code=201, headers={"Location": location})
    refused = await refusal(CALLS["create"](accounts))
    assert refused.refused.message == "Keycloak does not say which account it made."


@pytest.mark.parametrize(("expires_in", "fetched"), [(60, 1), (0, 5)])
async def test_a_token_is_used_while_it_lives(stub: Stub, accounts: Accounts, expires_in: float, fetched: int) -> None:
    stub.expires_in = expires_in
    for n in range(5):
        await accounts.delete(f"nobody{n}")
    assert stub.asked.count("admin") == fetched


async def test_a_token_that_is_never_taken_is_replaced_once(stub: Stub, accounts: Accounts) -> None:
    stub.failing["users"] = FAULTS["401"]
    await refusal(CALLS["create"](accounts))
    assert stub.asked == ["admin", "users"] * 2


async def test_who_waits_for_a_token_waits_no_longer_than_anybody(stub: Stub, accounts: Accounts) -> None:
    stub.failing["admin"] = Silence
    await asyncio.gather(*(refusal(CALLS[name](accounts)) for name in DOORS["admin"] * 5))


QUOTING: list[dict[str, Any]] = [
    {"error": "invalidPasswordSomehow", "error_description": f"Your {PASSWORD} is\n weak.\x1b[2J " * 50},
    {"field": "firstName", "errorMessage": f"error-{PASSWORD}-is-weak" * 50},
    {"errors": [{"field": "username", "errorMessage": PASSWORD}, {"field": "lastName", "errorMessage": "x" * 999}]},
]


@pytest.mark.parametrize("body", QUOTING, ids=["password", "field", "fields"])
async def test_the_words_of_keycloak_are_few_and_quote_no_password(
    stub: Stub, accounts: Accounts, body: dict[str, Any]
) -> None:
    stub.failing["users"] = lambda: JSONResponse(body, 400)
    for name in ("create", "set_password"):
        refused = await refusal(CALLS[name](accounts), RefusalCode.VALIDATION_FAILED)
        for problem in refused.refused.problems:
            assert 1 < len(problem.message) < 350
            assert problem.message.isprintable()
