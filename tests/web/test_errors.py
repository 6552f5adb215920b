"""One form for every error, faults that tell nothing, and one line in the log. D10; G10 and G11 of GUARD."""

import asyncio
import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from composition import Marquee
from domain.errors import Unavailable
from tests.api.conftest import PASSWORD, Answer, Api, World
from tests.api.issuer import application, settings_like
from tests.api.test_subscriptions import report
from tests.web.test_graphql_over_http import GRAPHQL_JSON, post

ROOT = Path(__file__).resolve().parents[2]
SECRET = "secret SQL select * from users where /srv/house"
FORM = ["timestamp", "path", "message", "code", "status", "requestId", "details"]
NAMED = "query Whom { viewer { email } }"


@pytest.fixture
def lines() -> Iterator[list[Any]]:
    with capture_logs() as captured:
        yield captured


async def lines_of(lines: list[Any], count: int) -> list[Any]:
    """The lines of `count` requests; the last may be written a moment after its answer has arrived."""
    async with asyncio.timeout(5):
        while len(found := [line for line in lines if line["event"] == "request"]) < count:
            await asyncio.sleep(0)
    assert len(found) == count
    return found


def assert_plain(body: Any, path: str, status: int, code: str, request_id: str) -> None:
    assert sorted(body) == sorted(FORM)
    assert (body["path"], body["status"], body["code"], body["requestId"]) == (path, status, code, request_id)
    assert datetime.fromisoformat(body["timestamp"]).tzinfo is not None
    assert body["message"]
    assert body["details"] == []


@pytest.mark.parametrize(
    "path", ["/nothing", "/graphql/", "/graphql/x", "/Graphql", "/.env", "/ready/x", "/%00", "/한글"]
)
async def test_a_path_that_leads_nowhere_answers_in_the_one_form(api: Api, world: World, path: str) -> None:
    response = await api.client.get(api.base_url + path)
    assert (response.status_code, response.headers["content-type"]) == (404, "application/json")
    body = response.json()
    assert_plain(body, body["path"], 404, "NOT_FOUND", response.headers["x-request-id"])


async def test_a_door_says_which_methods_it_takes_in_the_one_form(api: Api, world: World) -> None:
    for path in ("/health", "/ready", "/.well-known/jwks.json"):
        response = await api.client.post(api.base_url + path, json={})
        assert response.status_code == 405
        assert set(response.headers["allow"].split(", ")) == {"GET", "HEAD"}
        assert_plain(response.json(), path, 405, "METHOD_NOT_ALLOWED", response.headers["x-request-id"])


async def test_a_plain_request_id_is_taken_and_a_hostile_one_replaced(api: Api, world: World) -> None:
    for good in ("a", "x" * 64, str(uuid.uuid4()), "Trace_1.2-3"):
        assert (await post(api, {"query": NAMED}, x_request_id=good)).headers["x-request-id"] == good
    hostile = [
        "",
        "x" * 65,
        "a b",
        "a,b",
        "<script>",
        'a"b',
        "{}",
        "a\tb",
        "x" * 7000,
        "\\u0000",
        "a;b",
        "é".encode("latin-1"),
    ]
    for bad in hostile:
        sent: Any = {"x-request-id": bad}
        response = await api.client.get(f"{api.base_url}/health", headers=sent)
        assert uuid.UUID(response.headers["x-request-id"]).hex == response.headers["x-request-id"]


async def test_a_fault_of_ours_tells_its_request_id_and_nothing_else(
    api: Api, world: World, marquee: Marquee, monkeypatch: pytest.MonkeyPatch, lines: list[Any]
) -> None:
    async def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(marquee.stores.genres, "all", broken)
    response = await post(api, {"query": "query Broken { genres { id } a: viewer { email } }"}, x_request_id="mine")
    answer = Answer(response, response.json())
    assert (response.status_code, answer.codes) == (200, ["INTERNAL"])
    (error,) = answer.body["errors"]
    assert (error["extensions"]["requestId"], error["path"]) == ("mine", ["genres"])
    assert error["message"] == "Something went wrong on our side. The request id helps us to find it."
    for told in ("secret", "select", "RuntimeError", "Traceback", ".py", "/srv"):
        assert told not in response.text
    (line,) = await lines_of(lines, 1)
    assert (line["request_id"], line["operation"], line["codes"]) == ("mine", "Broken", ["INTERNAL"])
    (fault,) = [line for line in lines if line["event"] == "fault"]
    assert isinstance(fault["exc_info"], RuntimeError)


