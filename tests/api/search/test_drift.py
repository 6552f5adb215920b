"""The index equals the database, whatever happens (A16, S1), and nothing deleted is shown even before it does (F5)."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from typing import Any

import pytest

from domain.contents import AgeRating
from domain.outbox import SEARCH
from domain.search import Document
from domain.search_index import EngineIndex
from domain.users import Role
from jobs.search import TellSearch
from tests.api.conftest import Api, Person, World
from tests.api.search.conftest import Searching

CHANGED = "... on Content { id title } ... on Refusal { code message }"


async def equal(searching: Searching) -> bool:
    differences = await searching.marquee.searching.compare()()
    return not differences.ids


async def waiting(searching: Searching) -> list[str]:
    rows = await searching.world.rows("select subject from outbox where topic = 'search' order by id")
    return [str(subject) for (subject,) in rows]


async def test_a_new_user_tries_it(searching: Searching) -> None:
    """Creates "테스트 영화", searches "테스트", deletes it, searches again, restores it, searches again."""
    api, who = searching.api, await searching.world.person(Role.MANAGER, await searching.world.corporation())
    created = await api.data('mutation { createContent(input: {title: "테스트 영화"}) { ... on Content { id } } }', who)
    wanted = {"id": created["createContent"]["id"]}
    assert await searching.titles("테스트") == ["테스트 영화"]
    for mutation, titles in (("deleteContent", []), ("restoreContent", ["테스트 영화"])):
        kind = mutation[0].upper() + mutation[1:]
        asked = f"mutation($input: {kind}Input!) {{ {mutation}(input: $input) {{ {CHANGED} }} }}"
        assert "id" in (await api.data(asked, who, input=wanted))[mutation]
        found = await searching.find("테스트")
        if not titles:  # at once, although the index may not know yet
            assert (found["hits"], found["estimatedTotalHits"]) == ([], 0)
        assert await searching.titles("테스트") == titles
    assert await equal(searching)


CHANGES: dict[str, Callable[[World, int, Person], Awaitable[Any]]] = {
    "its title": lambda world, content_id, _: _update(world, content_id, title="그 후"),
    "its description": lambda world, content_id, _: _update(world, content_id, description="much later"),
    "its rating": lambda world, content_id, _: _update(world, content_id, age_rating=AgeRating.AGE_19),
    "its date": lambda world, content_id, _: _update(world, content_id, release_date=date(1999, 1, 1)),
    "its genres": lambda world, content_id, _: _genres(world, content_id, ["New", "Newer"]),
    "no genre any more": lambda world, content_id, _: _genres(world, content_id, []),
    "a like": lambda world, content_id, fan: _like(world, content_id, fan),
    "by hand": lambda world, content_id, _: world.rows(
        "update contents set like_count = 77 where id = $1 returning id", content_id
    ),
    "that it is gone": lambda world, content_id, _: world.rows(
        "delete from contents where id = $1 returning id", content_id
    ),
}


async def _update(world: World, content_id: int, **changes: Any) -> None:
    async with world.marquee.database.writing() as transaction:
        await world.marquee.stores.contents.update(transaction, content_id, changes)


async def _genres(world: World, content_id: int, names: list[str]) -> None:
    async with world.marquee.database.writing() as transaction:
        await world.marquee.stores.genres.set(transaction, content_id, names)


async def _like(world: World, content_id: int, fan: Person) -> None:
    await world.marquee.services.likes.set(world.viewer(fan), content_id, liked=True)


@pytest.mark.parametrize("change", CHANGES)
async def test_every_change_is_told(meilisearch: Searching, change: str) -> None:
    fan = await meilisearch.world.person()
    content = await meilisearch.content("전에", "before", genres=["Old"])
    await meilisearch.settle()
    await CHANGES[change](meilisearch.world, content.id, fan)
    assert set(await waiting(meilisearch)) == {str(content.id)}
    await meilisearch.settle()
    assert await equal(meilisearch)
    assert await waiting(meilisearch) == []


async def test_who_goes_takes_their_likes_along(meilisearch: Searching) -> None:
    fan = await meilisearch.world.person()
    content = await meilisearch.content("Liked")
    await _like(meilisearch.world, content.id, fan)
    await meilisearch.settle()
    await meilisearch.api.data("mutation($id: ID!) { deleteUser(input: {id: $id}) { __typename } }", fan, id=fan.id)
    await meilisearch.settle()
    assert meilisearch.engine
    assert meilisearch.engine.documents("contents")[content.id]["like_count"] == 0


async def test_a_view_is_not_told(meilisearch: Searching) -> None:
    content = await meilisearch.content("Seen")
    await meilisearch.settle()
    await meilisearch.world.rows(
        "update contents set view_count = view_count + 1 where id = $1 returning id", content.id
    )
    assert await waiting(meilisearch) == []


async def test_what_is_rolled_back_leaves_nothing_to_tell(meilisearch: Searching) -> None:
    await meilisearch.settle()

    async def fail() -> None:
        async with meilisearch.marquee.database.writing() as transaction:
            await transaction.execute(
                "insert into corporations (id, name, plan) overriding system value values (7, 'c', 'FREE')"
            )
            await transaction.execute(
                "insert into contents (corporation_id, title, age_rating) values (7, 'ghost', 'ALL')"
            )
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert await waiting(meilisearch) == []


async def test_where_nobody_listens_nothing_is_written_down(world: World, api: Api) -> None:
    await world.content(genres=["Any"])
    assert await world.rows("select 1 from outbox") == []


async def test_a_ghost_is_neither_shown_nor_counted(meilisearch: Searching) -> None:
    for number in range(3):
        await meilisearch.content(
            f"Ghost {number}", genres=["Fright", f"G{number}"], release_date=date(2000 + number, 1, 1)
        )
    await meilisearch.settle()
    await meilisearch.world.rows("update contents set deleted_at = now() where title = 'Ghost 1' returning id")
    found = await meilisearch.find("ghost", facets=["GENRE", "AGE_RATING", "RELEASE_YEAR"])
    assert {hit["content"]["title"] for hit in found["hits"]} == {"Ghost 0", "Ghost 2"}
    assert found["estimatedTotalHits"] == 2
    assert [{one["value"]: one["count"] for one in counts["values"]} for counts in found["facets"]] == [
        {"Fright": 2, "G0": 1, "G2": 1},
        {"ALL": 2},
        {"2000": 1, "2002": 1},
    ]


async def test_a_ghost_behind_the_page_is_not_counted_either(meilisearch: Searching) -> None:
    contents = [await meilisearch.content(f"Ghost {number}", genres=["Fright"]) for number in range(12)]
    await meilisearch.settle()
    await meilisearch.world.rows("update contents set deleted_at = now() where id = $1 returning id", contents[0].id)
    found = await meilisearch.find("ghost", limit=1, facets=["GENRE"])
    assert found["estimatedTotalHits"] == 11
    assert found["facets"][0]["values"] == [{"value": "Fright", "count": 11}]


async def test_what_the_index_alone_knows_is_neither_shown_nor_counted_as_a_hit(meilisearch: Searching) -> None:
    content = await meilisearch.content("Ghost 1")
    await meilisearch.settle()
    client: Any = meilisearch.marquee.searching.client
    index = client.index("contents")
    haunted = await index.add_documents([{**await index.get_document(str(content.id)), "id": 999}])
    await client.wait_for_task(haunted.task_uid)
    found = await meilisearch.find("ghost")
    assert [hit["content"]["title"] for hit in found["hits"]] == ["Ghost 1"]
    assert found["estimatedTotalHits"] == 1


class Slow:
    """An index whose `put` waits before it sends, as that of a process that was paused there."""

    def __init__(self, index: EngineIndex) -> None:
        self._index, self.ready, self.go = index, asyncio.Event(), asyncio.Event()

    async def put(self, documents: Sequence[Document], gone: Sequence[int], **rest: Any) -> Mapping[int, str]:
        self.ready.set()
        await self.go.wait()
        return await self._index.put(documents, gone, **rest)


async def test_who_tells_an_older_state_last_has_it_told_again(meilisearch: Searching) -> None:
    content = await meilisearch.content("Version 1")
    await meilisearch.settle()
    parts = meilisearch.marquee.searching
    assert parts.engine_index
    slow = Slow(parts.engine_index)
    tell: Any = TellSearch(slow, parts._documents, parts._rebuilds, parts.outbox)  # type: ignore[arg-type]
    paused = asyncio.create_task(tell([str(content.id)]))
    await slow.ready.wait()
    await _update(meilisearch.world, content.id, title="Version 2")
    await meilisearch.settle()
    slow.go.set()
    await paused
    assert meilisearch.engine
    assert meilisearch.engine.documents("contents")[content.id]["name"] == "Version 1"
    assert await waiting(meilisearch) == [str(content.id)]
    await meilisearch.settle()
    assert await equal(meilisearch)


async def test_two_relays_share_the_work(meilisearch: Searching) -> None:
    outbox = meilisearch.marquee.searching.outbox
    await outbox.open(SEARCH)
    await outbox.add(SEARCH, [str(number) for number in range(10)])
    both = await asyncio.gather(outbox.take(SEARCH, 5, 60), outbox.take(SEARCH, 100, 60))
    assert sorted(int(one.subject) for taken in both for one in taken) == list(range(10))
    assert await outbox.take(SEARCH, 100, 60) == []


async def test_what_a_killed_process_had_taken_is_taken_again_and_told_once_more(meilisearch: Searching) -> None:
    """Once more, for what it had on the way may arrive after what the second one told."""
    outbox = meilisearch.marquee.searching.outbox
    await outbox.open(SEARCH)
    await outbox.add(SEARCH, ["1"])
    (taken,) = await outbox.take(SEARCH, 100, 0)
    assert await outbox.take(SEARCH, 100, 60) == [taken]
    await outbox.finish(SEARCH, [taken])
    assert (await outbox.state(SEARCH)).waiting == 1
    await meilisearch.world.rows("update outbox set due_at = now() returning id")
    assert await outbox.take(SEARCH, 100, 60) == [taken]
    await outbox.finish(SEARCH, [taken])
    assert (await outbox.state(SEARCH)).waiting == 0


async def test_who_gives_back_what_others_have_told_has_it_told_again(meilisearch: Searching) -> None:
    outbox = meilisearch.marquee.searching.outbox
    await outbox.open(SEARCH)
    await outbox.add(SEARCH, ["1", "2"])
    taken = await outbox.take(SEARCH, 100, 60)
    await outbox.finish(SEARCH, taken[:1])
    await outbox.give_back(SEARCH, taken)
    assert sorted(await waiting(meilisearch)) == ["1", "2"]


async def test_a_genre_that_is_renamed_is_told(meilisearch: Searching) -> None:
    content = await meilisearch.content("Named", genres=["Old"])
    await meilisearch.settle()
    await meilisearch.world.rows("update genres set name = 'New' returning 1")
    assert await waiting(meilisearch) == [str(content.id)]


async def test_words_changed_by_hand_are_never_found_by_what_they_were(searching: Searching) -> None:
    content = await searching.content("Before")
    await searching.settle()
    await searching.world.rows("update contents set title = 'After' where id = $1 returning 1", content.id)
    if searching.engine is None:
        assert (await searching.find("before"))["estimatedTotalHits"] == 0
    assert await searching.titles("after") == ["After"]
    assert await searching.titles("before") == []


async def test_an_index_that_was_lost_is_made_and_told_everything(meilisearch: Searching) -> None:
    assert meilisearch.engine
    for number in range(3):
        await meilisearch.content(f"Lost {number}")
    await meilisearch.settle()
    meilisearch.engine.forget()
    await meilisearch.settle()
    assert await equal(meilisearch)
    assert len(meilisearch.engine.documents("contents")) == 3
    assert "attributeRank" in meilisearch.engine.settings("contents")["rankingRules"]


async def test_an_index_that_lacks_something_is_mended(meilisearch: Searching) -> None:
    assert meilisearch.engine
    await meilisearch.content("Kept")
    lost = await meilisearch.content("Lost")
    await meilisearch.settle()
    client: Any = meilisearch.marquee.searching.client
    await client.wait_for_task((await client.index("contents").delete_document(str(lost.id))).task_uid)
    await meilisearch.settle()
    assert await equal(meilisearch)


async def test_settings_that_somebody_changed_are_put_right(
    meilisearch: Searching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.meilisearch_index._SETTLED_SECONDS", 0)
    await meilisearch.content("Settled")
    await meilisearch.settle()
    client: Any = meilisearch.marquee.searching.client
    await client.wait_for_task((await client.index("contents").reset_settings()).task_uid)
    await meilisearch.settle()
    assert await meilisearch.titles("settled", filter={"ageRating": "ALL"}) == ["Settled"]
    sent = len(meilisearch.engine.requests) if meilisearch.engine else 0
    await meilisearch.settle()
    changed = [
        request for request in (meilisearch.engine.requests[sent:] if meilisearch.engine else []) if request[0] != "GET"
    ]
    assert changed == []
