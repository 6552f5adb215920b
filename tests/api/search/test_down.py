"""While the engine is down (A17, O1): a coded error within two seconds, everything else goes on, nothing is lost."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from domain.outbox import SEARCH
from domain.search import Found, SearchQuery
from integrations.meilisearch import MeilisearchEngine
from tests.api.issuer import application, settings_like
from tests.api.search.conftest import KEY, SEARCHING, Searching
from tests.integrations.meilisearch import faults
from tests.integrations.meilisearch.server import MeilisearchServer

DOWN = [faults.REFUSING, faults.SILENT, faults.SLOW, faults.INTERNAL, faults.DROPPING]


@pytest.fixture
def engine(meilisearch: Searching) -> MeilisearchServer:
    assert meilisearch.engine
    meilisearch.engine.slowness = 30
    return meilisearch.engine


@pytest.fixture
async def falling_back(meilisearch: Searching, engine: MeilisearchServer) -> AsyncIterator[Searching]:
    settings = settings_like(
        meilisearch.marquee, meilisearch_url=engine.url, meilisearch_api_key=KEY, search_fallback=True
    )
    async with application(settings) as (marquee, api):
        yield Searching(marquee, api, meilisearch.world, engine)


@pytest.mark.parametrize("fault", DOWN)
async def test_search_alone_says_so_within_two_seconds(
    meilisearch: Searching, engine: MeilisearchServer, fault: str
) -> None:
    content = await meilisearch.content("Still there")
    await meilisearch.settle()
    engine.failing = fault
    started = time.monotonic()
    answer = await meilisearch.api.ask(SEARCHING, text="still")
    assert time.monotonic() - started < 2.5
    assert answer.codes == ["SEARCH_UNAVAILABLE"]
    assert answer.body["errors"][0]["message"] == "Search service is not available."
    assert answer.body["errors"][0]["extensions"]["status"] == 503
    assert (await meilisearch.api.data("{ contents { nodes { title } } }"))["contents"]["nodes"] == [
        {"title": content.title}
    ]
    ready = await meilisearch.api.client.get(f"{meilisearch.api.base_url}/ready")
    assert ready.status_code == 503
    assert [name for name, state in ready.json()["parts"].items() if state != "up"] == ["search"]
    assert (await meilisearch.api.client.get(f"{meilisearch.api.base_url}/health")).status_code == 200
    engine.failing = None
    assert await meilisearch.titles("still") == ["Still there"]
    assert (await meilisearch.api.client.get(f"{meilisearch.api.base_url}/ready")).status_code == 200


async def test_an_index_that_is_missing_and_a_wrong_key_are_told_like_an_engine_that_is_down(
    meilisearch: Searching, engine: MeilisearchServer
) -> None:
    assert (await meilisearch.api.ask(SEARCHING, text="any")).codes == ["SEARCH_UNAVAILABLE"]
    await meilisearch.settle()
    engine.key = "another"
    try:
        assert (await meilisearch.api.ask(SEARCHING, text="any")).codes == ["SEARCH_UNAVAILABLE"]
    finally:
        engine.key = KEY


@pytest.mark.parametrize("fault", DOWN)
async def test_the_database_answers_instead_where_settings_say_so(
    falling_back: Searching, engine: MeilisearchServer, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the engine is left in peace: the first alone has waited for it."""
    find, asked = MeilisearchEngine.find, list[SearchQuery]()

    async def finding(self: MeilisearchEngine, query: SearchQuery) -> Found:
        asked.append(query)
        return await find(self, query)

    monkeypatch.setattr(MeilisearchEngine, "find", finding)
    monkeypatch.setattr("domain.search._REST_SECONDS", 600.0)
    await falling_back.content("Still there")
    await falling_back.settle()
    engine.failing = fault
    for _ in range(3):
        found = await falling_back.find("stil", facets=["AGE_RATING"])
        assert found["hits"][0]["highlightedTitle"] == "<em>Stil</em>l there"
    assert len(asked) == 1
    ready = await falling_back.api.client.get(f"{falling_back.api.base_url}/ready")
    assert ready.json()["parts"]["search"] == "up"


@pytest.mark.parametrize("fault", [*DOWN, faults.FULL])
async def test_what_changes_meanwhile_is_told_when_the_engine_is_back(
    meilisearch: Searching, engine: MeilisearchServer, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = await meilisearch.content("Goes")
    await meilisearch.settle()
    relay = next(job for job in meilisearch.marquee.searching.jobs() if job.name == "tell search")
    engine.failing = fault
    await meilisearch.content("Comes")
    await meilisearch.world.rows("update contents set deleted_at = now() where id = $1 returning id", gone.id)
    with monkeypatch.context() as impatient:
        impatient.setattr("integrations.meilisearch_index._ANSWER_SECONDS", 0.3)
        for _ in range(2):
            await relay.run()
    state = await meilisearch.marquee.searching.outbox.state(SEARCH)
    assert (state.waiting, state.refused) == (2, 0)
    engine.failing = None
    await meilisearch.settle()
    assert [document["name"] for document in engine.documents("contents").values()] == ["Comes"]


async def asked_how_it_goes(engine: MeilisearchServer, times: int) -> None:
    async with asyncio.timeout(20):
        while [path for _, path, _ in engine.requests].count("/tasks") < times:
            await asyncio.sleep(0.01)


async def test_tasks_that_take_long_are_waited_for(meilisearch: Searching, engine: MeilisearchServer) -> None:
    await meilisearch.settle()
    engine.hold.set()
    await meilisearch.content("Patient")
    engine.requests.clear()
    telling = asyncio.create_task(meilisearch.settle())
    await asked_how_it_goes(engine, 3)
    assert not telling.done()
    assert (await meilisearch.marquee.searching.outbox.state(SEARCH)).waiting == 1
    engine.hold.clear()
    await telling
    assert await meilisearch.titles("patient") == ["Patient"]


async def test_what_the_engine_cannot_take_is_set_aside_and_told_and_holds_nothing_up(
    meilisearch: Searching, engine: MeilisearchServer, capsys: pytest.CaptureFixture[str]
) -> None:
    contents = [await meilisearch.content(f"Content {number}") for number in range(20)]
    poisonous = contents[7]
    engine.poison = {poisonous.id}
    outbox, jobs = meilisearch.marquee.searching.outbox, meilisearch.marquee.searching.jobs()
    for _ in range(3):
        for job in jobs:
            await job.run()
        await meilisearch.world.rows("update outbox set due_at = now() returning id")
    assert set(engine.documents("contents")) == {content.id for content in contents} - {poisonous.id}
    state = await outbox.state(SEARCH)
    assert (state.waiting, state.refused) == (0, 1)
    ((subject, refusal),) = await meilisearch.world.rows("select subject, refusal from outbox")
    assert subject == str(poisonous.id)
    assert refusal
    assert "set_aside" in capsys.readouterr().out
    engine.poison = set()
    await meilisearch.world.rows("update contents set title = 'Wholesome' where id = $1 returning id", poisonous.id)
    await meilisearch.settle()
    assert await meilisearch.titles("wholesome") == ["Wholesome"]
    assert (await outbox.state(SEARCH)).refused == 0
