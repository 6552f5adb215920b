"""What a ticket and a signed address open: B7 of FEATURES."""

import asyncio
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
import structlog

from composition import Marquee
from domain.users import Role
from tests.api.conftest import CLIP, Api, Person, World
from tests.api.media.conftest import Stage
from tests.api.test_playback import id_of, started

SIZE = len(CLIP)
MEGABYTE = 1024 * 1024


@pytest.fixture
def api(stage: Stage) -> Api:
    """Of each store."""
    return stage.api


@pytest.fixture
async def person(world: World) -> Person:
    return await world.person()


@pytest.fixture
async def url(api: Api, world: World, person: Person) -> str:
    """The address of a stream that has just been started."""
    address: str = (await started(api, person, await world.content()))["url"]
    return address


def ticket_of(url: str) -> str:
    return url.rpartition("/")[2]


async def assert_opens_nothing(api: Api, address: str) -> None:
    """404, in the one form that errors have, and nothing of what was asked in it."""
    for method in ("GET", "HEAD"):
        response = await api.client.request(method, address)
        assert response.status_code == 404, address
        assert response.headers["content-type"] == "application/json"
    told = (await api.client.get(address)).json()
    assert told.keys() == {"timestamp", "path", "message", "code", "status", "requestId", "details"}
    assert (told["code"], told["status"]) == ("NOT_FOUND", 404)
    if "/stream/" in address:
        assert told["path"] == "/stream/…"


async def test_a_ticket_opens_the_whole_file(api: Api, url: str) -> None:
    got, head = await api.client.get(url), await api.client.head(url)
    assert (got.status_code, head.status_code) == (200, 200)
    assert (got.content, head.content) == (CLIP, b"")
    for response in (got, head):
        assert response.headers["content-type"] == "video/webm"
        assert response.headers["content-length"] == str(SIZE)
        assert response.headers["accept-ranges"] == "bytes"
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["etag"].startswith('"')
        assert "content-range" not in response.headers


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-255", 0, 255),
        ("bytes=300-400", 300, 400),
        ("bytes=1000-", 1000, 1023),
        ("bytes=0-", 0, 1023),
        ("bytes=-1", 1023, 1023),
        ("bytes=-100", 924, 1023),
        ("bytes=-5000", 0, 1023),
        ("bytes=1000-99999999999", 1000, 1023),
        ("bytes=1023-1023", 1023, 1023),
    ],
)
async def test_a_range_answers_with_exactly_its_bytes(api: Api, url: str, asked: str, first: int, last: int) -> None:
    part = await api.client.get(url, headers={"range": asked})
    assert part.status_code == 206
    assert part.content == CLIP[first : last + 1]
    assert part.headers["content-range"] == f"bytes {first}-{last}/{SIZE}"
    assert part.headers["content-length"] == str(last - first + 1)
    assert part.headers["content-type"] == "video/webm"


@pytest.mark.parametrize("asked", ["bytes=1024-", "bytes=1024-1030", "bytes=99999999999-", "bytes=-0"])
async def test_a_range_past_the_end_says_how_long_the_file_is(api: Api, url: str, asked: str) -> None:
    refused = await api.client.get(url, headers={"range": asked})
    assert (refused.status_code, refused.content) == (416, b"")
    assert refused.headers["content-range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize(
    "asked",
    [
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "bytes=5-2",
        "items=0-5",
        "bytes 0-5",
        "bytes=0-5,10-20",
        "bytes=٣-٤",
        "x" * 5000,
    ],
)
async def test_a_range_that_cannot_be_read_or_is_several_answers_with_everything(
    api: Api, url: str, asked: str
) -> None:
    whole = await api.client.get(url, headers={b"range": asked.encode()})
    assert (whole.status_code, whole.content) == (200, CLIP)


async def test_a_range_is_for_get_alone(api: Api, url: str) -> None:
    """RFC 9110, 14.2: a range with any other method is ignored."""
    head = await api.client.head(url, headers={"range": "bytes=0-9"})
    assert (head.status_code, head.headers["content-length"]) == (200, str(SIZE))


async def test_what_a_player_has_already_is_not_sent_again(api: Api, url: str) -> None:
    first = await api.client.get(url)
    etag, modified = first.headers["etag"], first.headers["last-modified"]
    for tags in (etag, f'"other", {etag}', f"W/{etag}", "*"):
        again = await api.client.get(url, headers={"if-none-match": tags})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert (await api.client.get(url, headers={"if-modified-since": modified})).status_code == 304
    assert (
        await api.client.get(url, headers={"if-none-match": '"other"', "if-modified-since": modified})
    ).content == CLIP
    assert (await api.client.get(url, headers={"if-modified-since": "nonsense"})).content == CLIP
    etag, modified = (await api.client.head(url)).headers["etag"], "Thu, 01 Jan 1970 00:00:00 GMT"
    for wrong in ({"if-match": '"other"'}, {"if-match": f"W/{etag}"}, {"if-unmodified-since": modified}):
        assert (await api.client.get(url, headers=wrong)).status_code == 412
    for right in (
        {"if-match": etag},
        {"if-match": f'"other", {etag}'},
        {"if-match": "*"},
        {"if-unmodified-since": "x"},
    ):
        assert (await api.client.get(url, headers=right)).status_code == 200


