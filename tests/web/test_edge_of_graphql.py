"""Bodies that GraphQL does not want are refused before they come: G3 of GUARD."""

import gzip
import json

import pytest

from tests.api.conftest import Api
from tests.web.talking import talking
from tests.web.test_graphql_over_http import VIEWER, assert_error, post

ASKED = json.dumps({"query": VIEWER}).encode()
HEAD = b"POST /graphql HTTP/1.1\r\nHost: marquee\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "GZIP", "gzip, identity"])
async def test_a_body_that_is_compressed_is_refused_whatever_it_holds(api: Api, coding: str) -> None:
    for body in (gzip.compress(ASKED), ASKED):
        assert assert_error(await post(api, content=body, content_encoding=coding), 415, "UNSUPPORTED_MEDIA_TYPE")
    assert (await post(api, content=ASKED, content_encoding="identity")).status_code == 200


@pytest.mark.parametrize("more", [b"", b"Expect: 100-continue\r\n"])
async def test_a_body_that_says_it_is_too_large_is_refused_before_it_comes(api: Api, more: bytes) -> None:
    async with talking(api.base_url) as talk:
        await talk.say(HEAD + b"Content-Length: 1000001\r\n" + more + b"\r\n")
        answer = await talk.answer()
        assert (answer.status, answer.headers["connection"]) == (413, "close")
        assert answer.json["errors"][0]["extensions"]["code"] == "TOO_LARGE"
        assert await talk.rest() == b""


async def test_a_body_in_chunks_that_becomes_too_large_is_refused_and_the_refusal_is_read(api: Api) -> None:
    async with talking(api.base_url) as talk:
        await talk.say(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        for _ in range(3):
            await talk.say(b"f4240\r\n" + b" " * 1_000_000 + b"\r\n")
        assert (await talk.answer()).status == 413
        assert await talk.rest() == b""
