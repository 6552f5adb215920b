"""Who is believed when they say for whom they speak: A5 of GUARD."""

import json
import signal
from contextlib import nullcontext
from typing import Any

import httpx2
import pytest
from starlette.types import Receive, Scope, Send
from structlog.testing import capture_logs
from websockets.asyncio.client import connect

import server
from composition import Marquee
from composition.edges import believing
from tests.api.conftest import Api, World
from tests.api.issuer import application, settings_like
from tests.api.test_playback import started
from tests.serving import serving

PROXIES = ["10.0.0.0/8", "192.0.2.7/32", "fd00::/8"]
CLIENT = "203.0.113.9"
Headers = list[tuple[bytes, bytes]]


class Mirror:
    """An application that answers what it knows of its client: address and scheme."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        seen = json.dumps([scope["client"][0], scope["scheme"]])
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.send", "text": seen})
            await send({"type": "websocket.close", "code": 1000})
        elif scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": seen.encode()})


async def seen_from(peer: str | None, *headers: tuple[str, str], proxies: list[str] = PROXIES) -> list[Any]:
    """What the application is told where `peer` is at the other end of the connection."""
    seen: list[Any] = []

    async def application(scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.extend([scope["client"] and scope["client"][0], scope["scheme"]])

    raw: Headers = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    client = (peer, 50000) if peer is not None else None
    scope: Any = {"type": "http", "scheme": "http", "client": client, "headers": raw}
    nothing: Any = None
    await believing(application, proxies)(scope, nothing, nothing)
    return seen


async def client_from(peer: str, *forwarded: str) -> str:
    address: str = (await seen_from(peer, *(("x-forwarded-for", value) for value in forwarded)))[0]
    return address


@pytest.mark.parametrize("peer", ["198.51.100.1", "192.0.2.8", "127.0.0.1", "11.0.0.1", "fe80::1", "::1", "unix", ""])
async def test_strangers_are_not_believed(peer: str) -> None:
    headers = ("x-forwarded-for", CLIENT), ("x-forwarded-proto", "https"), ("forwarded", f"for={CLIENT};proto=https")
    assert await seen_from(peer, *headers) == [peer, "http"]
    assert await seen_from(peer, *headers, proxies=[]) == [peer, "http"]


async def test_nobody_at_the_other_end_is_a_stranger() -> None:
    assert await seen_from(None, ("x-forwarded-for", CLIENT), ("x-forwarded-proto", "https")) == [None, "http"]


@pytest.mark.parametrize("peer", ["10.0.0.1", "10.255.255.255", "192.0.2.7", "fd00::1", "FD00:0:0::1"])
async def test_a_proxy_is_believed(peer: str) -> None:
    assert await seen_from(peer, ("x-forwarded-for", CLIENT), ("x-forwarded-proto", "https")) == [CLIENT, "https"]
    assert await seen_from(peer) == [peer, "http"]


async def test_only_what_a_proxy_has_seen_itself_is_believed() -> None:
    for said in (
        f"1.1.1.1, {CLIENT}",
        f"127.0.0.1, {CLIENT}",
        f"10.0.0.9, {CLIENT}",
        f"10.0.0.9, 1.1.1.1, {CLIENT}, 10.0.0.2",
        f"1.1.1.1,{CLIENT},fd00::2,10.0.0.2, 192.0.2.7",
        f"{CLIENT}, {CLIENT}",
        f"unknown, <script>, , {CLIENT}",
        f"{'1.1.1.1, ' * 500}{CLIENT}",
    ):
        assert await client_from("10.0.0.1", said) == CLIENT, said
    assert await client_from("10.0.0.1", "1.1.1.1", CLIENT) == CLIENT, "two headers are one, in their order"
    assert await client_from("10.0.0.1", CLIENT, "10.0.0.2") == CLIENT


async def test_addresses_may_have_ports_and_be_of_version_six() -> None:
    for said, client in (
        (f"{CLIENT}:50123", CLIENT),
        ("2001:db8::7", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("[2001:db8::7]:443", "2001:db8::7"),
        ("1.1.1.1, 2001:db8::7, fd00::2", "2001:db8::7"),
        ("1.1.1.1, [2001:db8::7]:443, [fd00::2]:80, 10.0.0.2:80", "2001:db8::7"),
    ):
        for peer in ("10.0.0.1", "fd00::1"):
            assert await client_from(peer, said) == client, said


RUBBISH = ["", " ", ",", ",,,", "unknown", "_hidden", "-", "a, b", "999.999.999.999", "1.2.3", "1.2.3.4.5", "0x7f.1"]
RUBBISH += ["[", "]", "[]", "[::1", "::1]", "[::1]x", "[::1]:x", ":::::", ":80", "1.2.3.4:", "1.2.3.4:x", "1.2.3.4:-1"]
RUBBISH += [
    f"1.2.3.4:{'9' * 5000}",
    "x" * 20_000,
    "1.2.3.4," * 5000,
    "\xff\xfe",
    "<script>",
    "'; drop table users",
    "*",
]
RUBBISH += [
    "10.0.0.0/8",
    "localhost",
    "for=1.2.3.4",
    "fe80::1%eth0",
    "::ffff:1.2.3.4",
    "%00",
    "1.2.3.4 5.6.7.8",
    "٣.٣.٣.٣",
]


async def test_rubbish_from_a_proxy_harms_nobody(marquee: Marquee, client: httpx2.AsyncClient) -> None:
    second = Marquee(settings_like(marquee, trusted_proxies=["127.0.0.0/8"]), marquee.settings.dsn() or "")
    async with serving(second.application()) as address:
        for rubbish in RUBBISH:
            for name in (b"x-forwarded-for", b"x-forwarded-proto"):
                headers = [(name, rubbish.encode().strip())]
                body = {"query": "{ viewer { email } }"}
                response = await client.post(f"{address}/graphql", json=body, headers=headers)
                assert (response.status_code, response.json()["data"]) == (200, {"viewer": None}), rubbish


@pytest.mark.parametrize("rubbish", ["", "ftp", "javascript", "HTTPS", "https, http", "https;", "x" * 5000, "\xff"])
async def test_a_scheme_that_is_none_changes_nothing(rubbish: str) -> None:
    assert await seen_from("10.0.0.1", ("x-forwarded-proto", rubbish)) == ["10.0.0.1", "http"]


async def test_over_a_real_connection_it_is_the_same_for_requests_and_sockets(client: httpx2.AsyncClient) -> None:
    said = {"x-forwarded-for": f"1.1.1.1, {CLIENT}", "x-forwarded-proto": "https"}
    for proxies, host, secure in (([], "127.0.0.1", ""), (PROXIES, "127.0.0.1", ""), (["127.0.0.0/8"], CLIENT, "s")):
        async with serving(believing(Mirror(), proxies), lifespan="off") as address:
            assert (await client.get(address, headers=said)).json() == [host, f"http{secure}"]
            async with connect(address.replace("http", "ws"), additional_headers=said) as socket:
                assert json.loads(await socket.recv()) == [host, f"ws{secure}"]


@pytest.mark.parametrize(("proxies", "scheme"), [([], "http"), (["10.0.0.0/8"], "http"), (["127.0.0.1"], "https")])
async def test_addresses_that_we_give_out_have_the_scheme_of_the_proxy(
    world: World, marquee: Marquee, proxies: list[str], scheme: str
) -> None:
    person, content = await world.person(), await world.content()
    second = Marquee(settings_like(marquee, trusted_proxies=proxies), marquee.settings.dsn() or "")
    async with serving(second.application()) as address, httpx2.AsyncClient() as client:
        client.headers["x-forwarded-proto"] = "https"
        url: str = (await started(Api(address, client), person, content))["url"]
        assert url.startswith(f"{scheme}://127.0.0.1:")


def test_the_server_leaves_it_to_the_settings(marquee: Marquee, monkeypatch: pytest.MonkeyPatch) -> None:
    configured: list[Any] = []

    class Stopped(Exception):
        pass

    def stop(config: Any, _marquee: Marquee) -> Any:
        configured.append(config)
        raise Stopped

    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    monkeypatch.setattr(server, "read_settings", lambda: marquee.settings)
    monkeypatch.setattr(server, "database_of", lambda _: nullcontext((marquee.settings.dsn(), None)))
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(server, "Announcing", stop)
    with pytest.raises(Stopped):
        server.serve()
    assert [config.proxy_headers for config in configured] == [False], "by default uvicorn believes 127.0.0.1"


async def test_a_proxy_that_is_not_believed_is_told_of_once(marquee: Marquee) -> None:
    with capture_logs() as lines:
        async with application(settings_like(marquee)) as (_, api):
            for number in range(3):
                headers = {"x-forwarded-for": f"192.0.2.{number}"}
                assert (await api.client.get(f"{api.base_url}/health", headers=headers)).status_code == 200
    told = [line for line in lines if line["event"] == "proxy_not_believed"]
    assert [line["peer"] for line in told] == ["127.0.0.1"]