async def test_a_range_of_another_version_answers_with_everything(api: Api, url: str) -> None:
    first = await api.client.get(url)
    for same in (first.headers["etag"], first.headers["last-modified"]):
        part = await api.client.get(url, headers={"range": "bytes=0-9", "if-range": same})
        assert (part.status_code, part.content) == (206, CLIP[:10])
    for other in ('"other"', f"W/{first.headers['etag']}", "Thu, 01 Jan 1970 00:00:00 GMT", "nonsense"):
        whole = await api.client.get(url, headers={"range": "bytes=0-9", "if-range": other})
        assert (whole.status_code, whole.content) == (200, CLIP)
        past = await api.client.get(url, headers={"range": "bytes=9999-", "if-range": other})
        assert past.status_code == 200


async def test_nothing_of_the_store_shows(api: Api, world: World, person: Person, home: Path) -> None:
    answer = await started(api, person, await world.content())
    told = [str(answer)]
    for headers in ({}, {"range": "bytes=0-9"}, {"range": "bytes=5000-"}):
        response = await api.client.get(answer["url"], headers=headers)
        told.append(str(response.headers))
    told.append((await api.client.get(f"{answer['url']}x")).text)
    for text in told:
        assert "clip" not in text
        assert str(home) not in text
        assert "/media" not in text


async def test_a_ticket_that_is_not_ours_opens_nothing(api: Api, marquee: Marquee, url: str, person: Person) -> None:
    ticket = ticket_of(url)
    claims = jwt.decode(ticket, options={"verify_signature": False})
    own = (claims["jti"], claims["sid"], claims["uid"], claims["asset"])
    now = datetime.now(UTC)
    head, payload, signature = ticket.split(".")
    wrong = [
        ticket[:-2],
        ticket[:-4] + ("AAAA" if ticket[-4:] != "AAAA" else "BBBB"),
        f"{head}.{payload}.",
        f"{head}.{payload[:-3]}AAA.{signature}",
        jwt.encode(claims, "", algorithm="none"),
        jwt.encode(claims, "somebody else's secret of thirty-two", algorithm="HS256"),
        person.token,
        secrets.token_urlsafe(200),
        "%ED%95%9C%EA%B8%80",
        "%00",
        "x" * 5000,
        marquee.tickets.sign(*own, now - timedelta(seconds=2)),
        marquee.tickets.sign(own[0], own[1], own[2], 999_999, now + timedelta(minutes=1)),
        marquee.tickets.sign(own[0], 999_999, own[2], own[3], now + timedelta(minutes=1)),
        marquee.tickets.sign(own[0], own[1], 999_999, own[3], now + timedelta(minutes=1)),
    ]
    for other in wrong:
        await assert_opens_nothing(api, f"{api.base_url}/stream/{other}")
    good = marquee.tickets.sign(*own, now + timedelta(minutes=1))
    assert (await api.client.get(f"{api.base_url}/stream/{good}")).content == CLIP


async def test_a_ticket_ends_with_the_session_it_was_given_in(api: Api, url: str, person: Person) -> None:
    assert (await api.client.get(url)).status_code == 200
    await api.data("mutation { logout }", person)
    await assert_opens_nothing(api, url)


async def test_a_ticket_ends_with_its_content(api: Api, world: World, person: Person) -> None:
    corporation = await world.corporation()
    manager, content = await world.person(Role.MANAGER, corporation), await world.content(corporation)
    url = (await started(api, person, content))["url"]
    delete = "mutation ($id: ID!) { deleteContent(input: {id: $id}) { ... on Content { id } } }"
    assert await api.data(delete, manager, id=id_of(content)) == {"deleteContent": {"id": id_of(content)}}
    await assert_opens_nothing(api, url)


async def test_a_ticket_ends_with_its_file(api: Api, world: World, url: str) -> None:
    await world.rows("update video_assets set key = 'gone.webm'")
    await assert_opens_nothing(api, url)
    await world.rows("delete from video_assets")
    await assert_opens_nothing(api, url)


async def test_a_stream_can_only_be_read(api: Api, url: str) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        refused = await api.client.request(method, url)
        assert refused.status_code == 405
        assert set(refused.headers["allow"].split(", ")) == {"GET", "HEAD"}
        assert refused.json()["code"] == "METHOD_NOT_ALLOWED"


async def told(lines: list[Any], number: int) -> None:
    """A line is written when the answer is over, which its reader knows a little earlier."""
    async with asyncio.timeout(10):
        while sum(line["event"] == "request" for line in lines) < number:
            await asyncio.sleep(0.01)


async def test_a_ticket_is_not_in_the_log(api: Api, url: str) -> None:
    with structlog.testing.capture_logs() as lines:
        for number, (method, address) in enumerate([("GET", url), ("GET", f"{url}x"), ("POST", url)], start=1):
            await api.client.request(method, address)
            await told(lines, number)
        await api.data("{ __typename }")
        await told(lines, 4)
    assert [line["path"] for line in lines if line["event"] == "request"] == ["/stream/…"] * 3 + ["/graphql"]
    assert ticket_of(url) not in str(lines)
