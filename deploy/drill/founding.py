"""What is there before the load comes: a company, its contents, and everybody who will sign in."""

from collections.abc import Iterable
from typing import Any

import asyncpg

from deploy.drill.ground import Ground
from deploy.drill.load.cast import NAMES
from deploy.drill.load.managers import GENRE
from deploy.drill.strangers import CLIP, CLIP_KEY
from deploy.many.postgres import DATABASE, SUPERUSER, dsn
from domain import ids

_CONTENTS = 400
MANAGER = "manager@example.com"
_COMPANY = "insert into corporations (name, plan) values ('Drill', 'PAID') returning id"
_PEOPLE = """
insert into users (email, display_name, role)
select name || '@example.com', name, 'MEMBER' from unnest($1::text[]) name
"""
_MANAGER = "insert into users (email, display_name, role, corporation_id) values ($1, 'Manager', 'MANAGER', $2)"
_FILL = """
with made as (
  insert into contents (corporation_id, title, description, age_rating)
  select $1, 'Silent River ' || n, '조용한 강가의 오래된 이야기', 'ALL' from generate_series(1, $2::int) n
  returning id
), genre as (
  insert into genres (name) values ($3) returning id
), entered as (
  insert into content_genres (content_id, genre_id) select made.id, genre.id from made, genre
), filed as (
  insert into video_assets (content_id, key, content_type, size_bytes)
  select id, $4, 'video/webm', $5 from made
)
select id from made order by id
"""


async def found(ground: Ground) -> dict[str, Any]:
    """The world as the load is told of it."""
    connection = await asyncpg.connect(dsn(ground.kept, "primary", user=SUPERUSER, database=DATABASE))
    try:
        company = await connection.fetchval(_COMPANY)
        await connection.execute(_PEOPLE, list(NAMES))
        await connection.execute(_MANAGER, MANAGER, company)
        rows = await connection.fetch(_FILL, company, _CONTENTS, GENRE, CLIP_KEY, len(CLIP))
    finally:
        await connection.close()
    return {
        "contents": list(_global("Content", (row["id"] for row in rows))),
        "corporation": ids.encode("Corporation", company),
        "manager": MANAGER,
        "key": str(ground.issuer.key),
    }


def _global(kind: str, numbers: Iterable[int]) -> Iterable[str]:
    return (ids.encode(kind, number) for number in numbers)
