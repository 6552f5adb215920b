"""The stand-in against the SDK that the server uses, and against the wire."""

import asyncio
import socket
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest
from meilisearch_python_sdk import AsyncClient
from meilisearch_python_sdk.errors import MeilisearchApiError, MeilisearchCommunicationError

from tests.integrations.meilisearch.films import FILMS, done, found
from tests.integrations.meilisearch.server import MeilisearchServer


async def test_who_shows_no_key_or_a_wrong_one_is_refused(engine: MeilisearchServer) -> None:
    async with httpx2.AsyncClient(base_url=engine.url) as wire:
        assert (await wire.get("/health")).json() == {"status": "available"}
        refused = await wire.get("/version")
        assert (refused.status_code, refused.json()["code"]) == (401, "missing_authorization_header")
        refused = await wire.get("/version", headers={"Authorization": "Bearer other"})
        assert refused.status_code == 403
        assert refused.json() == {
            "message": "The provided API key is invalid.",
            "code": "invalid_api_key",
            "type": "auth",
            "link": "https://docs.meilisearch.com/errors#invalid_api_key",
        }


async def test_a_body_must_be_json_and_say_so(wire: httpx2.AsyncClient) -> None:
    for headers, content, code in (
        ({}, b"{}", "missing_content_type"),
        ({"content-type": "text/plain"}, b"{}", "invalid_content_type"),
        ({"content-type": "application/json"}, b"{", "malformed_payload"),
        ({"content-type": "application/json"}, b"", "missing_payload"),
        ({"content-type": "application/json"}, b'{"uidd": 1}', "bad_request"),
        ({"content-type": "application/json"}, b'{"uid": 1}', "invalid_index_uid"),
        ({"content-type": "application/json"}, b'{"uid": "a b"}', "invalid_index_uid"),
        ({"content-type": "application/json"}, b"{}", "missing_index_uid"),
    ):
        assert (await wire.post("/indexes", content=content, headers=headers)).json()["code"] == code
    assert (await wire.get("/indexes?offest=1")).json()["message"] == (
        "Unknown parameter `offest`: expected one of `offset`, `limit`"
    )


async def test_a_missing_index_is_not_found(client: AsyncClient) -> None:
    with pytest.raises(MeilisearchApiError, match="Index `films` not found") as refused:
        await client.index("films").search("x")
    assert (refused.value.status_code, refused.value.code) == (404, "index_not_found")


async def test_a_task_is_finished_later_and_only_then_seen(engine: MeilisearchServer, client: AsyncClient) -> None:
    engine.hold.set()
    task = await client.index("films").add_documents(FILMS, primary_key="id")
    assert (task.status, task.task_type) == ("enqueued", "documentAdditionOrUpdate")
    await asyncio.sleep(0.05)
    assert (await client.get_task(task.task_uid)).status == "enqueued"
    assert engine.documents("films") == {}
    engine.hold.clear()
    await done(client, task.task_uid)
    finished = await client.get_task(task.task_uid)
    assert finished.details == {"receivedDocuments": 5, "indexedDocuments": 5}
    assert finished.duration
    assert engine.documents("films")[3]["title"] == "The Dark Knight"
    assert engine.requests[0] == ("POST", "/indexes/films/documents", FILMS)


async def test_tasks_are_listed_newest_first_and_filtered(films: AsyncClient) -> None:
    await done(films, (await films.index("films").delete_document("1")).task_uid)
    listed = await films.get_tasks()
    assert ([task.uid for task in listed.results], listed.total, listed.from_, listed.next) == ([2, 1, 0], 3, 2, None)
    listed = await films.get_tasks(types=["settingsUpdate"], index_ids=["films"])
    assert [task.uid for task in listed.results] == [0]
    page = await films.get_tasks(limit=1, from_=1)
    assert (page.results[0].uid, page.next) == (1, 0)


async def test_documents_that_cannot_be_taken_fail_their_task(client: AsyncClient) -> None:
    index = client.index("films")
    refused: list[tuple[list[dict[str, Any]], str]] = [
        ([{"id": "a b"}], "invalid_document_id"),
        ([{"id": 1.5}], "invalid_document_id"),
        ([{"id": 1}, {"title": "x"}], "missing_document_id"),
        ([{"title": "x"}], "index_primary_key_no_candidate_found"),
        ([{"id": 1, "film_id": 2}], "index_primary_key_multiple_candidates_found"),
    ]
    for documents, code in refused:
        error = await done(client, (await index.add_documents(documents)).task_uid, "failed")
        assert (error["code"], error["type"]) == (code, "invalid_request")
    await done(client, (await index.add_documents([{"id": "a_B-9"}])).task_uid)
    error = await done(client, (await index.add_documents([{"x": 1}], primary_key="x")).task_uid, "failed")
    assert error["code"] == "index_primary_key_already_exists"


async def test_documents_are_replaced_changed_and_deleted(engine: MeilisearchServer, films: AsyncClient) -> None:
    index = films.index("films")
    await index.add_documents([{"id": 1, "title": "Other"}])
    await index.update_documents([{"id": 2, "year": 1}])
    await index.delete_documents(["3"])
    await done(films, (await index.delete_documents_by_filter("year = 1970")).task_uid)
    stored = engine.documents("films")
    assert stored[1] == {"id": 1, "title": "Other"}
    assert (stored[2]["title"], stored[2]["year"]) == ("Batman Begins", 1)
    assert sorted(stored) == [1, 2, 5]
    assert await index.get_document("1", fields=["title"]) == {"title": "Other"}
    page = await index.get_documents(limit=1, offset=1, fields=["id"])
    assert (page.results, page.total) == ([{"id": 2}], 3)
    assert [one["id"] for one in (await index.get_documents(filter="genres = action")).results] == [2]
    with pytest.raises(MeilisearchApiError, match="Document `9` not found"):
        await index.get_document("9")
    await done(films, (await index.delete_all_documents()).task_uid)
    assert engine.documents("films") == {}


