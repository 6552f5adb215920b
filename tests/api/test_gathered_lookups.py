"""Who asks for things by their ids in the same breath is answered by one statement, as if they had been alone."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence

import pytest
from structlog.testing import capture_logs

from domain.contents import Content
from domain.errors import Unavailable
from domain.freshness import may_lag
from domain.metering import Meter, meter
from persistence.contents import Contents
from tests.api.conftest import World


@pytest.fixture
def store(world: World) -> Contents:
    found = world.marquee.stores.contents
    assert isinstance(found, Contents)
    return found


@pytest.fixture
async def contents(world: World) -> list[Content]:
    corporation = await world.corporation()
    return [await world.content(corporation) for _ in range(30)]


async def found(
    store: Contents, asked: Sequence[Sequence[int]], *, lagging: Sequence[int] = ()
) -> tuple[list[list[int | None]], int]:
    """The ids of what each of them found, and how many statements that took; those of these numbers may lag."""
    meters = [Meter("") for _ in asked]

    async def one(number: int) -> list[int | None]:
        meter.set(meters[number])
        may_lag.set(number in lagging)
        return [content.id if content else None for content in await store.by_ids(asked[number])]

    answers = await asyncio.gather(*map(one, range(len(asked))))
    return answers, sum(own.statements for own in meters)


async def test_each_finds_what_they_asked_for_in_their_order(store: Contents, contents: list[Content]) -> None:
    one, two, three = (content.id for content in contents[:3])
    asked = [[two, one], [one], [], [three, 0, three], [one, two, three], [-1]]
    answers, statements = await found(store, asked)
    assert answers == [[two, one], [one], [], [three, None, three], [one, two, three], [None]]
    assert statements == 1


async def test_what_is_too_much_for_one_statement_is_two(store: Contents, contents: list[Content]) -> None:
    ids = [content.id for content in contents]
    answers, statements = await found(store, [ids] * 40)
    assert answers == [ids] * 40
    assert statements == 3, "1,200 ids, up to 500 at a time"


class Away:
    """A replica that cannot be used just now."""

    is_usable = False


@pytest.mark.parametrize("replicated", [True, False])
async def test_who_may_read_what_is_older_is_answered_apart_where_there_is_a_replica(
    store: Contents, contents: list[Content], monkeypatch: pytest.MonkeyPatch, replicated: bool
) -> None:
    """It is for them, and for nobody else."""
    rows, where, lookups = store._by_ids[False]._rows, list[bool](), store._by_ids[False]

    async def told(ids: Collection[int]) -> list[Content]:
        where.append(may_lag.get())
        return await rows(ids)

    monkeypatch.setattr(lookups, "_rows", told)
    if not replicated:
        monkeypatch.setattr(lookups._database, "replica", None)
    elif lookups._database.replica is None:
        monkeypatch.setattr(lookups._database, "replica", Away)
    ids = [content.id for content in contents[:4]]
    answers, statements = await found(store, [[one] for one in ids], lagging=(1, 2))
    assert answers == [[one] for one in ids]
    assert (sorted(where), statements) == (([False, True], 2) if replicated else ([False], 1))


async def test_who_asks_after_a_change_finds_it(
    world: World, store: Contents, contents: list[Content], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many were being answered when it was made."""
    lookups = store._by_ids[False]
    find, begun, told = lookups._rows, asyncio.Event(), asyncio.Event()

    async def finding(ids: Collection[int]) -> list[Content]:
        there = await find(ids)
        begun.set()
        await told.wait()
        return there

    for patience in ("_PATIENCE_SECONDS", "_ALL_SECONDS"):
        monkeypatch.setattr(f"persistence.lookups.{patience}", 20.0)
    monkeypatch.setattr(lookups, "_rows", finding)
    early = asyncio.create_task(found(store, [[contents[0].id]]))
    async with asyncio.timeout(5):
        await begun.wait()
        await world.rows("update contents set deleted_at = now() where id = $1", contents[0].id)
        late = asyncio.create_task(found(store, [[contents[0].id]]))
        while not lookups._gatherings[False]._line:
            await asyncio.sleep(0)  # until the second stands in line behind the first
        told.set()
        assert (await early)[0] == [[contents[0].id]]
        assert (await late)[0] == [[None]]


async def failing() -> None:
    raise Unavailable("Not so many.")


async def silent() -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize("fault", [failing, silent])
async def test_where_all_together_fail_each_is_answered_alone(
    store: Contents, contents: list[Content], monkeypatch: pytest.MonkeyPatch, fault: Callable[[], Awaitable[None]]
) -> None:
    rows, ids = store._by_ids[False]._rows, [content.id for content in contents[:3]]

    async def at_most_one(asked: Collection[int]) -> list[Content]:
        if len(asked) > 1:
            await fault()
        return await rows(asked)

    monkeypatch.setattr("persistence.lookups._PATIENCE_SECONDS", 0.1)
    monkeypatch.setattr(store._by_ids[False], "_rows", at_most_one)
    with capture_logs() as lines:
        answers, _ = await found(store, [[one] for one in ids])
    assert answers == [[one] for one in ids]
    told = [(line["of"], line["calls"]) for line in lines if line["event"] == "group_failed"]
    assert told == [("contents", 3)]


async def test_where_nobody_is_answered_all_are_told_so(
    store: Contents, contents: list[Content], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(asked: Collection[int]) -> list[Content]:
        await silent()
        return []

    monkeypatch.setattr("persistence.lookups._PATIENCE_SECONDS", 0.1)
    monkeypatch.setattr("persistence.lookups._ALL_SECONDS", 0.3)
    monkeypatch.setattr(store._by_ids[False], "_rows", never)
    asking = [store.by_ids([content.id]) for content in contents]
    answers = await asyncio.gather(*asking, return_exceptions=True)
    assert {type(answer) for answer in answers} == {Unavailable}
