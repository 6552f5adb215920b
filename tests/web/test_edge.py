"""What is no request, or too large a one, is refused by the connection itself: G2 and G3 of GUARD."""

from collections.abc import AsyncIterator

import pytest

from tests.serving import BOUNDS, serving
from tests.web.talking import Mirror, Talk, talking

HOST = b"Host: marquee\r\n"
POST = b"POST / HTTP/1.1\r\n" + HOST
GET = b"GET / HTTP/1.1\r\n" + HOST


@pytest.fixture
def mirror() -> Mirror:
    return Mirror()


@pytest.fixture
async def talk(mirror: Mirror) -> AsyncIterator[Talk]:
    async with serving(mirror, BOUNDS, lifespan="off") as address, talking(address) as talk:
        yield talk


async def test_an_address_has_at_most_sixteen_kilobytes(talk: Talk, mirror: Mirror) -> None:
    await talk.say(b"GET /" + b"x" * 16_383 + b" HTTP/1.1\r\n" + HOST + b"\r\n")
    assert (await talk.answer()).status == 200
    await talk.say(b"GET /" + b"x" * 16_384)
    await talk.refused(414, "ADDRESS_TOO_LONG")
    assert len(mirror.asked) == 1


async def test_a_head_has_at_most_a_hundred_headers(talk: Talk, mirror: Mirror) -> None:
    await talk.say(GET + b"X: y\r\n" * 99 + b"\r\n")
    assert (await talk.answer()).status == 200
    await talk.say(GET + b"X: y\r\n" * 100 + b"\r\n")
    await talk.refused(431, "HEAD_TOO_LARGE")
    assert len(mirror.asked) == 1


@pytest.mark.parametrize(
    "heavy",
    [b"X: " + b"y" * 70_000 + b"\r\n", b"".join(b"X: %s\r\n" % (b"y" * 1000) for _ in range(70))],
    ids=["in one header", "in many"],
)
async def test_a_head_has_at_most_sixty_four_kilobytes(talk: Talk, mirror: Mirror, heavy: bytes) -> None:
    await talk.say(GET + heavy + b"\r\n")
    await talk.refused(431, "HEAD_TOO_LARGE")
    assert mirror.asked == []


async def test_a_head_that_never_ends_is_not_read_on(talk: Talk, mirror: Mirror) -> None:
    await talk.say(GET + b"X: ")
    for _ in range(8):
        await talk.say(b"y" * 50_000)
    await talk.refused(431, "HEAD_TOO_LARGE")
    assert mirror.asked == []


NO_REQUESTS: dict[str, bytes] = {
    "noise": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20,
    "words": b"hello there\r\n\r\n",
    "a method that is none": b"BREW / HTTP/1.1\r\n" + HOST + b"\r\n",
    "no version": b"GET /\r\n\r\n",
    "another version": b"GET / HTTP/3.7\r\n" + HOST + b"\r\n",
    "version 2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "version 2 of a GET": b"GET / HTTP/2.0\r\n" + HOST + b"\r\n",
    "a control character in the address": b"GET /\x00 HTTP/1.1\r\n" + HOST + b"\r\n",
    "a host and port for an address": b"CONNECT marquee:80 HTTP/1.1\r\n" + HOST + b"\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "a header without a colon": GET + b"nonsense\r\n\r\n",
    "a header without a name": GET + b": x\r\n\r\n",
    "a space before the colon": GET + b"X : y\r\n\r\n",
    "a folded header": GET + b"X: y\r\n z: a\r\n\r\n",
    "a folded header by a tab": GET + b"X: y\r\n\tz\r\n\r\n",
    "a folded first header": b"GET / HTTP/1.1\r\n Host: marquee\r\n\r\n",
    "NUL in a header": GET + b"X: \0\r\n\r\n",
    "NUL in a header's name": GET + b"X\0: y\r\n\r\n",
    "a bare LF behind the first line": b"GET / HTTP/1.1\nHost: marquee\r\n\r\n",
    "a bare LF behind a header": b"GET / HTTP/1.1\r\nHost: marquee\nX: y\r\n\r\n",
    "a bare LF at the end": b"GET / HTTP/1.1\r\nHost: marquee\r\n\n",
    "a bare CR behind a header": b"GET / HTTP/1.1\r\nHost: marquee\rX: y\r\n\r\n",
    "two lengths": POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
    "two equal lengths": POST + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\nx",
    "a list of lengths": POST + b"Content-Length: 1, 1\r\n\r\nx",
    "a negative length": POST + b"Content-Length: -1\r\n\r\nx",
    "a signed length": POST + b"Content-Length: +1\r\n\r\nx",
    "a length of a hex": POST + b"Content-Length: 0x1\r\n\r\nx",
    "an empty length": POST + b"Content-Length: \r\n\r\n",
    "a length beyond all": POST + b"Content-Length: 99999999999999999999999999\r\n\r\nx",
    "a length and chunks": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and a length": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "a coding that is none": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a coding behind chunks": POST + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "no coding": POST + b"Transfer-Encoding: identity\r\n\r\nx",
    "a vertical tab in the coding": POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "chunks twice": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "a coding before chunks": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunks of an old version": b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "an upgrade to something else with a body": POST
    + b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 1\r\n\r\nx",
    "an upgrade with a body": GET + b"Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 1\r\n\r\nx",
    "an upgrade by POST": POST + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
}


