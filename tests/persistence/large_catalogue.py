"""A hundred thousand contents, the same ones each time, to see what the database does with so many."""

import asyncpg

from persistence.grams import folded, grams_of

CONTENTS = 100_000
# Spread by hashes, so that nothing follows the order of anything else. Of twenty contents, one lies in the trash; one
# genre, one company and one rating are rare.
_FILL = [
    "insert into corporations (name, plan) select 'Company ' || n, 'PAID' from generate_series(1, 200) n",
    "insert into genres (name) select 'Genre ' || n from generate_series(1, 21) n",
    f"""
    insert into contents (corporation_id, title, age_rating, release_date, like_count, review_count, rating_sum,
                          view_count, created_at, deleted_at)
    select case when n % 4000 = 1 then 200 else 1 + a % 199 end,
           (array['Silent', 'Golden', 'Last', '서울의', 'Broken', 'Distant'])[1 + b % 6] || ' ' ||
           (array['Harbor', 'River', 'Winter', '여름', 'Garden', 'Station', 'Mirror'])[1 + c % 7] || ' ' || n,
           (case when a % 400 = 1 then 'AGE_19' when a % 100 < 15 then 'AGE_15' when a % 100 < 40 then 'AGE_12'
                 else 'ALL' end)::age_rating,
           date '1970-01-01' + b % 20000,
           c % 1000, 1 + a % 20, (1 + a % 20) + (1 + a % 20) * (b % 10), a % 5000,
           timestamptz '2020-01-01 00:00Z' + n * interval '1 minute',
           case when b % 20 = 0 then now() end
    from (select n, hashint4(n) & 2147483647 a, hashint4(n + 1000000) & 2147483647 b,
                 hashint4(n + 2000000) & 2147483647 c from generate_series(1, {CONTENTS}) n)
    """,
    """
    insert into content_genres
    select id, 1 + (hashint4(id::int + 3000000) & 2147483647) % 10 from contents
    union all select id, 11 + (hashint4(id::int + 4000000) & 2147483647) % 10 from contents
    union all select id, 21 from contents where id % 3000 = 1
    """,
]


# Somebody who likes and has reviewed every fifth content.
_FILL += [
    "insert into users (display_name, role) select 'Person ' || n, 'MEMBER' from generate_series(1, 100) n",
    """
    insert into content_likes select 1 + id / 5 % 100, id, created_at from contents
    union select 1, id, created_at from contents where id % 5 = 0
    """,
    """
    insert into reviews (content_id, author_id, rating, created_at)
    select content_id, user_id, 1 + content_id % 10, created_at from content_likes
    """,
]


async def fill(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Into an empty database, in about ten seconds."""
    for statement in _FILL:
        await connection.execute(statement)
    titles = [(row["id"], folded(row["title"])) for row in await connection.fetch("select id, title from contents")]
    await connection.execute("drop index ix_content_titles_grams")
    await connection.copy_records_to_table(
        "content_titles",
        records=[(content_id, title, grams_of(title)) for content_id, title in titles],
        columns=["content_id", "folded", "grams"],
    )
    await connection.execute("create index ix_content_titles_grams on content_titles using gin (grams)")
    # Statistics of every row instead of a sample, so that the plans are the same each time.
    await connection.execute("set default_statistics_target = 400")
    await connection.execute("vacuum analyze")