async def test_a_fault_at_a_plain_door_tells_nothing_either(
    api: Api, world: World, marquee: Marquee, monkeypatch: pytest.MonkeyPatch, lines: list[Any]
) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(marquee.tickets, "read", broken)
    response = await api.client.get(f"{api.base_url}/stream/a-ticket")
    assert response.status_code == 500
    assert_plain(response.json(), "/stream/…", 500, "INTERNAL", response.headers["x-request-id"])
    assert "secret" not in response.text
    (line,) = await lines_of(lines, 1)
    assert (line["path"], line["status"], line["codes"]) == ("/stream/…", 500, ["INTERNAL"])
    assert [line["exc_info"] for line in lines if line["event"] == "fault"] == [True]
    assert "a-ticket" not in str(lines)


async def test_a_request_writes_one_line_that_holds_no_secret(api: Api, world: World, lines: list[Any]) -> None:
    person = await world.person(email="ada@example.com")
    login = (
        "mutation SignIn($input: LoginInput!) { login(input: $input) { ... on SignedIn { tokens { accessToken } } } }"
    )
    given = {"email": "ada@example.com", "password": PASSWORD}
    signed_in = await post(api, {"query": login, "variables": {"input": given}}, x_request_id="one")
    await post(api, {"query": NAMED}, authorization=f"Bearer {person.token}", x_request_id="two")
    one, two = await lines_of(lines, 2)
    assert (one["operation"], one["request_id"], one["statements"], one["user_id"]) == ("SignIn", "one", 7, None)
    assert (two["operation"], two["request_id"], two["statements"], two["user_id"]) == (
        "Whom",
        "two",
        1,
        person.user.id,
    )
    for line in (one, two):
        assert (line["method"], line["path"], line["status"], line["codes"]) == ("POST", "/graphql", 200, [])
        assert 0 < line["duration_ms"] < 20_000
    written = str(lines)
    for secret in (
        PASSWORD,
        person.token,
        signed_in.json()["data"]["login"]["tokens"]["accessToken"],
        "ada@example.com",
    ):
        assert secret not in written


async def test_a_clients_mistakes_cost_one_bounded_line_each(api: Api, world: World, lines: list[Any]) -> None:
    marked = "find-me-in-the-log"
    mistakes: list[tuple[dict[str, Any], list[str]]] = [
        ({"query": f"{{ {marked} "}, ["GRAPHQL_PARSE_FAILED"]),
        ({"query": f'{{ nothing(a: "{marked}") }}' + " " * 40_000}, ["GRAPHQL_VALIDATION_FAILED"]),
        ({"query": "query A { genres { id } }", "operationName": marked * 4000}, ["GRAPHQL_VALIDATION_FAILED"]),
        (
            {"query": "query ($id: ID!) { user(id: $id) { id } }", "variables": {"id": [marked]}},
            ["GRAPHQL_VALIDATION_FAILED"],
        ),
        ({"query": '{ contents(after: "find-me-in-the-log") { totalCount } }'}, ["VALIDATION_FAILED"]),
        ({"query": 5, "marked": marked}, ["BAD_REQUEST"]),
    ]
    for body, _ in mistakes:
        await post(api, body, accept=GRAPHQL_JSON)
    found = await lines_of(lines, len(mistakes))
    assert [line["codes"] for line in found] == [codes for _, codes in mistakes]
    assert lines == found, "and nothing else is written"
    assert all(len(str(line)) < 700 for line in found)
    assert all(marked not in str({**line, "operation": None}) for line in found)


def test_a_line_is_one_object_of_json() -> None:
    code = """if True:
        import structlog
        from web.log import configure_log
        configure_log(debug=False, for_people=False)
        log = structlog.get_logger("request")
        log.info("request", operation="new\\nline", codes=["한글"])
        try:
            raise RuntimeError("why")
        except RuntimeError:
            log.exception("fault")
        log.debug("nobody sees this")
    """
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=30)
    one, two = (json.loads(line) for line in ran.stderr.splitlines())
    assert (one["event"], one["operation"], one["codes"], one["level"]) == ("request", "new\nline", ["한글"], "info")
    assert two["exception"][0]["exc_value"] == "why"
    assert one["timestamp"] <= two["timestamp"]


