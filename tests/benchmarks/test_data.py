"""The data set of the speed benchmark."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from benchmarks.data import Size, edition
from tests.benchmarks.conftest import SIZE, filled

_TABLES = {
    "contents": SIZE.contents,
    "users": SIZE.users,
    "corporations": SIZE.companies,
    "genres": 20,
    "content_genres": 2 * SIZE.contents,
    "reviews": 10 * SIZE.contents,
    "video_assets": SIZE.contents * 3 // 2,
    "watch_progress": 40 * SIZE.users,
    "view_logs": 40 * SIZE.users,
    "point_entries": 40 * SIZE.users,
    "sessions": SIZE.users // 2,
}


@pytest.fixture
async def connection(small: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(small)
    yield connection
    await connection.close()


async def test_there_is_as_much_of_everything_as_is_said(connection: Any) -> None:
    assert {table: await connection.fetchval(f"select count(*) from {table}") for table in _TABLES} == _TABLES
    assert Size.of(1) == Size(10_000, 5_000, 200)


@pytest.mark.parametrize(
    ("counter", "counted"),
    [
        ("select id, review_count, rating_sum from contents", "content_id, count(*), sum(rating) from reviews"),
        ("select id, view_count from contents where view_count > 0", "content_id, count(*) from view_logs"),
        ("select id, points from users", "user_id, sum(points) from point_entries"),
        ("select id, points / 10 from users", "user_id, count(*) from view_logs"),
        ("select *, sequence from progress_counters", "user_id, max(sequence), count(*) from watch_progress"),
    ],
    ids=["reviews", "views", "points", "first views", "changes of progress"],
)
async def test_what_counts_agrees_with_what_is_counted(connection: Any, counter: str, counted: str) -> None:
    said = {tuple(row) for row in await connection.fetch(counter)}
    assert said
    assert said == {tuple(row) for row in await connection.fetch(f"select {counted} group by 1")}


async def test_who_can_sign_in_has_watched_more_than_a_page_and_nothing_of_what_is_called_unseen(
    connection: Any,
) -> None:
    people = SIZE.can_sign_in()
    assert [tuple(row) for row in await connection.fetch("select user_id, id from sessions order by id")] == people
    for user_id, _ in people:
        rows = await connection.fetch("select content_id from watch_progress where user_id = $1", user_id)
        watched = {row["content_id"] for row in rows}
        assert watched == {SIZE.watched(user_id, place) for place in range(60)}
        unseen = [SIZE.unseen(user_id, place) for place in range(SIZE.contents - 60)]
        assert watched.isdisjoint(unseen)
        assert len(set(unseen)) == len(unseen)


async def test_a_content_says_when_it_was_added(connection: Any) -> None:
    rows = await connection.fetch("select id, created_at from contents")
    assert {row["id"]: row["created_at"] for row in rows} == {row["id"]: SIZE.added_at(row["id"]) for row in rows}


def test_every_time_it_is_the_same(small: str, worker_id: str) -> None:
    again = filled(f"bench_again_{worker_id}")
    assert _all_of(small) == _all_of(again)
    assert edition(SIZE) != edition(Size())


def _all_of(dsn: str) -> dict[str, list[str]]:
    return asyncio.run(_read(dsn))


async def _read(dsn: str) -> dict[str, list[str]]:
    connection = await asyncpg.connect(dsn)
    found = {}
    for table in _TABLES:
        rows = await connection.fetch(f"select t::text as row from {table} t")
        found[table] = sorted(row["row"] for row in rows)
    await connection.close()
    return found
