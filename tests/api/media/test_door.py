"""What the address of an upload takes, and nothing else: E6 of FEATURES, U2, C3 and R3 of GUARD."""

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import pytest

from domain.uploads import incoming
from tests.api.media.conftest import Stage, picture


def changed(url: str, **changes: str) -> str:
    """The address with other values in its query."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query)) | changes
    return urlunsplit(parts._replace(query=urlencode(query)))


@pytest.fixture
def stage(embedded: Stage) -> Stage:
    """The embedded store alone, whose door is ours."""
    return embedded


@pytest.fixture
async def ticket(stage: Stage) -> dict[str, Any]:
    return await stage.ticket(await stage.world.person())


def code_of(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


async def test_another_size_is_not_taken(stage: Stage, ticket: dict[str, Any]) -> None:
    assert code_of(await stage.send(ticket, picture() + b"x")) == (413, "TOO_LARGE")
    assert code_of(await stage.send(ticket, picture()[:-1])) == (400, "BAD_REQUEST")
    assert code_of(await stage.send(ticket, b"")) == (400, "BAD_REQUEST")
    assert not await stage.has_arrived(ticket["image"]["key"])


async def test_a_body_of_no_announced_size_is_not_taken(stage: Stage, ticket: dict[str, Any]) -> None:
    async def endless() -> Any:
        for _ in range(100):
            yield bytes(1000)

    response = await stage.client.put(ticket["url"], content=endless(), headers={"content-type": "image/png"})
    assert code_of(response) == (411, "LENGTH_REQUIRED")
    assert not await stage.has_arrived(ticket["image"]["key"])


@pytest.mark.parametrize("other", ["text/html", "image/jpeg", "image/png; charset=utf-8", ""])
async def test_another_type_is_not_taken(stage: Stage, ticket: dict[str, Any], other: str) -> None:
    named = next(header["name"] for header in ticket["headers"] if header["name"].lower() == "content-type")
    refused = await stage.send(ticket, picture(), **{named: other})
    assert code_of(refused) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert not await stage.has_arrived(ticket["image"]["key"])


async def test_an_address_that_was_changed_takes_nothing(stage: Stage, ticket: dict[str, Any]) -> None:
    url, headers = ticket["url"], {"content-type": "image/png"}
    wrong = [
        changed(url, size="999999"),
        changed(url, type="text/html"),
        changed(url, expires="99999999999"),
        changed(url, signature="0" * 64),
        changed(url, disposition="inline"),
        url.partition("?")[0],
        url.replace("images/", "images/x"),
        url.replace("incoming/", ""),
        f"{url}&size=999999",
    ]
    for other in wrong:
        refused = await stage.client.put(other, content=picture(), headers=headers)
        assert code_of(refused) == (403, "FORBIDDEN"), other
    read = await stage.client.get(url)
    assert code_of(read) == (404, "NOT_FOUND")
    key = incoming(ticket["image"]["key"])
    reading = stage.api.base_url + await stage.marquee.objects.address(key, 900)
    assert code_of(await stage.client.put(reading, content=picture(), headers=headers)) == (403, "FORBIDDEN")
    for method in ("POST", "DELETE", "PATCH"):
        assert (await stage.client.request(method, url, content=picture())).status_code == 405
    assert not await stage.has_arrived(ticket["image"]["key"])


async def test_an_address_that_has_expired_takes_nothing(stage: Stage, ticket: dict[str, Any]) -> None:
    key = ticket["image"]["key"]
    signed = await stage.marquee.objects.upload(incoming(key), "image/png", len(picture()), -1)
    refused = await stage.send(ticket | {"url": stage.api.base_url + signed.url}, picture())
    assert code_of(refused) == (403, "FORBIDDEN")


async def test_of_many_at_once_the_last_one_is_there_whole(stage: Stage, ticket: dict[str, Any]) -> None:
    bodies = [bytes([number]) * len(picture()) for number in range(10)]
    answers = await asyncio.gather(*(stage.send(ticket, body) for body in bodies))
    assert {response.status_code for response in answers} == {200}
    url = await stage.marquee.objects.address(incoming(ticket["image"]["key"]), 900)
    assert (await stage.client.get(stage.api.base_url + url)).content in bodies


async def test_half_an_upload_leaves_nothing(stage: Stage, home: Path) -> None:
    ticket = await stage.ticket(await stage.world.person(), sizeBytes=1_000_000)
    address = urlsplit(ticket["url"])
    _, writer = await asyncio.open_connection(address.hostname, address.port)
    head = f"PUT {address.path}?{address.query} HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Type: image/png\r\n"
    writer.write(f"{head}Content-Length: 1000000\r\n\r\n".encode() + bytes(500_000))
    await writer.drain()
    folder = home / "media" / "incoming" / "images"
    async with asyncio.timeout(5):
        while not any(one.stat().st_size >= 500_000 for one in folder.glob("*")):
            await asyncio.sleep(0.01)
        writer.close()
        while any(one.stat().st_size == 500_000 or one.name.startswith(".part") for one in folder.glob("*")):
            await asyncio.sleep(0.01)
    assert not await stage.has_arrived(ticket["image"]["key"])
    assert (await stage.send(ticket, bytes(1_000_000))).status_code == 200


async def test_an_uploaded_picture_never_runs_as_a_page(stage: Stage, ticket: dict[str, Any]) -> None:
    await stage.send(ticket, picture())
    address = await stage.marquee.objects.address(incoming(ticket["image"]["key"]), 9)
    shown = await stage.client.get(stage.api.base_url + address)
    assert shown.headers["content-type"] == "image/png"
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in shown.headers["content-security-policy"]


async def test_a_page_of_another_origin_may_upload(stage: Stage, ticket: dict[str, Any]) -> None:
    asked = {
        "origin": "http://localhost:3000",
        "access-control-request-method": "PUT",
        "access-control-request-headers": ", ".join(header["name"].lower() for header in ticket["headers"]),
    }
    allowed = await stage.client.options(ticket["url"], headers=asked)
    assert allowed.status_code == 200
    assert "PUT" in allowed.headers["access-control-allow-methods"]
    sent = await stage.send(ticket, picture(), origin="http://localhost:3000")
    assert (sent.status_code, sent.headers["access-control-allow-origin"]) == (200, "*")
