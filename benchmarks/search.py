"""How long PostgreSQL takes to search 100,000 contents: `python -m benchmarks.search`.

Prints, for each query, the milliseconds that the database says it spent on each of its statements (EXPLAIN ANALYZE, the
median of five), and how much was found. Takes about two minutes, most of it to make the catalogue.
"""

import asyncio
import json
import random
import shutil
import statistics
import tempfile
from pathlib import Path
from typing import Any

import asyncpg

from domain.search import SearchFacet, SearchFilter, SearchQuery
from domain.words import words
from integrations.embedded_postgres import EmbeddedPostgres
from persistence import search, search_facets, search_terms
from persistence.database import Database, teach_types
from persistence.migrate import upgrade
from persistence.statements import Statement

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
    """As many words as a language has that nobody has to know: three syllables, or three to nine letters."""
    syllables = [
        chr(0xAC00 + chance.randrange(19) * 588 + chance.randrange(21) * 28 + final) for final in (0, 0, 4, 21)
    ] * 40
    chance.shuffle(syllables)
    korean = [
        "".join(chance.choices(syllables + [chr(code) for code in range(0xAC00, 0xB000, 28)], k=3))
        for _ in range(15_000)
    ]
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
        select 1 + id % 200, title, description, 'ALL', date '1970-01-01' + (hashint4(id::int) & 16383), hashint4(id::int) & 1023
        from given order by id
        """
    )
    await connection.execute("insert into content_genres select id, 1 + id % 20 from contents")
    for index in ("title", "everything"):
        await connection.execute(f"drop index ix_content_terms_{index}")
    async with connection.transaction():
        for number, title, description in contents:
            await search_terms.put_terms(connection, number, title, description)
    for index in ("title", "everything"):
        await connection.execute(f"create index ix_content_terms_{index} on content_terms using gin ({index})")
    await connection.execute("vacuum analyze")


async def spent(connection: Any, statement: Statement[Any], values: dict[str, Any]) -> float:
    sql, names, constants = statement.compiled
    arguments = [{**constants, **values}[name] for name in names]
    times = []
    for _ in range(5):
        run = json.loads(await connection.fetchval(f"explain (analyze, format json) {sql}", *arguments))[0]
        times.append(run["Execution Time"] + run["Planning Time"])
    return statistics.median(times)


async def measure(dsn: str, connection: Any) -> bool:
    database = Database(dsn)
    await database.open()
    engine = search.DatabaseSearch(database)
    within = True
    print(f"{'':40}{'found':>7}{'count':>8}{'alike':>8}{'page':>8}{'facets':>8}{'sum':>8}  ms of database time")
    for name, text in QUERIES.items():
        query = SearchQuery(text, facets=tuple(SearchFacet))
        asked = await (engine._everything(query) if query.wants_everything else engine._asked(query))
        window = {"most": 20, "limit": 20, "offset": 0}
        count = (
            await spent(connection, search._ranks_counted(()), asked.values)
            if query.terms
            else await spent(connection, search._all_counted(()), {})
        )
        alike = 0.0
        if len(asked.dense) == 6 or (query.terms and await _few(engine, query)):
            left = sorted({one for term in query.terms for one in search.leavings(term)})
            alike = await spent(connection, search._WORDS_ALIKE, {"leavings": left})
            alike += await spent(connection, search._alike_counted(()), asked.values) if len(asked.dense) == 6 else 0
        page = await spent(
            connection, search._page(asked.dense, ()) if asked.dense else search._newest(()), {**asked.values, **window}
        )
        facets = await spent(
            connection, search_facets._counts(tuple(SearchFacet), (), "widest" in asked.values), asked.values
        )
        total = count + alike + page
        aim = next((aim for beginning, aim in AIMS.items() if name.startswith(beginning)), None)
        within &= aim is None or total < aim
        print(
            f"{name:40}{asked.total:>7}{count:>8.1f}{alike:>8.1f}{page:>8.1f}{facets:>8.1f}{total:>8.1f}  {f'aim {aim:g}' if aim else ''}"
        )
    await database.close()
    return within


async def _few(engine: search.DatabaseSearch, query: SearchQuery) -> bool:
    return any(search.slips(term) for term in query.terms) and (await engine._asked(query)).total < search._FEW


async def measured(dsn: str) -> bool:
    connection = await asyncpg.connect(dsn)
    await teach_types(connection)
    await fill(connection)
    within = await measure(dsn, connection)
    await connection.close()
    return within


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="marquee-benchmark-"))
    folder.chmod(0o755)  # as root, PostgreSQL runs as another user, who must reach its data
    embedded = EmbeddedPostgres(folder / "postgres")
    try:
        embedded.ensure()
        upgrade(embedded.dsn)
        within = asyncio.run(measured(embedded.dsn))
    finally:
        embedded.stop()
        shutil.rmtree(folder, ignore_errors=True)
    raise SystemExit(0 if within else "Some of it is slower than it should be.")


if __name__ == "__main__":
    main()
