"""Nothing that gives access is ever written down, whatever somebody does with it. G11."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, TextIO

import httpx2

from tests.api.conftest import PASSWORD, Api
from tests.api.test_subscriptions import opened
from tests.processes.conftest import ROOT, Street, address_of
from tests.web.test_graphql_over_http import post
from web.log_line import MOST_BYTES

SECRET = "correct-horse-battery-staple"
TOKENS = "... on SignedIn { tokens { accessToken refreshToken } }"
LOGIN = f"mutation ($i: LoginInput!) {{ login(input: $i) {{ __typename {TOKENS} }} }}"
REGISTER = LOGIN.replace("LoginInput", "RegisterInput").replace("login(", "register(")
BODIES: list[dict[str, Any]] = [
    {"query": LOGIN, "variables": {"i": {"email": "ada@example.com", "password": SECRET}}},
    {"query": LOGIN, "variables": {"i": {"email": "ada@example.com", "password": [SECRET]}}},
    {"query": LOGIN, "variables": {"i": {"email": SECRET, "passwort": SECRET}}},
    {"query": f'mutation {{ login(input: {{email: "a@b.example", password: "{SECRET}"}}) {{ __typename }} }}'},
    {"query": f'mutation {{ login(input: {{email: "a@b.example", password: "{SECRET}}}) {{ __typename }} }}'},
    {"query": f'{{ login(password: "{SECRET}") }}'},
    {"query": f'mutation {{ refreshSession(input: {{refreshToken: "{SECRET}"}}) {{ __typename }} }}'},
    {"query": f'{{ node(id: "{SECRET}") {{ id }} }}'},
    {"query": LOGIN, "variables": SECRET},
    {"query": LOGIN, "extensions": {"persistedQuery": {"version": 1, "sha256Hash": SECRET}}},
    {"query": "{ __typename }", "token": SECRET},
]
HEADERS = [
    {"authorization": f"Bearer {SECRET}"},
    {"authorization": f"Basic {SECRET}"},
    {"authorization": SECRET},
    {"cookie": f"marquee_session={SECRET}; other={SECRET}"},
    {"x-csrf-token": SECRET},
    {"traceparent": SECRET},
    {"x-request-id": f"{SECRET};"},
]
PATHS = [
    f"/stream/{SECRET}",
    f"//stream/{SECRET}",
    f"/media/x?signature={SECRET}",
    f"/auth/google/callback?code={SECRET}&state={SECRET}",
    f"/auth/google/login?x={SECRET}",
    f"/oauth/instagram/callback?code={SECRET}&state={SECRET}",
    f"/graphql?query={{__typename}}&token={SECRET}",
    f"/metrics?token={SECRET}",
]


async def hostile_session(api: Api) -> None:
    for body in BODIES:
        await post(api, body)
    await api.client.post(f"{api.base_url}/graphql", content=f'{{"query": "{SECRET}')
    for headers in HEADERS:
        await api.client.post(f"{api.base_url}/graphql", json={"query": "{ viewer { email } }"}, headers=headers)
    for path in PATHS:
        await api.client.get(api.base_url + path)
        await api.client.put(api.base_url + path, content=SECRET)
    for greeting in ({"authorization": f"Bearer {SECRET}"}, {"authorization": [SECRET]}, SECRET):
        async with opened(api.base_url) as socket:
            await socket.send(type="connection_init", payload=greeting)
            await socket.closed()
    async with opened(api.base_url) as socket:
        await socket.send(type="connection_init")
        assert (await socket.hear())["type"] == "connection_ack"
        for n, body in enumerate(BODIES[:8]):
            await socket.send(type="subscribe", id=str(n), payload=body)
            await socket.hear()
        await socket.send_raw(f'{{"type": "{SECRET}"')
        await socket.closed()


def server_with_log(street: Street, log: TextIO) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "server.py"],
        cwd=ROOT,
        env=street.environment(DEBUG="true"),
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    )
    street.running.append(process)
    return process


async def test_a_hostile_session_leaves_no_secret_in_any_log(
    street: Street, client: httpx2.AsyncClient, tmp_path: Path
) -> None:
    with (tmp_path / "log").open("w+") as log:
        process = server_with_log(street, log)
        api = Api(address_of(process), client)
        signed_up = await api.data(REGISTER, i={"email": "ada@example.com", "password": PASSWORD})
        await hostile_session(api)
        signed_in = await api.data(LOGIN, i={"email": "ada@example.com", "password": PASSWORD})
        tokens = [signed_up["register"]["tokens"], signed_in["login"]["tokens"]]
        await api.data("{ viewer { email } }", tokens[1]["accessToken"])
        await api.ask("{ viewer { emial } }", tokens[1]["accessToken"])
        process.terminate()
        await asyncio.to_thread(process.wait, 20)
        log.seek(0)
        written = log.read()
    told = [json.loads(one) for one in written.splitlines()]
    requests = [one for one in told if one["event"] == "request"]
    assert len(requests) >= len(BODIES) + len(HEADERS) + 2 * len(PATHS)
    assert all(one["request_id"] for one in requests)
    assert [one for one in told if one["level"] not in {"debug", "info"}] == []
    given = [token for pair in tokens for token in pair.values()]
    for secret in (SECRET, PASSWORD, *given, *(token.split(".")[-1] for token in given)):
        assert secret not in written, [one for one in told if secret in str(one)]
    assert max(map(len, written.splitlines())) <= MOST_BYTES