@pytest.mark.parametrize("name", NO_REQUESTS)
async def test_what_is_no_request_is_refused_and_the_connection_closed(talk: Talk, mirror: Mirror, name: str) -> None:
    await talk.say(NO_REQUESTS[name] + GET + b"\r\n")
    await talk.refused(400, "BAD_REQUEST")
    assert mirror.asked == [], "what came behind it was taken for a request"


CHUNKS: dict[str, bytes] = {
    "a size that is none": b"x\r\n",
    "a negative size": b"-1\r\n",
    "a size of a hex": b"0x1\r\nx\r\n",
    "a size beyond all": b"fffffffffffffffffff\r\n",
    "an empty size": b"\r\n",
    "more than its size": b"1\r\nxx\r\n",
    "a bare LF behind the size": b"1\nx\r\n",
    "a bare LF behind the chunk": b"1\r\nx\n",
    "a space behind the size": b"1 \r\nx\r\n",
    "a word without end about it": b"1;" + b"x" * 200_000,
    "headers without end behind it": b"0\r\n" + b"X: y\r\n" * 50_000,
}


@pytest.mark.parametrize("name", CHUNKS)
async def test_chunks_that_are_none_are_refused_and_the_connection_closed(
    talk: Talk, mirror: Mirror, name: str
) -> None:
    await talk.say(POST + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKS[name] + b"\r\n" + GET + b"\r\n")
    await talk.refused(400, "BAD_REQUEST")
    assert mirror.bodies == []
    assert mirror.asked in ([], ["POST /"]), "what came behind it was taken for a request"


async def test_a_body_in_chunks_of_one_byte_is_taken(talk: Talk, mirror: Mirror) -> None:
    await talk.say(POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"1;a=b\r\nx\r\n" * 50_000 + b"0\r\n\r\n")
    assert (await talk.answer()).body == b"POST / 50000"


async def test_what_follows_a_body_adds_nothing_to_the_head(talk: Talk, mirror: Mirror) -> None:
    seen = []

    async def app(scope: object, receive: object, send: object) -> None:
        await mirror(scope, receive, send)  # type: ignore[arg-type]
        seen.extend(scope["headers"])  # type: ignore[index]

    async with serving(app, BOUNDS, lifespan="off") as address, talking(address) as other:
        await other.say(POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nAuthorization: Bearer x\r\n\r\n")
        assert (await other.answer()).body == b"POST / 1"
    assert [name for name, _ in seen] == [b"host", b"transfer-encoding"]


async def test_requests_in_a_line_are_answered_in_turn(talk: Talk, mirror: Mirror) -> None:
    await talk.say(b"".join(b"GET /%d HTTP/1.1\r\n%s\r\n" % (number, HOST) for number in range(100)))
    assert [(await talk.answer()).body for _ in range(100)] == [b"GET /%d 0" % number for number in range(100)]
    await talk.say(b"POST /a HTTP/1.1\r\n%sContent-Length: 2\r\n\r\nxxGET /b HTTP/1.1\r\n%s\r\n" % (HOST, HOST))
    assert [(await talk.answer()).body for _ in range(2)] == [b"POST /a 2", b"GET /b 0"]


async def test_what_is_wrong_is_told_behind_the_answers_to_what_was_right(talk: Talk, mirror: Mirror) -> None:
    await talk.say(b"GET /held HTTP/1.1\r\n" + HOST + b"\r\n" + GET + b"\r\n" + NO_REQUESTS["two lengths"])
    mirror.release.set()
    assert [(await talk.answer()).body for _ in range(2)] == [b"GET /held 0", b"GET / 0"]
    await talk.refused(400, "BAD_REQUEST")
    assert len(mirror.asked) == 2


@pytest.mark.parametrize("name", ["a size that is none", "a word without end about it"])
async def test_a_body_that_is_wrong_is_told_behind_the_answers_to_what_was_right(
    talk: Talk, mirror: Mirror, name: str
) -> None:
    chunked = POST + b"Transfer-Encoding: chunked\r\n\r\n"
    await talk.say(b"GET /held HTTP/1.1\r\n" + HOST + b"\r\n" + GET + b"\r\n" + chunked + CHUNKS[name])
    mirror.release.set()
    assert [(await talk.answer()).body for _ in range(2)] == [b"GET /held 0", b"GET / 0"]
    await talk.refused(400, "BAD_REQUEST")
    assert len(mirror.bodies) == 2


async def test_a_line_of_requests_has_an_end(talk: Talk, mirror: Mirror) -> None:
    await talk.say(b"GET /held HTTP/1.1\r\n" + HOST + b"\r\n" + (GET + b"\r\n") * 2000)
    mirror.release.set()
    bodies = [(await talk.answer()).body for _ in range(BOUNDS.requests_in_line + 1)]
    assert bodies == [b"GET /held 0", *[b"GET / 0"] * BOUNDS.requests_in_line]
    assert (await talk.refused(503, "UNAVAILABLE")).headers["retry-after"] == "1"


async def test_behind_an_upgrade_that_we_do_not_know_nothing_is_heard(talk: Talk, mirror: Mirror) -> None:
    await talk.say(GET + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n")
    answer = await talk.answer()
    assert (answer.status, answer.headers["connection"]) == (200, "close")
    assert await talk.rest() == b""


@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
async def test_who_says_that_it_was_the_last_request_hears_no_more(talk: Talk, mirror: Mirror, version: bytes) -> None:
    await talk.say((b"GET / HTTP/%s\r\n%sConnection: close\r\n\r\n" % (version, HOST)) * 2)
    assert (await talk.answer()).body == b"GET / 0"
    assert await talk.rest() == b""
    assert len(mirror.asked) == 1
