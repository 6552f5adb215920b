"""How long PostgreSQL takes to search 100,000 contents: `python -m benchmarks.search`.

Prints, for each query, the milliseconds that the database says it spent on each of its statements (EXPLAIN ANALYZE, the
median of five), and how much was found. Takes about two minutes, most of it to make the catalogue.
"""

import asyncio
import json
import random
import statistics
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from types import SimpleNamespace
from typing import Any

import asyncpg

from benchmarks.ground import bare
from domain.search import SearchFacet, SearchQuery
from persistence.codecs import teach_types
from persistence.database import Database
from persistence.pool import Session
from persistence.search import DatabaseSearch
from persistence.search_terms import put_terms

CONTENTS = 100_000
QUERIES = {
    "two syllables, in one title of seven": "여름",
    "two syllables, in one title of 150": "극장",
    "two syllables, in a few titles": "솔개",
    "two syllables, in no title": "뷁궳",
    "two syllables inside of words": "울의",
    "with a particle": "여름을",
    "one syllable": "이",
    "two words": "서울 여름",
    "a Latin word in one title of seven": "river",
    "a beginning": "ri",
    "a typo, Latin": "intrestellar",
    "a typo, Korean": "기생춘",
    "two typos": "silnet harbro",
    "a number": "98765",
    "everything": "",
}
AIMS = {"two syllables": 10.0, "a typo": 40.0}
_ADJECTIVES = ["Silent", "Golden", "Last", "서울의", "Broken", "Distant", "조용한", "마지막"]
_NOUNS = ["Harbor", "River", "Winter", "여름", "Garden", "Station", "Mirror"]


def made_up(chance: random.Random) -> list[str]:
    """As many words as a language has: of three syllables, or of three to nine letters."""
    syllables = [chr(code) for code in range(0xAC00, 0xB800, 7)]
    korean = ["".join(chance.choices(syllables, k=3)) for _ in range(15_000)]
    latin = ["".join(chance.choices("etaoinsrhldcumfpgwybvk", k=chance.randint(3, 9))) for _ in range(15_000)]
    return korean + latin


def catalogue() -> list[tuple[int, str, str]]:
    """Titles of two common words and a rare one, descriptions of thirty to fifty; the same ones each time."""
    chance = random.Random(5)  # noqa: S311
    rare = made_up(chance)
    weights = [1 / (place + 10) for place in range(len(rare))]
    drawn = iter(chance.choices(rare, weights, k=CONTENTS * 45))
    made = []
    for number in range(1, CONTENTS + 1):
        title = f"{chance.choice(_ADJECTIVES)} {chance.choice(_NOUNS)} {next(drawn)} {number}"
        if number % 150 == 0:
            title = f"극장 {title}"
        if number % 20_000 == 0:
            title = f"솔개 기생충 Interstellar {number}"
        made.append((number, title, " ".join(next(drawn) for _ in range(chance.randint(30, 44)))))
    return made


async def fill(connection: Any) -> None:
    contents = catalogue()
    await connection.execute(
        "insert into corporations (name, plan) select 'Company ' || n, 'PAID' from generate_series(1, 200) n"
    )
    await connection.execute("insert into genres (name) select 'Genre ' || n from generate_series(1, 20) n")
    await connection.execute("create temp table given (id bigint, title text, description text)")
    await connection.copy_records_to_table("given", records=contents)
    await connection.execute(
        """
        insert into contents (corporation_id, title, description, age_rating, release_date, like_count)
        select 1 + id % 200, title, description, 'ALL', date '1970-01-01' + (hashint4(id::int) & 16383),
               hashint4(id::int) & 1023
        from given order by id
        """
    )
    await connection.execute("insert into content_genres select id, 1 + id % 20 from contents")
    for table in ("title_terms", "content_terms"):
        await connection.execute(f"drop index ix_{table}_terms")
    async with connection.transaction():
        for number, title, description in contents:
            await put_terms(connection, number, title, description)
    for table in ("title_terms", "content_terms"):
        await connection.execute(f"create index ix_{table}_terms on {table} using gin (terms)")
    await connection.execute("vacuum analyze")


class Explaining:
    """A connection that notes what the database says it spent on each statement: the median of five."""

    def __init__(self, connection: Any) -> None:
        self._connection, self.spent = connection, list[float]()

    async def fetch(self, sql: str, *arguments: Any) -> Any:
        times = []
        for _ in range(5):
            run = json.loads(await self._connection.fetchval(f"explain (analyze, format json) {sql}", *arguments))[0]
            times.append(run["Execution Time"] + run["Planning Time"])
        self.spent.append(statistics.median(times))
        return await self._connection.fetch(sql, *arguments)

    async def prepare(self, sql: str, **_: Any) -> Any:
        """Only to be fetched, once."""
        return SimpleNamespace(fetch=partial(self.fetch, sql))


class Noting(Database):
    """Lends one connection, and notes what is spent on it."""

    def __init__(self, connection: Any) -> None:
        super().__init__("")
        self.lent = Explaining(connection)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Any]:
        yield self.lent


async def measure(connection: Any) -> bool:
    database, within = Noting(connection), True
    engine = DatabaseSearch(database)
    print(f"{'':40}{'found':>6}{'facets':>8}{'sum':>8}  of ms of database time, statement by statement")
    for name, text in QUERIES.items():
        database.lent.spent.clear()
        found = await engine.find(SearchQuery(text))
        spent = list(database.lent.spent)
        await engine.find(SearchQuery(text, facets=tuple(SearchFacet)))
        aim = next((aim for beginning, aim in AIMS.items() if name.startswith(beginning)), None)
        within &= aim is None or sum(spent) < aim
        told = f"{' '.join(f'{one:.1f}' for one in spent)}{f', aim {aim:g}' if aim else ''}"
        print(f"{name:40}{found.total:>6}{database.lent.spent[-1]:>8.1f}{sum(spent):>8.1f}  {told}")
    return within


async def measured(dsn: str) -> bool:
    connection = await asyncpg.connect(dsn, connection_class=Session)
    await teach_types(connection)
    await fill(connection)
    within = await measure(connection)
    await connection.close()
    return within


def main() -> None:
    with bare() as (dsn, _):
        within = asyncio.run(measured(dsn))
    raise SystemExit(0 if within else "Some of it is slower than it should be.")


if __name__ == "__main__":
    main()