async def test_settings_are_laid_over_one_another(engine: MeilisearchServer, wire: httpx2.AsyncClient) -> None:
    await wire.patch("/indexes/films/settings", json={"typoTolerance": {"disableOnNumbers": True}, "stopWords": ["b"]})
    await wire.patch("/indexes/films/settings", json={"typoTolerance": {"enabled": False}, "stopWords": None})
    await wire.patch("/indexes/films/settings", json={"faceting": {"sortFacetValuesBy": {"genres": "count"}}})
    while engine.engine.tasks[-1].status != "succeeded":
        await asyncio.sleep(0.01)
    said = (await wire.get("/indexes/films/settings")).json()
    assert said == engine.settings("films")
    assert said["typoTolerance"]["disableOnNumbers"] is True
    assert said["typoTolerance"]["minWordSizeForTypos"] == {"oneTypo": 5, "twoTypos": 9}
    assert (said["typoTolerance"]["enabled"], said["stopWords"]) == (False, [])
    assert said["faceting"] == {"maxValuesPerFacet": 100, "sortFacetValuesBy": {"*": "alpha", "genres": "count"}}
    for body, code in (
        ({"rankingRules": ["best"]}, "invalid_settings_ranking_rules"),
        ({"rankingRules": ["attribute", "attributeRank"]}, "invalid_settings_ranking_rules"),
        ({"stopWords": "a"}, "invalid_settings_stop_words"),
        ({"pagination": {"maxTotalHits": 0}}, "invalid_settings_pagination"),
        ({"typoTolerance": {"minWordSizeForTypos": {"oneTypo": 9, "twoTypos": 3}}}, "invalid_settings_typo_tolerance"),
        ({"prefixSearch": "never"}, "invalid_settings_prefix_search"),
        ({"colour": 1}, "bad_request"),
    ):
        assert (await wire.patch("/indexes/films/settings", json=body)).json()["code"] == code


async def test_indexes_are_made_renamed_swapped_and_removed(engine: MeilisearchServer, films: AsyncClient) -> None:
    await films.create_index("new", primary_key="id")
    error = await done(films, (await films.swap_indexes([("films", "other")])).task_uid, "failed")
    assert (error["code"], error["message"]) == ("index_not_found", "Index `other` not found.")
    await done(films, (await films.swap_indexes([("films", "new")])).task_uid)
    assert (len(engine.documents("films")), len(engine.documents("new"))) == (0, 5)
    assert (await films.get_index("new")).primary_key == "id"
    await films.delete_index_if_exists("films")
    await done(films, (await films.swap_indexes([("new", "films")], rename=True)).task_uid)
    assert (sorted(engine.engine.indexes), len(engine.documents("films"))) == (["films"], 5)
    with pytest.raises(MeilisearchApiError, match="declared only once"):
        await films.swap_indexes([("films", "films")])
    assert (await films.index("films").get_stats()).number_of_documents == 5
    assert (await films.get_all_stats()).indexes


async def test_an_index_is_not_made_twice(films: AsyncClient, wire: httpx2.AsyncClient) -> None:
    task = (await wire.post("/indexes", json={"uid": "films"})).json()["taskUid"]
    error = await done(films, task, "failed")
    assert (error["code"], error["message"]) == ("index_already_exists", "Index `films` already exists.")


async def test_a_poisonous_document_fails_the_whole_task(engine: MeilisearchServer, client: AsyncClient) -> None:
    engine.poison = {2}
    error = await done(client, (await client.index("films").add_documents(FILMS)).task_uid, "failed")
    assert error["type"] == "invalid_request"
    assert engine.documents("films") == {}


async def test_a_full_disk_fails_tasks(engine: MeilisearchServer, client: AsyncClient) -> None:
    engine.failing = "out of space"
    error = await done(client, (await client.index("films").add_documents(FILMS)).task_uid, "failed")
    assert (error["code"], error["type"]) == ("no_space_left_on_device", "system")


async def test_an_engine_fails_in_every_way(engine: MeilisearchServer, films: AsyncClient) -> None:
    engine.failing, engine.slowness = "500", 0.1
    with pytest.raises(MeilisearchApiError) as refused:
        await films.health()
    assert (refused.value.status_code, refused.value.error_type) == (500, "internal")
    engine.failing = "dropping"
    with pytest.raises(MeilisearchCommunicationError):
        await films.health()
    engine.failing = "slow"
    assert (await films.health()).status == "available"
    engine.failing = "silent"
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(films.health(), 0.1)
    for _ in range(2):
        engine.failing = "refusing"
        with pytest.raises(MeilisearchCommunicationError):
            await films.health()
        engine.failing = None
        assert await found(films, "sunflower") == [4]


async def test_a_process_that_was_killed_keeps_what_it_had(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tests.integrations.meilisearch", "--port", str(port), "--key", "k"]
    for start in range(2):
        process = await asyncio.create_subprocess_exec(*command, "--state", tmp_path / "state", stdout=-1)
        assert process.stdout
        url = (await process.stdout.readline()).decode().strip()
        async with AsyncClient(url, "k") as client:
            if not start:
                await done(client, (await client.index("films").add_documents(FILMS)).task_uid)
            assert await found(client, "sunflower") == [4]
            assert (await client.get_tasks()).total == 1
        process.kill()
        await process.wait()
