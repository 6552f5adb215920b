"""Streams out of a bucket that is slow, gone or behind a CDN: B7 of FEATURES, O1 and O2 of GUARD."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from structlog.testing import capture_logs

from composition import Marquee
from domain.errors import Unavailable
from domain.users import Role
from tests.api.conftest import Api, World
from tests.api.issuer import settings_like
from tests.api.media.conftest import COMPLETE, CREATE, URL, Stage, announced
from tests.api.test_playback import started
from tests.integrations.objects import faulty
from tests.integrations.objects.faulty import FaultyServer
from tests.integrations.objects.servers import BUCKET
from tests.serving import serving


@pytest.fixture
async def bucket() -> AsyncIterator[FaultyServer]:
    async with FaultyServer().running() as server:
        yield server


@pytest.fixture
async def ill(
    marquee: Marquee, bucket: FaultyServer, world: World, client: httpx2.AsyncClient, credentials: None
) -> AsyncIterator[Stage]:
    """A server whose bucket does what a test wants; as a stream it has a little patience only."""
    other = Marquee(settings_like(marquee, s3_bucket_name=BUCKET, s3_endpoint_url=bucket.url), marquee.database.dsn)
    other.objects._stream_patience = 0.5  # type: ignore[attr-defined]
    async with serving(other.application()) as address:
        yield Stage(other, Api(address, client), world, client)


async def url_of(stage: Stage) -> str:
    return str((await started(stage.api, await stage.world.person(), await stage.world.content()))["url"])


@pytest.mark.parametrize("where", ["head", "read"])
async def test_a_bucket_that_is_silent_is_a_timeout_of_the_gateway(
    ill: Stage, bucket: FaultyServer, where: str
) -> None:
    url = await url_of(ill)

    async def silent_then(server: FaultyServer, head: bytes, reader: Any, writer: Any) -> None:
        await (faulty.good if where == "read" and head.startswith(b"HEAD") else faulty.silence)(
            server, head, reader, writer
        )

    bucket.fault = silent_then
    with capture_logs() as lines:
        response = await ill.client.get(url)
    assert (response.status_code, response.json()["code"], response.json()["path"]) == (504, "UNAVAILABLE", "/stream/…")
    assert [line["reason"] for line in lines if line["event"] == "unavailable"] == ["takes too long"]
    assert bucket.url not in str(lines) + response.text
    bucket.fault = None
    assert (await ill.client.get(url)).status_code == 200, "it is back, without a restart"


@pytest.mark.parametrize("fault", [faulty.half, faulty.cut])
async def test_a_bucket_that_stops_in_the_middle_drops_the_connection_and_says_so(
    ill: Stage, bucket: FaultyServer, fault: Any
) -> None:
    url = await url_of(ill)

    async def in_the_middle(server: FaultyServer, head: bytes, reader: Any, writer: Any) -> None:
        await (faulty.good if head.startswith(b"HEAD") else fault)(server, head, reader, writer)

    bucket.fault = in_the_middle
    with capture_logs() as lines, pytest.raises(httpx2.RemoteProtocolError):
        await ill.client.get(url)
    assert [line["event"] for line in lines if line["log_level"] != "info"] == ["unavailable", "broken_off"]
    (line,) = [line for line in lines if line["event"] == "request"]
    assert line["codes"] == ["CUT"]


async def long(server: FaultyServer, head: bytes, reader: Any, writer: Any) -> None:
    """A film without an end."""
    if head.startswith(b"HEAD"):
        writer.write(
            f"HTTP/1.1 200 OK\r\nETag: {faulty.ETAG}\r\nLast-Modified: {faulty.WHEN}\r\n"
            "Content-Length: 1000000000000\r\n\r\n".encode()
        )
    else:
        await faulty.endless(server, head, reader, writer)


async def test_a_viewer_who_takes_nothing_is_cut_with_the_session(ill: Stage, bucket: FaultyServer) -> None:
    person = await ill.world.person()
    url = urlsplit((await started(ill.api, person, await ill.world.content()))["url"])
    bucket.fault = long
    reader, writer = await asyncio.open_connection(url.hostname, url.port, limit=1024)
    writer.write(f"GET {url.path} HTTP/1.1\r\nHost: marquee\r\n\r\n".encode())
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 OK")
    for _ in range(20):  # meanwhile every buffer is full
        assert (await ill.client.get(f"{ill.api.base_url}/health")).status_code == 200
    assert not bucket.left.is_set()
    await ill.api.data("mutation { logout }", person)
    async with asyncio.timeout(5):
        await bucket.left.wait()
    writer.close()


async def test_a_viewer_who_leaves_closes_the_connection_to_the_bucket(ill: Stage, bucket: FaultyServer) -> None:
    url = urlsplit(await url_of(ill))
    bucket.fault = long
    reader, writer = await asyncio.open_connection(url.hostname, url.port, limit=64 * 1024)
    writer.write(f"GET {url.path} HTTP/1.1\r\nHost: marquee\r\n\r\n".encode())
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 OK")
    assert len(await reader.readexactly(1_000_000)) == 1_000_000
    assert not bucket.left.is_set()
    writer.close()
    async with asyncio.timeout(5):
        await bucket.left.wait()


@pytest.mark.parametrize("fault", [faulty.silence, faulty.hang_up, faulty.refusal("503 Slow Down", "SlowDown")])
async def test_what_needs_no_call_to_the_bucket_goes_on_and_the_rest_is_told_in_time(
    ill: Stage, bucket: FaultyServer, fault: Any
) -> None:
    person, url = await ill.world.person(), await url_of(ill)
    image = (await ill.api.data(CREATE, person, **announced()))["createImageUpload"]["image"]
    await ill.world.rows("update images set status = 'READY'")
    bucket.fault = fault
    created = (await ill.api.data(CREATE, person, **announced()))["createImageUpload"]
    assert created["url"].startswith(bucket.url), "to sign asks nobody"
    assert (await ill.api.data(URL, person, key=image["key"]))["imageUrl"]["expiresIn"] == 900
    assert (await started(ill.api, person, await ill.world.content()))["url"]
    assert (await ill.client.get(f"{ill.api.base_url}/health")).status_code == 200
    ready = await ill.client.get(f"{ill.api.base_url}/ready")
    assert (ready.status_code, ready.json()["parts"]["objects"]) == (503, "down")
    async with asyncio.timeout(5):
        complete = "mutation ($id: ID!) { completeImageUpload(input: {id: $id}) { __typename } }"
        assert (await ill.api.ask(complete, person, id=created["image"]["id"])).codes == ["UNAVAILABLE"]
    assert (await ill.client.get(url)).status_code in {503, 504}
    bucket.fault = None
    assert (await ill.client.get(f"{ill.api.base_url}/ready")).json()["parts"]["objects"] == "up"
    assert (await ill.client.get(url)).status_code == 200


async def test_with_a_cdn_that_signs_a_ticket_leads_there_and_with_another_it_does_not(
    s3: Stage, world: World, client: httpx2.AsyncClient
) -> None:
    key = generate_private_key(65537, 2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    plain = {"cloudfront_domain": "cdn.example.com"}
    signing = plain | {"cloudfront_key_pair_id": "K2JCJMDEHXQW5F", "cloudfront_private_key": pem}
    for changes in (plain, signing):
        other = Marquee(settings_like(s3.marquee, **changes), s3.marquee.database.dsn)
        async with serving(other.application()) as address:
            answer = await started(Api(address, client), await world.person(), await world.content())
            response = await client.get(answer["url"], headers={"range": "bytes=0-9"})
            assert (await client.head(answer["url"])).status_code == (200 if changes is plain else 302)
        if changes is plain:
            assert (response.status_code, len(response.content)) == (206, 10)
            continue
        assert (response.status_code, response.headers["cache-control"]) == (302, "private, no-store")
        there = urlsplit(response.headers["location"])
        assert (there.scheme, there.netloc, there.path) == ("https", "cdn.example.com", "/clip.webm")
        said = parse_qs(there.query)
        assert said["Key-Pair-Id"] == ["K2JCJMDEHXQW5F"]
        assert "Signature" in said
        assert abs(int(said["Expires"][0]) - _seconds(answer["expiresAt"])) <= 1


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


async def test_bytes_that_do_not_come_when_they_are_looked_at_are_told_in_time(
    ill: Stage, bucket: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("domain.images.PATIENCE_SECONDS", 0.5)
    monkeypatch.setattr(ill.marquee.objects, "_stream_patience", 60)
    person = await ill.world.person()
    made = (await ill.api.data(CREATE, person, **announced(size=faulty.SIZE)))["createImageUpload"]

    async def silent_body(server: FaultyServer, head: bytes, reader: Any, writer: Any) -> None:
        await (faulty.good if head.startswith(b"HEAD") else faulty.silence)(server, head, reader, writer)

    bucket.fault = silent_body
    async with asyncio.timeout(5):
        assert (await ill.api.ask(COMPLETE, person, id=made["image"]["id"])).codes == ["UNAVAILABLE"]
    assert await ill.world.rows("select status::text from images") == [("PENDING",)]


async def test_a_slow_bucket_is_listed_as_far_as_there_is_time(
    s3: Stage, monkeypatch: pytest.MonkeyPatch, world: World
) -> None:
    manager = await world.person(Role.MANAGER, await world.corporation())
    objects, listed = s3.marquee.objects, s3.marquee.objects.list

    async def slow(prefix: str, after: str, most: int) -> Any:
        if after == "clip-0999.mp4":
            await asyncio.Event().wait()
        some = [f"clip-{number:04}.mp4" for number in range(2500)]
        there = (await listed("clip.webm", "", 1))[0]
        return [replace(there, key=key) for key in some if key > after][:most]

    monkeypatch.setattr(objects, "list", slow)
    monkeypatch.setattr("domain.media_objects._LOOKING_SECONDS", 0.3)
    query = """query ($after: String) { mediaObjects(after: $after) {
      nodes { key } pageInfo { hasNextPage endCursor } } }"""
    page = (await s3.api.data(query, manager))["mediaObjects"]
    assert [page["nodes"][0]["key"], page["nodes"][-1]["key"], len(page["nodes"])] == [
        "clip-0000.mp4",
        "clip-0999.mp4",
        1000,
    ]
    assert page["pageInfo"]["hasNextPage"]
    silent = await s3.api.ask(query, manager, after=page["pageInfo"]["endCursor"])
    assert silent.codes == ["UNAVAILABLE"]


async def test_posters_out_of_the_bucket_are_shown_and_one_that_cannot_be_signed_hides_no_other(
    s3: Stage, world: World, client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await s3.marquee.objects.put("posters/a.svg", b"<svg/>")
    for key in ("posters/a.svg", "posters/b.svg"):
        await world.rows("update contents set poster_key = $2 where id = $1", (await world.content()).id, key)
    query = "{ contents(orderBy: OLDEST) { nodes { posterUrl } } }"
    first, second = (await s3.api.data(query))["contents"]["nodes"]
    assert (await client.get(first["posterUrl"])).content == b"<svg/>"
    assert await s3.api.data(query) == {"contents": {"nodes": [first, second]}}, "caches find them again"
    sign = s3.marquee.objects.lasting_address

    async def unlucky(key: str) -> str:
        if key == "posters/b.svg":
            raise Unavailable("There are no credentials.")
        return await sign(key)

    monkeypatch.setattr(s3.marquee.objects, "lasting_address", unlucky)
    answer = await s3.api.ask(query)
    assert answer.body["data"]["contents"]["nodes"] == [first, {"posterUrl": None}]
    assert answer.codes == ["UNAVAILABLE"]


async def test_a_bucket_that_is_down_keeps_no_server_from_starting_and_the_demonstration_is_made_when_it_is_back(
    marquee: Marquee, world: World, client: httpx2.AsyncClient, bucket: FaultyServer, credentials: None
) -> None:
    settings = settings_like(marquee, s3_bucket_name=BUCKET, s3_endpoint_url=bucket.url, environment="development")
    other = Marquee(settings.model_copy(update={"demonstration": True}), marquee.database.dsn)
    bucket.fault = faulty.hang_up
    async with serving(other.application()) as address, asyncio.timeout(60):
        api = Api(address, client)
        assert await api.data("{ contents { totalCount } }") == {"contents": {"totalCount": 0}}
        bucket.fault = None
        while (await api.data("{ contents { totalCount } }"))["contents"]["totalCount"] == 0:
            await asyncio.sleep(0.1)
