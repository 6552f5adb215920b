"""What must hold in the database, after each fault and at the end."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import orjson

from deploy.drill.ground import Ground
from deploy.drill.load.critics import REFUSED
from deploy.drill.records import Records
from deploy.many.postgres import DATABASE, SUPERUSER, dsn
from domain import ids


@dataclass(frozen=True, slots=True)
class Proof:
    """`figures` is what was counted, `wrong` what should not be."""

    name: str
    figures: str
    wrong: tuple[str, ...] = ()


_SUMS = """
select count(*) as people, sum(points) as points, sum(ledger) as ledger, sum(logs) as logs,
       count(*) filter (where points <> ledger or points <> 10 * logs) as wrong
from (
  select points,
         coalesce((select sum(points) from point_entries where user_id = users.id), 0) as ledger,
         (select count(*) from view_logs where user_id = users.id) as logs
  from users
) each_of_them
"""
_DOUBLES = """
select (select count(*) from (select from view_logs group by user_id, content_id having count(*) > 1) twice)
     + (select count(*) from (select from point_entries group by user_id, content_id, reason having count(*) > 1) twice)
     + (select count(*) from (select from reviews group by author_id, content_id having count(*) > 1) twice)
     + (select count(*) from (select from content_likes group by user_id, content_id having count(*) > 1) twice)
     + (select count(*) from (select from notifications group by user_id, event having count(*) > 1) twice)
"""
_COUNTS = """
select count(*) filter (
  where view_count <> (select count(*) from view_logs where content_id = contents.id)
     or like_count <> (select count(*) from content_likes where content_id = contents.id)
     or review_count <> (select count(*) from reviews where content_id = contents.id)
     or rating_sum <> (select coalesce(sum(reviews.rating), 0) from reviews where content_id = contents.id)
) as wrong, count(*) as contents from contents
"""
_TRACES = "select count(*) from reviews where body = $1"
# What is put off from the beginning, until an upload's address has expired, is not late.
_WAITING = """
select topic, count(*) from outbox
where taken > 0 or attempts > 0 or due_at < now() + interval '1 minute' group by topic
"""
_STATES = {
    "review": "select json_build_array(rating, body) from reviews where author_id = $1 and content_id = $2",
    "like": "select to_json(true) from content_likes where user_id = $1 and content_id = $2",
    "view log": "select to_json(true) from view_logs where user_id = $1 and content_id = $2",
    "progress": "select to_json(position_seconds) from watch_progress where user_id = $1 and content_id = $2",
    "content": "select json_build_array(deleted_at is null) -> 0 from contents where id = $1",
    "image": "select to_json(status) from images where id = $1",
    "title": "select to_json(count(*)) from contents where title = $1",
    "account": "select to_json(true) from users where email = $1",
}
_ABSENT = {"like": False, "view log": False, "account": False}


class Books:
    """Reads the primary as its superuser, past everything."""

    def __init__(self, ground: Ground) -> None:
        self._address = dsn(ground.kept, "primary", user=SUPERUSER, database=DATABASE)

    async def cheap(self) -> list[Proof]:
        async with _connected(self._address) as connection:
            sums, counts = await connection.fetchrow(_SUMS), await connection.fetchrow(_COUNTS)
            doubles, traces = await connection.fetchval(_DOUBLES), await connection.fetchval(_TRACES, REFUSED)
        told = f"{sums['people']} people: points {sums['points']}, ledger {sums['ledger']}, 10 x {sums['logs']} logs"
        return [
            Proof("points = ledger = 10 x logs", told, _wrong(sums["wrong"], "people")),
            Proof("nothing is there twice", f"{doubles} doubles", _wrong(doubles, "doubles")),
            Proof(
                "counts are those of the rows", f"{counts['contents']} contents", _wrong(counts["wrong"], "contents")
            ),
            Proof("what was refused left no trace", f"{traces} traces", _wrong(traces, "traces")),
        ]

    async def answered(self, records: Records) -> list[Proof]:
        """Of each thing the state that was answered last, or one that is possible after it."""
        async with _connected(self._address) as connection:
            return [await _states(connection, about, records.claims_about(about)) for about in _STATES]

    async def waiting(self) -> dict[str, int]:
        """How much of the outbox should have been told by now, by topic."""
        async with _connected(self._address) as connection:
            return {row["topic"]: row["count"] for row in await connection.fetch(_WAITING)}

    async def told(self, records: Records, until: Any) -> Proof:
        """Who listened was told of everything of which they were to be told until that moment."""
        missing, count = [], 0
        async with _connected(self._address) as connection:
            for claim in records.claims_about("notifications"):
                (user,), (heard,) = claim["key"], claim["possible"]
                sql = "select id from notifications where user_id = $1 and created_at < $2"
                found = {row["id"] for row in await connection.fetch(sql, _number(user), until)}
                count += len(found)
                missing += sorted(found - {_number(one) for one in heard})
        told = tuple(f"nobody heard of notification {one}" for one in missing[:10])
        return Proof("every notification was heard, or is in the list", f"{count} notifications", told)

    async def now(self) -> Any:
        async with _connected(self._address) as connection:
            return await connection.fetchval("select clock_timestamp()")


@asynccontextmanager
async def _connected(address: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(address, timeout=5, command_timeout=20)
    try:
        yield connection
    finally:
        connection.terminate()


async def _states(connection: Any, about: str, claims: Sequence[dict[str, Any]]) -> Proof:
    wrong, open_ones = [], 0
    for claim in claims:
        text = await connection.fetchval(_STATES[about], *map(_number, claim["key"]))
        found = _ABSENT.get(about) if text is None else orjson.loads(text)
        open_ones += len(claim["possible"]) > 1
        if found not in claim["possible"]:
            wrong.append(f"{about} {claim['key']} is {found}, and may be {claim['possible']}")
    return Proof(f"{about}: as it was answered", f"{len(claims)} of them, {open_ones} not certain", tuple(wrong))


def _number(key: str) -> Any:
    """Of a global id; anything else is meant as it is."""
    found = ids.split(key)
    return key if found is None else found[1]


def _wrong(count: Any, what: str) -> tuple[str, ...]:
    return (f"{count} {what} wrong",) if count else ()