UP = {"database": "up", "search": "up", "objects": "up"}


async def test_who_is_well_says_so_and_who_is_not_names_the_part(
    api: Api, world: World, marquee: Marquee, monkeypatch: pytest.MonkeyPatch
) -> None:
    health = await api.client.get(f"{api.base_url}/health")
    assert (health.status_code, health.json()["status"], health.json()["name"]) == (200, "ok", "Marquee")
    ready = await api.client.get(f"{api.base_url}/ready")
    assert (ready.status_code, ready.json()) == (200, {"status": "ready", "parts": UP})
    async with application(settings_like(marquee)) as (second, other):
        await second.database.close()
        ready = await other.client.get(f"{other.base_url}/ready")
        assert ready.status_code == 503
        assert ready.json() == {"status": "not ready", "parts": {**UP, "database": "down", "search": "down"}}
        assert (await other.client.get(f"{other.base_url}/health")).status_code == 200


async def test_a_database_out_of_reach_is_a_coded_error_at_every_door(world: World, marquee: Marquee) -> None:
    person = await world.person()
    async with application(settings_like(marquee)) as (second, api):
        await second.database.close()
        answer = await api.ask("{ genres { id } }")
        assert (answer.response.status_code, answer.codes) == (200, ["UNAVAILABLE"])
        answer = await api.ask(NAMED, person)
        assert (answer.response.status_code, answer.codes) == (503, ["UNAVAILABLE"])
        ticket = second.tickets.sign("x", 1, person.user.id, 1, datetime.fromisoformat("2100-01-01T00:00:00Z"))
        response = await api.client.get(f"{api.base_url}/stream/{ticket}")
        assert_plain(response.json(), "/stream/…", 503, "UNAVAILABLE", response.headers["x-request-id"])
        with pytest.raises(Unavailable):
            await second.database.check()


async def test_no_answer_lets_a_browser_guess_its_type(api: Api, world: World) -> None:
    answers = [
        await api.client.get(api.base_url + path) for path in ("/health", "/nothing", "/graphql?query={__typename}")
    ]
    answers += [await post(api, {"query": NAMED}), await post(api, {"query": NAMED}, content_type="text/plain")]
    assert {response.headers.get("x-content-type-options") for response in answers} == {"nosniff"}


async def test_a_client_that_hangs_up_is_no_fault_of_ours(api: Api, world: World, lines: list[Any]) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", int(api.base_url.rpartition(":")[2]))
    head = "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"
    writer.write(head.encode() + b'{"query": ')
    await writer.drain()
    writer.close()
    (line,) = await lines_of(lines, 1)
    assert (line["codes"], lines) == (["BAD_REQUEST"], [line])


async def test_published_keys_may_be_cached_and_hold_nothing_private(api: Api, world: World) -> None:
    response = await api.client.get(f"{api.base_url}/.well-known/jwks.json")
    assert (response.status_code, response.headers["cache-control"]) == (200, "public, max-age=300")
    for entry in response.json()["keys"]:
        assert set(entry) == {"kty", "kid", "use", "alg", "n", "e"}


async def test_listeners_who_hang_up_are_no_faults(api: Api, world: World, lines: list[Any]) -> None:
    person, content = await world.person(), await world.content()
    headers = {"authorization": f"Bearer {person.token}", "accept": "text/event-stream"}
    body = {"query": "subscription { watchProgress { cursor } }"}
    await report(api, person, content, 1)

    async def listen() -> None:
        async with api.client.stream("POST", f"{api.base_url}/graphql", json=body, headers=headers) as response:
            async for line in response.aiter_lines():
                if "cursor" in line:
                    return

    await asyncio.gather(*(listen() for _ in range(20)))
    found = await lines_of(lines, 21)
    assert [line["codes"] for line in found if line["codes"]] == []
    assert [line for line in lines if line["event"] == "fault"] == []
