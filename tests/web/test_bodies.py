"""Bodies that are no requests, or odd ones, or too big: none makes a fault of ours. G2 and G3 of GUARD."""

import contextlib
import gzip
import json
from collections.abc import AsyncIterator

import httpx2
import pytest

from tests.api.conftest import Answer, Api, World
from tests.web.test_graphql_over_http import GRAPHQL_JSON, JSON, NOBODY, VIEWER, assert_error, post

BODIES: dict[str, bytes] = {
    "empty": b"",
    "blank": b"  \n",
    "null": b"null",
    "a number": b"5",
    "a string": b'"{ viewer { email } }"',
    "true": b"true",
    "a list": b"[]",
    "a list of operations": json.dumps([{"query": VIEWER}]).encode(),
    "an empty object": b"{}",
    "text": b"query { viewer { email } }",
    "half": b'{"query": "{ viewer',
    "something behind": b'{"query": "{ viewer { email } }"} {}',
    "a comma at the end": b'{"query": "{ viewer { email } }",}',
    "a comment": b'{"query": "{ viewer { email } }" /* x */}',
    "single quotes": b"{'query': '{ viewer { email } }'}",
    "not UTF-8": b'{"query": "{ viewer { email } }\xff\xfe"}',
    "overlong UTF-8": b'{"query": "\xc0\xae"}',
    "a surrogate in UTF-8": b'{"query": "\xed\xa0\x80"}',
    "a lone surrogate": b'{"query": "{ viewer { email } }", "variables": {"a": "\\ud800"}}',
    "surrogates in the wrong order": b'{"query": "\\udc00\\ud800"}',
    "UTF-16": json.dumps({"query": VIEWER}).encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf" + json.dumps({"query": VIEWER}).encode(),
    "NUL alone": b"\0",
    "a raw NUL": b'{"query": "\0"}',
    "a hundred thousand brackets": b"[" * 100_000,
    "a hundred thousand matched brackets": b"[" * 100_000 + b"]" * 100_000,
    "a hundred thousand braces": b'{"a":' * 100_000,
    "NaN": b'{"query": "{ viewer { email } }", "variables": {"a": NaN}}',
    "Infinity": b'{"query": "{ viewer { email } }", "variables": {"a": -Infinity}}',
    "query null": b'{"query": null}',
    "query a number": b'{"query": 5}',
    "query a list": b'{"query": ["{ viewer { email } }"]}',
    "variables a list": b'{"query": "{ viewer { email } }", "variables": []}',
    "variables a string": b'{"query": "{ viewer { email } }", "variables": "{}"}',
    "variables zero": b'{"query": "{ viewer { email } }", "variables": 0}',
    "variables false": b'{"query": "{ viewer { email } }", "variables": false}',
    "operationName a number": b'{"query": "{ viewer { email } }", "operationName": 5}',
    "operationName a list": b'{"query": "{ viewer { email } }", "operationName": []}',
    "extensions a string": b'{"query": "{ viewer { email } }", "extensions": "x"}',
}


@pytest.mark.parametrize("accept", [JSON, GRAPHQL_JSON, "text/event-stream"])
async def test_a_body_that_is_no_request_is_refused_politely(api: Api, world: World, accept: str) -> None:
    for name, body in BODIES.items():
        response = await post(api, content=body, accept=accept)
        assert assert_error(response, 400, "BAD_REQUEST"), name


async def test_a_body_that_is_packed_is_not_unpacked(api: Api, world: World) -> None:
    packed = gzip.compress(json.dumps({"query": VIEWER}).encode())
    assert (await post(api, content=packed, content_encoding="gzip")).status_code == 415
    assert_error(await post(api, content=packed), 400, "BAD_REQUEST")


def literal(value: str) -> bytes:
    return json.dumps({"query": f"{{ contents(filter: {value}) {{ totalCount }} }}"}).encode()


def variable(value: str) -> bytes:
    query = json.dumps(
        "query ($a: ContentFilter, $b: [ID!] = []) { contents(filter: $a) { totalCount } nodes(ids: $b) { id } }"
    )
    return f'{{"query": {query}, "variables": {{"a": {value}, "b": {value}}}}}'.encode()


