"""The index built anew beside the one in use, while writes go on, and compared with the database."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from domain.errors import Conflict
from tests.api.search.conftest import Searching


async def rebuilt(searching: Searching) -> Mapping[int, str]:
    refused: dict[int, str] = {}
    async for _, some in searching.marquee.searching.rebuild()():
        refused |= some
    return refused


async def equal(searching: Searching) -> bool:
    return not (await searching.marquee.searching.compare()()).ids


async def test_a_rebuilt_index_has_everything_and_no_ghosts(searching: Searching) -> None:
    for number in range(5):
        await searching.content(f"River {number}")
    await searching.settle()
    assert await rebuilt(searching) == {}
    assert await equal(searching)
    assert len(await searching.titles("river")) == 5


async def test_search_in_the_database_is_brought_up_to_date(searching: Searching) -> None:
    """Of a database from before there was search, or from before words were taken apart as they are now."""
    world = searching.world
    for number in range(3):
        await searching.content(f"River {number}")
    await searching.settle()
    await world.rows("delete from title_terms where content_id in (select min(id) from contents) returning 1")
    await world.rows("update title_terms set seal = '0:', terms = '' returning 1")
    await searching.settle()
    assert len(await searching.titles("river")) == 3
    assert await equal(searching)


async def test_what_differs_is_counted(searching: Searching) -> None:
    contents = [await searching.content(f"River {number}") for number in range(3)]
    await searching.settle()
    table = "title_terms"
    if searching.engine:
        client: Any = searching.marquee.searching.client
        index = client.index("contents")
        await index.delete_document(str(contents[0].id))
        await index.update_documents([{"id": contents[1].id, "seal": "old"}])
        last = await index.update_documents([{"id": 999, "name": "ghost"}])
        await client.wait_for_task(last.task_uid)
    else:
        await searching.world.rows(f"delete from {table} where content_id = $1 returning 1", contents[0].id)
        await searching.world.rows(f"update {table} set seal = '1:x' where content_id = $1 returning 1", contents[1].id)
    found = await searching.marquee.searching.compare()()
    assert (found.missing, found.outdated) == ([contents[0].id], [contents[1].id])
    assert found.gone == ([999] if searching.engine else [])
    assert await rebuilt(searching) == {}
    assert await equal(searching)


async def test_writes_go_on_while_the_index_is_built(meilisearch: Searching, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before, behind and beside what the builder has just read; all of it is in the new index when it is swapped in, or
    waits to be told.
    """
    monkeypatch.setattr("jobs.search_reading._AT_ONCE", 5)
    contents = [await meilisearch.content(f"Version 1 of {number}") for number in range(30)]
    await meilisearch.settle()
    relay = next(job for job in meilisearch.marquee.searching.jobs() if job.name == "tell search")
    done = 0
    async for count, _ in meilisearch.marquee.searching.rebuild()():
        done += count
        for place in (done - 3, min(done + 3, 29), 29 - min(done, 29) // 2):
            await meilisearch.world.rows(
                "update contents set title = 'Version 2' where id = $1 returning 1", contents[min(place, 29)].id
            )
        await meilisearch.world.rows(
            "update contents set deleted_at = now() where id = $1 returning 1", contents[min(done, 30) - 1].id
        )
        if done < 30:
            await meilisearch.content(f"Came after {done}")
        if done % 10:
            await relay.run()
    await relay.run()
    found = await meilisearch.marquee.searching.compare()()
    assert found.ids == [], (found, await meilisearch.world.rows("select * from outbox"))
    assert meilisearch.engine
    assert set(meilisearch.engine.engine.indexes) == {"contents"}


async def test_the_old_index_answers_until_the_new_one_is_whole(
    meilisearch: Searching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.search_reading._AT_ONCE", 2)
    for number in range(6):
        await meilisearch.content(f"River {number}")
    await meilisearch.settle()
    async for _ in meilisearch.marquee.searching.rebuild()():
        assert (await meilisearch.find("river"))["estimatedTotalHits"] == 6
    assert (await meilisearch.find("river"))["estimatedTotalHits"] == 6


async def test_what_an_interrupted_rebuild_left_is_cleared_away_by_the_next(meilisearch: Searching) -> None:
    await meilisearch.content("River")
    await meilisearch.settle()
    parts = meilisearch.marquee.searching
    assert parts.engine_index
    leftover = parts.engine_index.beside
    await parts.engine_index.begin()
    assert await parts._rebuilds.begin(leftover, "somebody who dies", 2)
    await meilisearch.content("River, too")
    await meilisearch.settle()  # into both
    assert meilisearch.engine
    assert len(meilisearch.engine.documents(leftover)) == 1
    with pytest.raises(Conflict):
        await rebuilt(meilisearch)
    while await parts._rebuilds.current():
        await asyncio.sleep(0.1)
    assert await rebuilt(meilisearch) == {}
    assert await equal(meilisearch)
    assert await parts._rebuilds.current() is None


async def test_a_rebuild_says_what_the_engine_cannot_take(meilisearch: Searching) -> None:
    contents = [await meilisearch.content(f"River {number}") for number in range(6)]
    await meilisearch.settle()
    assert meilisearch.engine
    meilisearch.engine.poison = {contents[2].id}
    assert set(await rebuilt(meilisearch)) == {contents[2].id}
    assert len(meilisearch.engine.documents("contents")) == 5
