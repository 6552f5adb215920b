"""How PostgreSQL finds a page of 100,000 contents: by an index in every order, with every filter, however deep.

The plans are committed in plans.txt beside this file. Run with UPDATE_PLANS=1 to write them anew.
"""

import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from domain.contents import CONTENT_ORDERS, AgeRating, ContentFilter, ContentOrder
from domain.likes import LIKED
from domain.pages import Order, PageRequest
from domain.reviews import REVIEWS_BY_AGE
from persistence import contents, likes, reviews
from persistence.codecs import teach_types
from persistence.pages import page_values
from persistence.pool import Session
from persistence.statements import Statement
from tests.conftest import database_from_template
from tests.persistence import large_catalogue

pytestmark = pytest.mark.xdist_group("large catalogue")

KEPT = Path(__file__).parent / "plans.txt"
# Blocks of 8 kB that a page may touch. Going through all contents by an index would touch more than 80,000.
MOST_BLOCKS = 6000
MOST_BLOCKS_FOR_EACH_MATCH = 4
FILTERS = {
    "everything": ContentFilter(),
    "a genre of every tenth": ContentFilter(genre_id=3),
    "a genre of one in 3,000": ContentFilter(genre_id=21),
    "an age rating of every fourth": ContentFilter(age_rating=AgeRating.AGE_12),
    "an age rating of one in 400": ContentFilter(age_rating=AgeRating.AGE_19),
    "a company of 500": ContentFilter(corporation_id=7),
    "a company of 25": ContentFilter(corporation_id=200),
    "released since 1980": ContentFilter(released_after=date(1980, 1, 1)),
    "released before 1971": ContentFilter(released_before=date(1970, 12, 31)),
    "released in one week": ContentFilter(released_after=date(1999, 12, 25), released_before=date(1999, 12, 31)),
    "a word in every seventh title": ContentFilter(title_contains="river"),
    "a word of two letters in every seventh title": ContentFilter(title_contains="여름"),
    "a letter in most titles": ContentFilter(title_contains="e"),
    "a number in a few titles": ContentFilter(title_contains="9876"),
    "a word in no title": ContentFilter(title_contains="nowhere"),
    "a genre, a rating and a number": ContentFilter(genre_id=3, age_rating=AgeRating.ALL, title_contains="98"),
}
CASES = [(name, order) for name in FILTERS for order in ContentOrder]


@dataclass(frozen=True)
class Plan:
    text: str
    blocks: int


class Catalogue:
    """`plans` finds how the first page of a list and one from its middle are found, each asked once."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._plans: dict[tuple[str, ContentOrder], tuple[int, dict[str, Plan]]] = {}

    async def plans(self, name: str, order: ContentOrder) -> tuple[int, dict[str, Plan]]:
        """How long the list is, and the plans."""
        if (name, order) not in self._plans:
            only, by = FILTERS[name], CONTENT_ORDERS[order]
            wanted = contents._wanted(only)
            held = await contents._counted(tuple(wanted)).one(self._connection, **wanted)
            plans = {"first": await self._plan(only, PageRequest(by, 20))}
            if held:
                plans["deep"] = await self._plan(only, PageRequest(by, 20, await self._middle(only, by, held)))
            self._plans[name, order] = held, plans
        return self._plans[name, order]

    async def _plan(self, only: ContentFilter, page: PageRequest) -> Plan:
        wanted = contents._wanted(only)
        statement = contents._page(page.order, page.after is not None, tuple(wanted))
        return await self.explained(statement, {**page_values(page), **wanted})

    async def explained(self, statement: Statement[Any], values: dict[str, Any]) -> Plan:
        """How a statement finds its rows, and how many blocks of the database that touched."""
        sql, names, constants = statement.compiled
        arguments = [{**constants, **values}[name] for name in names]
        run = await self._connection.fetchval(f"explain (analyze, buffers, format json) {sql}", *arguments)
        top = json.loads(run)[0]["Plan"]
        lines = await self._connection.fetch(f"explain (costs off) {sql}", *arguments)
        text = "\n".join(line[0] for line in lines)
        return Plan(text, top["Shared Hit Blocks"] + top["Shared Read Blocks"])

    async def _middle(self, only: ContentFilter, order: Order, held: int) -> tuple[Any, ...]:
        """Where the content in the middle of a list stands."""
        wanted = contents._wanted(only)
        sql, names, constants = contents._page(order, False, tuple(wanted)).compiled
        values = {**constants, **wanted, "most": held}
        last = f"select * from ({sql}) list offset {held // 2} limit 1"
        row = await self._connection.fetchrow(last, *[values[name] for name in names])
        return tuple(row[field] for field in order.fields)


@pytest.fixture(scope="session")
def empty(worker_id: str) -> str:
    return database_from_template(f"plans_{worker_id}")


@pytest.fixture(scope="session")
async def catalogue(empty: str) -> AsyncIterator[Catalogue]:
    connection = await asyncpg.connect(empty, connection_class=Session)
    await teach_types(connection)
    await large_catalogue.fill(connection)
    # One process, as for any one page on a busy server; the figures do not depend on how many are free.
    await connection.execute("set max_parallel_workers_per_gather = 0")
    yield Catalogue(connection)
    await connection.close()


@pytest.mark.parametrize(("name", "order"), CASES, ids=str)
async def test_no_page_reads_the_whole_table(catalogue: Catalogue, name: str, order: ContentOrder) -> None:
    held, plans = await catalogue.plans(name, order)
    for plan in plans.values():
        assert "Seq Scan" not in plan.text
        assert plan.blocks <= max(MOST_BLOCKS, held * MOST_BLOCKS_FOR_EACH_MATCH), plan.text
    if "deep" in plans:
        assert plans["deep"].blocks <= plans["first"].blocks * 2 + MOST_BLOCKS / 4


@pytest.mark.parametrize(
    ("pages", "order", "person"),
    [(likes._PAGE, LIKED, "user_id"), (reviews._BY_AUTHOR, REVIEWS_BY_AGE, "author_id")],
    ids=["likes", "reviews"],
)
async def test_a_page_of_one_persons_twenty_thousand_is_as_cheap_however_deep(
    catalogue: Catalogue, pages: dict[bool, Statement[Any]], order: Order, person: str
) -> None:
    middle = (datetime(2020, 2, 4, tzinfo=UTC), 50_000)
    plans = [
        await catalogue.explained(pages[after is not None], {person: 1, **page_values(PageRequest(order, 20, after))})
        for after in (None, middle)
    ]
    for plan in plans:
        assert "Seq Scan" not in plan.text
        assert plan.blocks < 200, plan.text


async def test_the_plans_are_those_that_were_reviewed(catalogue: Catalogue) -> None:
    """Of each filter in the order that pages have unless told otherwise, and in one that no filter has an index for."""
    written = []
    for name, order in CASES:
        if name == "everything" or order in (ContentOrder.NEWEST, ContentOrder.TOP_RATED):
            _, plans = await catalogue.plans(name, order)
            written += [f"-- {name}, {order.value}, {depth} page\n{plan.text}\n" for depth, plan in plans.items()]
    text = "\n".join(written)
    if os.environ.get("UPDATE_PLANS"):
        KEPT.write_text(text)
    assert KEPT.read_text() == text, "a plan changed: UPDATE_PLANS=1 writes it, review reads it"
