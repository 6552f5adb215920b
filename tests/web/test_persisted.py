"""Persisted queries: known by their hash, kept by caches, and the only ones where there is a list. F6 of FEATURES."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import connect

from composition import Marquee
from composition.edges import listed_operations
from domain.persisted import sha256
from tests.api.conftest import Api, World, forgetful
from tests.api.issuer import application, settings_like
from tests.serving import serving
from web.persisted import read_list

GENRES = "query Genres { genres { name } }"
LISTED = "query Who { viewer { email } }"
LIKE = 'mutation { likeContent(input: {contentId: "x"}) { __typename } }'
JSON, GRAPHQL_JSON = "application/json", "application/graphql-response+json"


def hashed(name: str, version: Any = 1) -> dict[str, Any]:
    return {"persistedQuery": {"version": version, "sha256Hash": name}}


async def post(api: Api, accept: str = JSON, **body: Any) -> httpx2.Response:
    return await api.client.post(f"{api.base_url}/graphql", json=body, headers={"accept": accept})


async def get(api: Api, text: str | None = None, name: str | None = None, **headers: str) -> httpx2.Response:
    params = {"query": text, "extensions": json.dumps(hashed(name)) if name else None}
    given = {key: value for key, value in params.items() if value is not None}
    return await api.client.get(f"{api.base_url}/graphql", params=given, headers=headers)


def code(response: httpx2.Response) -> str:
    return str(response.json()["errors"][0]["extensions"]["code"])


async def test_a_document_that_came_once_with_its_hash_is_known_by_it(api: Api, world: World) -> None:
    text = GENRES + " # as Apollo's clients do"
    first = await post(api, extensions=hashed(sha256(text)))
    assert (first.status_code, code(first)) == (200, "PERSISTED_QUERY_NOT_FOUND")
    assert first.json()["errors"][0]["message"] == "PersistedQueryNotFound"
    assert (await post(api, query=text, extensions=hashed(sha256(text)))).json()["data"] == {"genres": []}
    assert (await post(api, extensions=hashed(sha256(text).upper()))).json()["data"] == {"genres": []}
    assert (await get(api, name=sha256(text))).json()["data"] == {"genres": []}


async def test_an_unknown_hash_is_no_success_for_clients_that_know_better(api: Api) -> None:
    response = await post(api, GRAPHQL_JSON, extensions=hashed("0" * 64))
    assert (response.status_code, code(response)) == (400, "PERSISTED_QUERY_NOT_FOUND")


@pytest.mark.parametrize(
    ("extensions", "expected"),
    [
        (hashed("0" * 64), "VALIDATION_FAILED"),
        (hashed(sha256(GENRES), version=2), "PERSISTED_QUERY_NOT_SUPPORTED"),
        (hashed(sha256(GENRES), version=None), "PERSISTED_QUERY_NOT_SUPPORTED"),
        ({"persistedQuery": "yes"}, "PERSISTED_QUERY_NOT_SUPPORTED"),
        (hashed(""), "VALIDATION_FAILED"),
        (hashed("x" * 201), "VALIDATION_FAILED"),
        ({"persistedQuery": {"version": 1, "sha256Hash": 7}}, "VALIDATION_FAILED"),
    ],
)
async def test_a_hash_that_is_not_the_documents_is_refused(api: Api, extensions: Any, expected: str) -> None:
    response = await post(api, query=GENRES, extensions=extensions)
    assert (response.status_code, code(response)) == (400, expected)


async def test_what_is_no_good_is_not_kept(api: Api) -> None:
    for text in ("{ nothing", "{ nothing }"):
        await post(api, query=text, extensions=hashed(sha256(text)))
        assert code(await post(api, extensions=hashed(sha256(text)))) == "PERSISTED_QUERY_NOT_FOUND"


async def test_a_mutation_by_its_hash_still_needs_a_post(api: Api, world: World) -> None:
    person, content = await world.person(), await world.content()
    text = LIKE.replace('"x"', f'"{content.id}"')
    headers = {"authorization": f"Bearer {person.token}"}
    body = {"query": text, "extensions": hashed(sha256(text))}
    await api.client.post(f"{api.base_url}/graphql", json=body, headers=headers)
    response = await get(api, name=sha256(text), **headers)
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


async def test_caches_may_keep_what_nobody_in_particular_asked(api: Api, world: World) -> None:
    person = await world.person()
    public = await get(api, GENRES)
    assert public.headers["cache-control"] == "public, max-age=30"
    varies = {name.strip() for name in ", ".join(public.headers.get_list("vary")).split(",")}
    assert varies >= {"Accept", "Authorization", "Cookie"}
    private = await get(api, GENRES, authorization=f"Bearer {person.token}")
    assert private.headers["cache-control"] == "private, no-store"
    for response in (
        await post(api, query=GENRES),
        await get(api, "{ nothing }"),
        await get(api, "{ users { totalCount } }"),
    ):
        assert response.headers["cache-control"] == "no-store"


@pytest.fixture
async def strict(marquee: Marquee, tmp_path: Path) -> AsyncIterator[Api]:
    """A server with a list of its only operations."""
    listed = tmp_path / "operations.json"
    manifest = {"format": "apollo-persisted-query-manifest", "version": 1}
    operations = [{"id": "who", "name": "Who", "type": "query", "body": LISTED}]
    listed.write_text(json.dumps({**manifest, "operations": operations}))
    async with application(settings_like(marquee, operations_file=listed)) as (_, api):
        yield api


async def test_where_there_is_a_list_nothing_else_runs(strict: Api, world: World) -> None:
    nobody = {"viewer": None}
    for extensions in (hashed("who"), hashed(sha256(LISTED))):
        assert (await post(strict, extensions=extensions)).json()["data"] == nobody
        assert (await post(strict, query=LISTED, extensions=extensions)).json()["data"] == nobody
    assert (await post(strict, query=LISTED)).json()["data"] == nobody
    for other in (GENRES, LISTED + " ", "{ __schema { queryType { name } } }", LIKE):
        response = await post(strict, query=other)
        assert (response.status_code, code(response)) == (403, "PERSISTED_QUERY_NOT_IN_LIST")
        assert "data" not in response.json()
        extensions = hashed(sha256(other))
        assert code(await post(strict, query=other, extensions=extensions)) == "PERSISTED_QUERY_NOT_IN_LIST"
        assert code(await post(strict, extensions=extensions)) == "PERSISTED_QUERY_NOT_IN_LIST"


async def test_the_list_counts_for_events_and_sockets_too(marquee: Marquee, tmp_path: Path) -> None:
    listed = tmp_path / "operations.json"
    listed.write_text(json.dumps({sha256(LISTED): LISTED}))
    other = Marquee(settings_like(marquee, operations_file=listed), marquee.database.dsn)
    async with serving(other.application()) as address, httpx2.AsyncClient() as client:
        api = Api(address, forgetful(client))
        streamed = await post(api, "text/event-stream", query=GENRES)
        assert "PERSISTED_QUERY_NOT_IN_LIST" in streamed.text
        protocols: Any = ["graphql-transport-ws"]
        async with connect(f"ws{address.removeprefix('http')}/graphql", subprotocols=protocols) as socket:
            await socket.send(json.dumps({"type": "connection_init"}))
            for name, text in (("good", LISTED), ("bad", GENRES)):
                await socket.send(json.dumps({"type": "subscribe", "id": name, "payload": {"query": text}}))
            heard = [json.loads(await asyncio.wait_for(socket.recv(), 10)) for _ in range(4)]
        assert {(said["type"], said.get("id")) for said in heard} == {
            ("connection_ack", None),
            ("next", "good"),
            ("complete", "good"),
            ("error", "bad"),
        }
        assert "PERSISTED_QUERY_NOT_IN_LIST" in json.dumps(heard)


@pytest.mark.parametrize(
    "manifest", ["", "[]", "7", '{"operations": [{"id": "a"}]}', '{"operations": [1]}', '{"a": 1}']
)
def test_a_list_that_cannot_be_read_is_told(manifest: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_list(manifest)


def test_a_server_does_not_start_without_its_list(marquee: Marquee, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="OPERATIONS_FILE cannot be used"):
        listed_operations(settings_like(marquee, operations_file=tmp_path / "none.json"))