ODD_BODIES: dict[str, bytes] = {
    "an integer of 5000 digits": b'{"query": "{ viewer { email } }", "variables": {"a": ' + b"9" * 5000 + b"}}",
    "an integer of 5000 digits in the document": b'{"query": "{ contents(first: '
    + b"9" * 5000
    + b') { totalCount } }"}',
    "a float beyond all": b'{"query": "{ viewer { email } }", "variables": {"a": 1e999}}',
    "a float beyond all in the document": b'{"query": "{ contents(first: 1e999) { totalCount } }"}',
    "names twice": b'{"query": "{", "query": "{ viewer { email } }"}',
    "names that nobody knows": b'{"query": "{ viewer { email } }", "__proto__": {}, "": 5, "batch": [1]}',
    "a NUL in the document": b'{"query": "{ viewer { email } } \\u0000"}',
    "a NUL in a string": b'{"query": "{ node(id: \\"\\u0000\\") { id } }"}',
    "a surrogate in a string of the document": b'{"query": "{ node(id: \\"\\\\ud800\\") { id } }"}',
    "brackets in the document": b'{"query": "' + b"{ viewer " * 50_000 + b'"}',
    "lists in the document": b'{"query": "{ nodes(ids: ' + b"[" * 100_000 + b'"}',
    "lists in the variables": b'{"query": "{ viewer { email } }", "variables": {"a": '
    + b"[" * 900
    + b"]" * 900
    + b"}}",
    "a control character in the name": b'{"query": "{ viewer { email } }", "operationName": "\\u0007\\u0000"}',
    "a long name": json.dumps({"query": VIEWER, "operationName": "x" * 70_000}).encode(),
    "70 KB of text": json.dumps(
        {"query": "query ($id: ID!) { node(id: $id) { id } }", "variables": {"id": "x" * 70_000}}
    ).encode(),
    "objects in the document": literal("{genreId: " * 40_000),
    "objects in the document, not too deep": literal("{genreId: " * 190 + "1" + "}" * 190),
    "lists in the document, not too deep": literal("[" * 190 + "]" * 190),
    "objects in the variables": variable('{"genreId": ' * 900 + "1" + "}" * 900),
    "lists in the variables' values": variable("[" * 900 + "]" * 900),
    "a hundred thousand brackets in the variables": variable("[" * 100_000 + "]" * 100_000),
    "many values": variable("[" + "1," * 300_000 + "1]"),
    "many fields": variable("{" + ",".join(f'"genreI{n}": 1' for n in range(50_000)) + "}"),
    "a long string": variable('"' + "x" * 900_000 + '"'),
    "an integer of 5000 digits in an input": variable('{"genreId": ' + "9" * 5000 + "}"),
    "a number of 40,000 digits in the document": literal("{genreId: " + "9" * 40_000 + "}"),
    "an exponent of 40,000 digits": literal("{genreId: 1e" + "9" * 40_000 + "}"),
    "a block string of lines": literal('{titleContains: """' + "\n x" * 15_000 + '"""}'),
    "a block string of blanks": literal('{titleContains: """' + " " * 20_000 + "\n" * 20_000 + '"""}'),
    "a block string of quotes": literal('{titleContains: """' + '\\"""' * 12_000 + '"""}'),
    "a string without an end": literal('{titleContains: "' + "x" * 40_000),
    "nothing but comments": json.dumps({"query": "{ viewer { email } }" + "#\n" * 24_000}).encode(),
    "nothing but commas": json.dumps({"query": "{ viewer { email } }" + "," * 49_000}).encode(),
    "a name of 40,000 letters": json.dumps({"query": "{ viewer { " + "a" * 40_000 + " } }"}).encode(),
    "a fragment in itself": b'{"query": "{ ...A } fragment A on Query { ...A }"}',
}


async def test_what_is_odd_is_answered_and_never_a_fault_of_ours(api: Api, world: World) -> None:
    for name, body in ODD_BODIES.items():
        response = await post(api, content=body, accept=GRAPHQL_JSON)
        assert response.status_code in {200, 400, 413}, name
        assert "INTERNAL" not in Answer(response, response.json()).codes, name


async def test_a_body_has_at_most_a_megabyte(api: Api, world: World) -> None:
    padded = json.dumps({"query": VIEWER, "extensions": {}})
    assert (await post(api, content=padded.ljust(1_000_000).encode())).json() == NOBODY
    assert_error(await post(api, content=padded.ljust(1_000_001).encode()), 413, "TOO_LARGE")


async def test_a_body_in_pieces_is_not_read_beyond_a_megabyte(api: Api, world: World) -> None:
    sent = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(4000):
            sent += 1
            yield b" " * 16_384

    # It may be refused while it is still sending, which is as good.
    with contextlib.suppress(httpx2.WriteError, httpx2.ReadError, httpx2.RemoteProtocolError):
        assert_error(await post(api, content=pieces()), 413, "TOO_LARGE")
    assert sent < 4000, "64 MB were taken"
